"""A member of etcd that may store little, or another amount than the others, is told, and so is an alarm."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import etcd_quotas

FOUR = str(4 * 1024**3)


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        (["0", "0"], ""),
        ([FOUR, FOUR], ""),
        (["-1", "-1"], ""),
        (["0", str(2 * 1024**3)], ""),
        (["0", FOUR], "differ"),
        (["536870912", "536870912"], "one stores 536870912 bytes at most"),
        (["0", "536870912"], "two stores 536870912 bytes at most"),
    ],
)
def test_little_room_is_told(quotas, said):
    found = "; ".join(etcd_quotas.in_words(dict(zip(("one", "two"), quotas, strict=True))))
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(("alarms", "count"), [("", 0), ("memberID:13803658152347727308 alarm:NOSPACE\n", 1)])
def test_an_alarm_is_told(monkeypatch, alarms, count):
    cluster = Thing(outputs=Thing(control_planes=[Thing(name="one")]))
    monkeypatch.setattr(etcd_quotas, "of_member", lambda *_: {"data-dir": "/var/lib/etcd"})
    monkeypatch.setattr(etcd_quotas, "etcdctl", lambda *_: alarms)
    assert len(etcd_quotas.full_stores(cluster)) == count
    monkeypatch.setattr(etcd_quotas, "of_member", lambda *_: {})
    assert etcd_quotas.full_stores(cluster) == []
