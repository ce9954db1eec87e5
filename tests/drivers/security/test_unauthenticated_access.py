"""Files on a machine that users other than root can read, and sockets that listen for other hosts."""

import subprocess
from types import SimpleNamespace

import pytest

from acceptance.drivers.security import unauthenticated_access
from acceptance.drivers.security.unauthenticated_access import (
    HEARD,
    HEARD_OF_CONTROL_PLANE,
    beyond,
    heard_by_udp,
    search,
    stores_open_to_machines,
)


def found(folder):
    done = subprocess.run(["sh", "-c", search(str(folder))], capture_output=True, text=True, check=True)
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("-----BEGIN EC PRIVATE KEY-----\nMHc", True),
        ("-----BEGIN PRIVATE KEY-----\nMHc", True),
        ("users:\n- user:\n    client-key-data: LS0t", True),
        ("kind: EncryptionConfiguration\nresources: []", True),
        ("-----BEGIN CERTIFICATE-----\nMIIB", False),
        ("clusters:\n- cluster:\n    certificate-authority-data: LS0t", False),
    ],
)
def test_what_opens_the_cluster_is_found_whatever_it_is_called(tmp_path, text, opens):
    (tmp_path / "notes of last year.txt").write_text(text)
    assert bool(found(tmp_path)) is opens


LISTED = """\
LISTEN 0      4096       127.0.0.1:10249      0.0.0.0:*    users:(("kube-proxy",pid=812,fd=12))
LISTEN 0      4096      127.0.0.11:39823      0.0.0.0:*
LISTEN 0      4096      172.30.0.8:2379       0.0.0.0:*    users:(("etcd",pid=729,fd=9))
LISTEN 0      4096           [::1]:9099          [::]:*    users:(("other",pid=7,fd=9))
LISTEN 0      4096               *:10250            *:*    users:(("kubelet",pid=411,fd=13))
"""


def test_what_listens_for_others_is_known_or_told():
    assert beyond(LISTED, HEARD_OF_CONTROL_PLANE) == []
    assert beyond(LISTED, HEARD) == ['172.30.0.8:2379 users:(("etcd",pid=729,fd=9))']
    more = LISTED + 'LISTEN 0 4096 *:2381 *:* users:(("etcd",pid=729,fd=14))\nLISTEN 0 5 [::]:8000 [::]:*\n'
    assert [text.split()[0] for text in beyond(more, HEARD_OF_CONTROL_PLANE)] == ["*:2381", "[::]:8000"]
    with pytest.raises(AssertionError):
        beyond("", HEARD)


UDP = """\
UNCONN 0      0          127.0.0.11:37212      0.0.0.0:*
UNCONN 0      0             0.0.0.0:8472       0.0.0.0:*
"""
PORTMAP = 'UNCONN 0 0 0.0.0.0:111 0.0.0.0:* users:(("rpcbind",pid=9,fd=5))\n'
ASKS = 'UNCONN 0 0 0.0.0.0:50123 0.0.0.0:* users:(("wget",pid=11,fd=3))\n'


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([UDP, UDP, UDP], []),
        (["", "", ""], []),
        ([UDP + PORTMAP] * 3, ['0.0.0.0:111 users:(("rpcbind",pid=9,fd=5)) (UDP)']),
        ([UDP + ASKS, UDP, UDP], []),
    ],
)
def test_what_listens_by_udp_for_others_is_known_or_told(looks, told):
    said = iter(looks)
    assert heard_by_udp(SimpleNamespace(on_node=lambda *_: next(said)), "worker") == told


def test_what_lies_below_a_folder_that_is_left_out_is_found_where_it_is_searched_by_itself(tmp_path, monkeypatch):
    local, volume = tmp_path / "usr" / "local" / "share", tmp_path / "mnt" / "redis"
    for folder in (local, volume, tmp_path / "usr" / "lib"):
        folder.mkdir(parents=True)
        (folder / f"{folder.name}.conf").write_text("client-key-data: LS0t")
    monkeypatch.setattr(unauthenticated_access, "NOT_SEARCHED", (f"{tmp_path}/usr",))
    assert sorted({*found(f"{tmp_path} {tmp_path}/usr/local {tmp_path}/mnt/*")}) == ["redis.conf", "share.conf"]


@pytest.mark.parametrize(
    ("known", "store", "told"), [("200", "000", []), ("200", "200", ["etcd of cp"]), ("401", "000", None)]
)
def test_etcd_that_takes_a_kubelets_certificate_is_told(known, store, told):
    def on_node(name, program, *arguments, check):
        assert (name, program, "--cert" in arguments) == ("worker", "curl", True)
        codes = {url: known if ":6443" in url else store if ":2379" in url else "000" for url in arguments}
        return "".join(f"{url} {code}\n" for url, code in codes.items() if url.startswith("https://"))

    machines = [SimpleNamespace(name=name, address="10.0.0.1") for name in ("cp", "worker")]
    outputs = SimpleNamespace(control_planes=machines[:1], workers=machines[1:])
    cluster = SimpleNamespace(on_node=on_node)
    if told is None:
        with pytest.raises(AssertionError, match="expected API servers to take"):
            stores_open_to_machines(cluster, outputs)
    else:
        assert [*stores_open_to_machines(cluster, outputs)] == told
