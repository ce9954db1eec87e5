"""Members of etcd that are cut off from each other."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import etcd

LISTED = {"members": [{"ID": 10, "name": "one"}, {"ID": 11, "name": "two"}, {"ID": 12, "name": "three"}]}
NAMES = {"a": "one", "b": "two", "c": "three"}


def counted(own, **peers):
    """What a member counts of its peers, among other metrics."""
    rows = [f'etcd_network_active_peers{{Local="{own}",Remote="{peer}"}} {value}' for peer, value in peers.items()]
    return "\n".join(["# TYPE etcd_network_active_peers gauge", *rows, "etcd_server_has_leader 1"])


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        (counted("b", a=1, c=1), []),
        (counted("b", a=1, c=0), ["three"]),
        (counted("b", a=1), ["three"]),
        # A member that was removed is still counted.
        (counted("b", a=1, c=1, f=0), []),
        ("", []),
    ],
)
def test_a_peer_that_is_not_connected_is_told(metrics, told):
    assert etcd.cut_off(metrics, NAMES) == told


def test_each_control_plane_is_asked_for_its_peers(monkeypatch):
    monkeypatch.setattr(etcd, "etcdctl", lambda *_: json.dumps(LISTED))
    said = {"one": counted("a", b=1, c=1), "two": counted("b", a=1, c=1), "three": counted("c", a=1, b=1)}
    cluster = Thing(
        outputs=Thing(control_planes=[Thing(name=name) for name in said]),
        on_node=lambda node, *_, check: said[node],
    )
    assert etcd.all_connected(cluster)
    said["three"] = counted("c", a=1, b=0)
    with pytest.raises(AssertionError, match="'three': \\['two'\\]"):
        etcd.all_connected(cluster)
