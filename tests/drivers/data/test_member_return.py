"""What would keep a member from restarting, and what a restarted one does differently."""

import subprocess
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data import member_return

NAMES = ["yb-tserver-0", "yb-tserver-1", "yb-tserver-2"]
ASKS, TRUSTS = ("host", "all", "all", "all", "scram-sha-256", ""), ("host", "all", "all", "10.0.0.0/8", "trust", "")


def test_the_first_file_that_a_member_may_not_use_is_told():
    said = {"yb-tserver-2": "/mnt/disk0/pg_data/postgresql.base.conf\n"}
    namespace = Thing(execute=lambda name, *_: said.get(name, ""))
    found = member_return.barred_files(Thing(names=lambda: NAMES, namespace=namespace))
    assert found == {"yb-tserver-2": "/mnt/disk0/pg_data/postgresql.base.conf"}


def test_the_look_for_such_a_file_is_one_that_a_shell_understands(tmp_path):
    (tmp_path / "lost+found").mkdir(mode=0)
    (tmp_path / "file").write_text("")
    look = member_return.BARRED.replace(member_return.DISK, str(tmp_path))
    assert subprocess.run(["sh", "-c", look], capture_output=True, text=True, check=True).stdout == ""


def test_roles_that_cannot_copy_a_lost_member_are_told():
    def ask(_, statement, most, login):
        assert "between 0 and %s" in statement
        return [(role, limit) for role, limit in (("replicator", 2), ("backup", 3)) if limit <= most]

    db = Thing(names=lambda: NAMES, leader=lambda: NAMES[0], ask=ask, admin=None)
    assert member_return.too_few_connections(db) == ["replicator may have 2 connections, a new copy takes 3"]


@pytest.mark.parametrize(
    ("rule", "mount", "words"),
    [
        (ASKS, "/mnt/disk0", []),
        (TRUSTS, "/mnt/disk0", ["10.0.0.0/8 trust"]),
        (ASKS, "/tmp", ["stores the table at /tmp/base/1", "stores log at /tmp/base/1"]),
    ],
)
def test_a_member_that_came_back_otherwise_is_told(rule, mount, words, monkeypatch):
    monkeypatch.setattr(member_return, "files_of", lambda *_: {"the table": "a", "log": "b"})
    monkeypatch.setattr(member_return, "mount_of", lambda *_: (f"{mount}/base/1", mount))
    db = Thing(is_yugabytedb=False, ask=lambda *_, login: [rule], admin=None, namespace=None)
    found = member_return.changed_by_return(db, NAMES[1], "backend.t")
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found, strict=True))
