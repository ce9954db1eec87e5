"""Continuous requests: each is accounted for, and a thread that stops is noticed."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.network.load import RequestLoop


class Answers:
    """A session whose answers have these statuses, the last one repeatedly."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def get(self, url, headers, timeout):
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return SimpleNamespace(status_code=status)


def asked(count, *statuses):
    """A loop that is asking, once it had so many answers."""
    loop = RequestLoop(Answers(*statuses), "https://api.test/health")
    loop.stopping.wait = lambda seconds: None
    with loop:
        while loop.answered + len(loop.lost) < count:
            pass
        yield loop


def test_every_answer_of_200_is_no_loss():
    for loop in asked(20, 200):
        assert loop.assert_nothing_lost("a change")["lost"] == 0


def test_one_503_is_a_loss():
    for loop in asked(20, 200, 503, 200):
        with pytest.raises(AssertionError, match=r"1 of \d+ requests were lost during a change"):
            loop.assert_nothing_lost("a change")


def test_a_loop_that_ended_by_itself_proves_nothing(monkeypatch):
    monkeypatch.setattr(RequestLoop, "most", 0)
    with RequestLoop(Answers(200), "https://api.test/health") as loop:
        loop.threads[0].join(5)
        with pytest.raises(AssertionError, match="until the end of a change, but they stopped earlier"):
            loop.assert_nothing_lost("a change")
