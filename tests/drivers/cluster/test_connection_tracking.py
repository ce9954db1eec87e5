"""Workers that forget idle connections are told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster.connection_tracking import LOOK, forgetful


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
