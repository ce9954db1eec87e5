"""Sessions that the database ends: only those of one service, and only closed ones count as ended."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.api import ended_sessions
from acceptance.drivers.api.ended_sessions import are_gone, end_sessions


class Members:
    """Members with sessions: by member, the number of the session and whose it is."""

    admin = "the administrator"

    def __init__(self, sessions, stays=0):
        self.sessions, self.stays = sessions, stays

    def names(self):
        return sorted(self.sessions)

    def ask(self, member, statement, values, login):
        assert login == self.admin
        kept = self.sessions[member]
        if statement == ended_sessions.END:
            return [(pid, True) for pid, address in kept.items() if address in values]
        if self.stays:
            self.stays -= 1
            return [(1,)]
        return [(0,)]


COPY = Thing(name="backend-service-1", pod=lambda: Thing(status=Thing(pod_ip="10.0.0.7")))


def test_the_sessions_of_one_copy_are_ended_at_each_member():
    db = Members({"a": {1: "10.0.0.7", 2: "10.0.0.8"}, "b": {}}, stays=2)
    assert end_sessions(db, COPY) == {"a": 1, "b": 0}
    assert db.stays == 0


def test_a_session_that_is_there_still_is_not_gone():
    with pytest.raises(AssertionError, match="1 of 2 sessions are still open"):
        are_gone(Members({"a": {}}, stays=1), "a", [1, 2])
