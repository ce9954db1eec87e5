"""What a member of etcd is started with is read from its flags and its variables."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import etcd_settings


@pytest.mark.parametrize(
    ("words", "variables", "seen"),
    [
        (["etcd", "--data-dir=/d"], ["PATH=/bin"], {"data-dir": "/d"}),
        (["/usr/local/bin/etcd"], ["ETCD_QUOTA_BACKEND_BYTES=5"], {"quota-backend-bytes": "5"}),
        (["etcd", "--election-timeout=1000"], ["ETCD_ELECTION_TIMEOUT=50000"], {"election-timeout": "1000"}),
        (["etcd"], [], {}),
        (["k3s", "server"], ["ETCD_ELECTION_TIMEOUT=50000"], {}),
    ],
)
def test_flags_come_before_variables(words, variables, seen):
    printed = "".join("\t".join(line) + "\t\n" for line in (words, variables))
    assert etcd_settings.of_member(Thing(on_node=lambda *_, **__: printed), "first") == seen


def test_where_no_etcd_runs_nothing_is_set():
    assert etcd_settings.in_lines("") == {}


@pytest.mark.parametrize(
    ("value", "yes"), [("true", True), ("True", True), ("1", True), ("t", True), ("false", False), ("0", False)]
)
def test_yes_is_read_as_go_does(value, yes):
    assert etcd_settings.is_set({"unsafe-no-fsync": value}, "unsafe-no-fsync") is yes
    assert not etcd_settings.is_set({}, "unsafe-no-fsync")
