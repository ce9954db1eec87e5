"""Whether Redis could start again."""

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.data import cache_start

SETTINGS = {"appendonly": "yes", "dir": "/data", "appenddirname": "appendonlydir", "appendfilename": "appendonly.aof"}


class Server:
    """A Redis in whose pod the check of its file has these outcomes; the last one is for good."""

    def __init__(self, *outcomes, **settings):
        self.outcomes, self.setting, self.asked = list(outcomes), {**SETTINGS, **settings}.__getitem__, []
        self.namespace = self

    def pod(self):
        return type("Pod", (), {"metadata": type("Metadata", (), {"name": "redis-0"})})

    def execute(self, pod, *command):
        self.asked.append(command)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cache_start, "LOGS_READABLE", Deadline(1, "a test"))


def test_a_damaged_file_is_told():
    assert "is not valid" in cache_start.unreadable(
        Server(AssertionError("AOF appendonly.aof.1.incr.aof is not valid"))
    )


@pytest.mark.parametrize(
    "outcomes",
    [
        ("All AOF files and manifest are valid",),
        (AssertionError("is not valid: its last write is under way"), "All AOF files and manifest are valid"),
        (NotStarted("redis-check-aof: not found"),),
    ],
)
def test_a_good_file_is_let_be_and_so_is_one_that_cannot_be_looked_at(outcomes):
    server = Server(*outcomes)
    assert cache_start.unreadable(server) == ""
    assert server.asked[0] == ("redis-check-aof", "/data/appendonlydir/appendonly.aof.manifest")


def test_without_the_file_another_step_judges():
    assert cache_start.unreadable(Server(appendonly="no")) == ""
