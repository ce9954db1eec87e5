"""How much more data a cache can hold."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data.cache_capacity import (
    LOG,
    MORE,
    log_without_end,
    not_rewritten,
    take_more,
    too_little,
    too_little_in_production,
)

MIB = 2**20


class Server:
    """A Redis that uses a megabyte, as INFO reports it."""

    def __init__(self, limit="128Mi", used=MIB, resident=10 * MIB, **settings):
        rewrite = {"auto-aof-rewrite-percentage": "100", "auto-aof-rewrite-min-size": str(64 * MIB)}
        self.settings = {"maxmemory": "0", **rewrite, **settings}
        self.limit, self.used, self.resident = limit, used, resident
        self.keys, self.said = [], []

    def setting(self, name):
        return self.settings[name]

    def information(self, section):
        if section == "persistence":
            return {"aof_base_size": "88"}
        return {"used_memory": str(self.used), "used_memory_rss": str(self.resident)}

    def pod(self):
        limits = {"memory": self.limit} if self.limit else None
        return Thing(spec=Thing(containers=[Thing(name="redis", resources=Thing(limits=limits, requests=None))]))

    def __call__(self, *command):
        most = int(self.settings["maxmemory"])
        if command[0] in ("SETRANGE", "INCR") and 0 < most < self.used:
            raise AssertionError("OOM command not allowed when used memory > 'maxmemory'.")
        self.used += int(command[2]) if command[0] == "SETRANGE" else 0
        self.said.append(command[0])


@pytest.mark.parametrize(
    "server",
    [Server(), Server(limit=None), Server(limit="512Mi", maxmemory=str(100 * MIB)), Server(maxmemory=str(33 * MIB))],
)
def test_who_has_room_is_let_be(server):
    assert too_little(server) == []
    assert take_more(server) > MORE
    assert server.said == ["SETRANGE", "INCR", "DEL"] and len(server.keys) == 2


@pytest.mark.parametrize(
    ("server", "word"),
    [
        (Server(maxmemory=str(3 * MIB)), "maxmemory is 3145728 bytes"),
        (Server(maxmemory=str(100 * MIB), used=90 * MIB), "94371840 are in use"),
        (Server(limit="14Mi"), "limited to 14680064 bytes"),
        (Server(resident=120 * MIB), "125829120 are in use"),
    ],
)
def test_who_is_nearly_full_is_told(server, word):
    (found,) = too_little(server)
    assert word in found


def test_a_server_that_refuses_more_says_so():
    with pytest.raises(AssertionError, match="OOM"):
        take_more(Server(maxmemory=str(3 * MIB)))


def test_a_log_that_is_never_written_anew_is_told():
    assert log_without_end(Server()) == []
    assert log_without_end(Server(**{"auto-aof-rewrite-percentage": "0"})) == [
        "auto-aof-rewrite-percentage is 0, which means never"
    ]
    assert log_without_end(Server(**{"auto-aof-rewrite-min-size": str(100 * LOG)})) != []
    assert log_without_end(Server(**{"auto-aof-rewrite-percentage": "1500"})) == []
    assert log_without_end(Server(**{"auto-aof-rewrite-percentage": "100000"})) == [
        "auto-aof-rewrite-percentage is 100000"
    ]


class Rewriting:
    """A Redis that is told to rewrite its file; `looks` are the sections that INFO shows one after the other."""

    def __init__(self, *looks, refusal=""):
        self.looks, self.refusal = list(looks), refusal

    def __call__(self, *command):
        assert command == ("BGREWRITEAOF",)
        if self.refusal:
            raise AssertionError(self.refusal)

    def information(self, section):
        assert section == "persistence"
        return self.looks.pop(0)


BUSY, DUE = {"aof_rewrite_in_progress": "1"}, {"aof_rewrite_in_progress": "0", "aof_rewrite_scheduled": "1"}
REWRITTEN, FAILED = ({"aof_rewrite_in_progress": "0", "aof_last_bgrewrite_status": said} for said in ("ok", "err"))


@pytest.mark.parametrize(
    ("server", "word"),
    [
        (Rewriting(REWRITTEN), ""),
        (Rewriting(BUSY, DUE, REWRITTEN), ""),
        (Rewriting(BUSY, FAILED), "aof_last_bgrewrite_status is err"),
        (Rewriting(REWRITTEN, refusal="ERR Background append only file rewriting already in progress"), ""),
        (Rewriting(refusal="ERR Can't execute an AOF background rewriting"), "BGREWRITEAOF with: ERR Can't execute"),
        (Rewriting(refusal="ERR unknown command 'BGREWRITEAOF'"), ""),
    ],
)
def test_a_file_that_cannot_be_rewritten_is_told(server, word):
    found = not_rewritten(server)
    assert word in found and bool(word) is bool(found)


def rendered(kind="StatefulSet", limit="512Mi", *, args=("--dir", "/data")):
    container = {"args": [*args], "resources": {"limits": {"memory": limit}} if limit else {}}
    return {"kind": kind, "metadata": {"name": "redis"}, "spec": {"template": {"spec": {"containers": [container]}}}}


@pytest.mark.parametrize(
    ("item", "is_red"),
    [
        (rendered(), False),
        (rendered(limit=None), False),
        (rendered("Job", "32Mi"), False),
        (rendered(limit="14Mi"), True),
        (rendered(args=("--maxmemory", "3mb")), True),
        (rendered(args=("redis-server --maxmemory 3000000",)), True),
        (rendered(args=("--maxmemory", "0")), False),
        (rendered(args=("--maxmemory", "1GB", "--maxmemory-policy", "noeviction")), False),
    ],
)
def test_what_production_has_is_judged_too(item, is_red):
    assert bool(too_little_in_production([item])) is is_red
