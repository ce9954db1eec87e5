"""Certificates that expire soon: on control planes, in their kubeconfigs, and of kubelets without rotation."""

import base64
import datetime
import json
import subprocess
from types import SimpleNamespace as Thing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acceptance.drivers.cluster import machine_certificates
from acceptance.infrastructure.contract import Machine


def pem(days):
    """A certificate that lasts for some days."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + datetime.timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def cluster(answer, rotates=True, is_attached=False):
    machine = Machine(name="first", address="10.0.0.1")
    config = {"kubeletconfig": {"rotateCertificates": True} if rotates else {}}
    return Thing(
        on_node=answer, is_attached=is_attached, outputs=Thing(control_planes=[machine], workers=[machine]),
        kubectl=lambda *_: json.dumps(config),
    )  # fmt: skip


def test_certificates_are_told_apart_by_their_files():
    text = "-----BEGIN CERTIFICATE-----\nMII\n/abc\n-----END CERTIFICATE-----\n"
    printed = f"file: /pki/ca.crt\n{text}\nfile: /pki/none.crt\n\nfile: /pki/etcd/peer.crt\n{text}{text}"
    found = machine_certificates.certificates_in(printed)
    assert found == {"/pki/ca.crt": text, "/pki/etcd/peer.crt": text + text}


def test_what_ends_soon_is_found_in_files_and_in_kubeconfigs(tmp_path, monkeypatch):
    (tmp_path / "ca.crt").write_text(pem(3000))
    (tmp_path / "peer.crt").write_text(pem(5))
    for name, days in (("scheduler", 1), ("admin", 300)):
        data = base64.b64encode(pem(days).encode()).decode()
        (tmp_path / f"{name}.conf").write_text(f"users:\n- user:\n    client-certificate-data: {data}\n")
    (tmp_path / "kubelet.conf").write_text("users:\n- user:\n    client-certificate: /some/file.pem\n")
    monkeypatch.setattr(machine_certificates, "OWN_CERTIFICATES", f"{tmp_path}/*.crt {tmp_path}/none.pem")
    monkeypatch.setattr(machine_certificates, "KUBECONFIGS", f"{tmp_path}/*.conf")

    def on_node(_, *command, check):
        return subprocess.run(command, capture_output=True, text=True, check=check).stdout

    found = machine_certificates.short_lived(cluster(on_node))
    assert {path.rpartition("/")[2]: round(days) for path, days in found.items()} == {
        "peer.crt on first": 5,
        "scheduler.conf on first": 1,
    }


@pytest.mark.parametrize(
    ("days", "rotates", "is_attached", "is_told"),
    [
        (300, True, False, False),
        (300, False, False, False),
        (5, True, False, False),
        (5, False, False, True),
        (5, False, True, False),
        (None, False, False, False),
    ],
)
def test_a_kubelet_that_does_not_renew_a_short_certificate_is_told(days, rotates, is_attached, is_told):
    text = f"file: {machine_certificates.KUBELETS}\n{pem(days) if days else ''}"
    found = machine_certificates.not_renewed(cluster(lambda *_, check: text, rotates, is_attached))
    assert bool(found) is is_told


class Reviews:
    """Stands in for the API of reviews: it refuses some machines."""

    def __init__(self, *refused):
        self.refused = {f"system:node:{name}" for name in refused}

    def __call__(self, _):
        return self

    def create_subject_access_review(self, review):
        assert "system:nodes" in review["spec"]["groups"]
        return Thing(status=Thing(allowed=review["spec"]["user"] not in self.refused))


@pytest.mark.parametrize(
    ("refused", "rotates", "attached", "seen"),
    [
        ((), True, False, set()),
        (("first",), True, False, {"first"}),
        (("first",), False, False, set()),
        (("first",), True, True, set()),
    ],
)
def test_a_kubelet_whose_renewal_nobody_approves_is_told(monkeypatch, refused, rotates, attached, seen):
    monkeypatch.setattr(machine_certificates.client, "AuthorizationV1Api", Reviews(*refused))
    one = cluster(None, rotates, attached)
    one.api = None
    assert {*machine_certificates.not_approved(one)} == seen
