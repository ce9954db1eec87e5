"""Whether a member that comes back continues with the data on its volume, or begins anew."""

import subprocess
from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.data import member_deletion
from acceptance.drivers.data.member_deletion import Deletion

FOLLOWER, LEADER = "yb-tserver-1", "yb-tserver-0"


def database(*told, is_yugabytedb=False):
    """A database whose members tell these inodes and times of their folders, one at each look."""
    looks = iter(told)

    def execute(*_):
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    return Thing(
        namespace=Thing(pod=lambda _: None, execute=execute),
        is_yugabytedb=is_yugabytedb,
        leader_of=lambda _: LEADER,
        names=lambda: [LEADER, FOLLOWER],
        admin=None,
        ask=lambda *_, login: [("/mnt/disk0/pg_data",)],
    )


@pytest.mark.parametrize(
    ("db", "told"),
    [
        (database("12 1700000000\n", "12 1700000000\n"), False),
        (database("12 1700000000\n", "13 1700000000\n"), True),
        # A file system gives a number again that is free.
        (database("12 1700000000\n", "12 1700000100\n"), True),
        (database("12 1\n", "13 1\n", is_yugabytedb=True), True),
        # The image has no stat.
        (database("", ""), False),
        (database(NotStarted("no sh"), NotStarted("no sh")), False),
    ],
)
def test_a_member_that_begins_with_a_new_folder_is_told(db, told):
    found = Deletion(db, "backend.t", leads=False).made_anew()
    assert bool(found) is told and all(text.startswith(f"{FOLLOWER} began with a new folder") for text in found)


def test_the_member_that_led_may_be_copied_anew():
    assert Deletion(database(), "backend.t", leads=True).made_anew() == []


def test_the_look_is_one_that_a_shell_understands(tmp_path):
    def look(path):
        command = ["sh", "-c", member_deletion.STAT, "sh", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    number, born = look(tmp_path)
    assert int(number) == tmp_path.stat().st_ino and int(born) >= 0
    assert look(tmp_path / "nowhere") == []
