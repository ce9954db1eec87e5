"""Keys that control planes do not share, and certificates of another authority, are told."""

import subprocess
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import control_plane_keys
from acceptance.drivers.cluster.control_plane_keys import in_words, mismatched

ALIKE = "shared ca.crt 11\nshared sa.pub 22\n"


@pytest.mark.parametrize(
    ("third", "said"),
    [
        (ALIKE, ""),
        (ALIKE.replace("22", "33"), "sa.pub is another one on ['third']"),
        (ALIKE + "unsigned front-proxy-client.crt\n", "front-proxy-client.crt of third is not signed by its authority"),
        (ALIKE + "unpaired sa.key sa.pub\n", "sa.key and sa.pub of third are no pair"),
    ],
)
def test_what_does_not_fit_is_told(third, said):
    found = "; ".join(in_words({"first": ALIKE, "second": ALIKE, "third": third}))
    assert said in found and bool(found) is bool(said)


HAS = "has ca.key\nhas scheduler.conf\n"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ([HAS, HAS, HAS], ""),
        ([HAS, HAS, "has scheduler.conf\n"], "ca.key is gone or empty on third"),
        ([HAS, HAS, ""], "ca.key is gone or empty on third; scheduler.conf is gone or empty on third"),
        ([HAS + "has ca.crt.key\n", HAS, HAS], ""),
        (["has ca.key\n", "", ""], ""),
        (["", "", ""], ""),
        ([HAS, "has ca.key\n"], ""),
    ],
)
def test_what_one_control_plane_lacks_is_told(printed, said):
    found = "; ".join(in_words(dict(zip(("first", "second", "third"), printed, strict=False))))
    assert found == said


def test_who_has_no_such_folder_is_not_judged():
    servers = [Thing(name="first"), Thing(name="second")]
    assert mismatched(Thing(outputs=Thing(control_planes=servers), on_node=lambda *_, **__: "")) == []


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def self_signed(folder, name):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
    openssl(folder, "req", "-x509", *key, "-out", f"{name}.crt", "-days", "9", "-subj", f"/CN={name}")


@pytest.fixture
def pki(tmp_path, monkeypatch):
    """A folder with an authority, a certificate that it signed, and a pair of keys."""
    self_signed(tmp_path, "front-proxy-ca")
    self_signed(tmp_path, "front-proxy-client")
    sign = ("-CA", "front-proxy-ca.crt", "-CAkey", "front-proxy-ca.key", "-set_serial", "7", "-days", "9")
    openssl(tmp_path, "x509", "-x509toreq", "-in", "front-proxy-client.crt", "-signkey", "front-proxy-client.key",
            "-out", "c.csr")  # fmt: skip
    openssl(tmp_path, "x509", "-req", "-in", "c.csr", *sign, "-out", "front-proxy-client.crt")
    openssl(tmp_path, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key")
    openssl(tmp_path, "pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub")
    monkeypatch.setattr(
        control_plane_keys, "LOOK", control_plane_keys.LOOK.replace(control_plane_keys.PKI, str(tmp_path))
    )
    return tmp_path


def looked(*_, **__):
    return subprocess.run(["sh", "-c", control_plane_keys.LOOK], capture_output=True, text=True).stdout


def test_the_look_reads_certificates_and_keys(pki):
    cluster = Thing(outputs=Thing(control_planes=[Thing(name="first")]), on_node=looked)
    assert mismatched(cluster) == [] and "shared sa.pub" in looked()
    self_signed(pki, "front-proxy-client")
    assert mismatched(cluster) == ["front-proxy-client.crt of first is not signed by its authority"]
    openssl(pki, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key")
    assert mismatched(cluster)[1:] == ["sa.key and sa.pub of first are no pair"]
    assert {"has sa.key", "has front-proxy-ca.crt"} <= {*looked().splitlines()}


def test_an_authority_and_its_key_are_a_pair(pki):
    cluster = Thing(outputs=Thing(control_planes=[Thing(name="first")]), on_node=looked)
    before = (pki / "front-proxy-ca.crt").read_text()
    openssl(pki, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "front-proxy-ca.key")
    assert mismatched(cluster) == ["front-proxy-ca.key and front-proxy-ca.crt of first are no pair"]
    (pki / "front-proxy-ca.crt").write_text(2 * before)
    assert mismatched(cluster) == []
