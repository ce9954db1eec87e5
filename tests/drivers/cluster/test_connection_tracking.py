"""Workers that forget idle connections, or have no room for more, are told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster.connection_tracking import LOOK, ROOM, crowded, forgetful


@pytest.mark.parametrize(
    ("printed", "seen"), [("86400\n", {}), ("60", {}), ("45\n", {"worker": 45}), ("", {}), ("cat: no such file", {})]
)
def test_a_worker_that_forgets_is_told(printed, seen):
    workers = [Thing(name="worker")]
    cluster = Thing(is_attached=False, outputs=Thing(workers=workers), on_node=lambda *_, check: printed)
    assert forgetful(cluster, 60) == seen
    cluster.is_attached = True
    assert forgetful(cluster, 60) == {}


def test_the_kernels_file_is_read():
    assert LOOK[1] == "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("262144\n1500\n", []),
        ("4096\n2097\n", ["1999"]),
        ("4096\n2096\n", []),
        ("1024\n0\n", ["1024"]),
        ("0\n5\n", []),
        ("", []),
        ("262144\ncat: no such file", []),
    ],
)
def test_a_worker_without_room_is_told(printed, seen):
    asked = []
    on_node = lambda *words, check: asked.append(words) or printed  # noqa: E731
    cluster = Thing(is_attached=False, outputs=Thing(workers=[Thing(name="worker")]), on_node=on_node)
    found = crowded(cluster, 2000)
    assert [*found.values()] == seen and all(name.startswith("worker can") for name in found)
    assert asked == [("worker", *ROOM)] and ROOM[1].endswith("/nf_conntrack_max")
