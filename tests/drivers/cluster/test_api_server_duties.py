"""Flags with which API servers keep the addresses of lost ones, or with which nobody compacts etcd."""

import pytest

from acceptance.drivers.cluster.api_server_duties import in_words


@pytest.mark.parametrize(("kind", "told"), [(None, 0), ("lease", 0), ("none", 2), ("master-count", 2)])
def test_a_reconciler_that_keeps_lost_addresses_is_told(kind, told):
    flags = {"endpoint-reconciler-type": kind} if kind else {}
    assert len(in_words({"a": flags, "b": flags}, {})) == told


@pytest.mark.parametrize(
    ("intervals", "member", "told"),
    [
        (["0", "0"], {}, True),
        (["0s", "0s"], {"auto-compaction-retention": "0"}, True),
        (["0", "0"], {"auto-compaction-retention": "8h"}, False),
        (["0", "0"], {"auto-compaction-retention": "1000"}, False),
        (["0", None], {}, False),
        (["5m0s", "5m0s"], {}, False),
        ([], {}, False),
    ],
)
def test_a_store_that_nobody_compacts_is_told(intervals, member, told):
    flags = [{"etcd-compaction-interval": text} if text else {} for text in intervals]
    found = in_words(dict(enumerate(flags)), {"a": member})
    assert bool(found) is told and (not told or "nobody compacts etcd" in found[0])


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (None, ""),
        ("DefaultIngressClass", ""),
        ("DefaultTolerationSeconds,StorageObjectInUseProtection", "of a runs without DefaultTolerationSeconds, Stor"),
        ("DefaultIngressClass,Priority", "of a runs without Priority"),
    ],
)
def test_an_api_server_without_a_plugin_that_is_on_by_default_is_told(off, told):
    found = "; ".join(in_words({"a": {"disable-admission-plugins": off} if off else {}, "b": {}}, {}))
    assert told in found and bool(found) is bool(told)
