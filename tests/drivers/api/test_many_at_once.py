"""A request beside many others: an answer that differs because of them is detected."""

import contextlib
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import many_at_once
from acceptance.drivers.api.many_at_once import Beside, ask_beside

ENVIRONMENT = Thing(services=ServiceSettings(), domain="example.test")


def answer(status):
    """An answer with a status."""
    return Thing(status_code=status, request=Thing(method="POST"), url="https://api.example.test/", text="")


@pytest.mark.parametrize(
    ("beside", "many", "name", "said"),
    [
        (200, {200: 120}, "api", ""),
        (503, {200: 120}, "api", "answered 503"),
        (200, {200: 40, 503: 80}, "api", "{503: 80}"),
        (200, {200: 119, 0: 1}, "api", "{0: 1}"),
        (429, {200: 20, 429: 100}, "auth", ""),
        (200, {200: 20, 429: 100}, "api", "{429: 100}"),
    ],
)
def test_another_answer_than_alone_is_wrong(beside, many, name, said):
    wrong = Beside(name, answer(200), answer(beside), answer(200), many).wrong()
    assert said in wrong and bool(said) == bool(wrong), wrong


@pytest.mark.parametrize(("after", "said"), [(200, ""), (503, "answered 503")])
def test_whoever_comes_after_others_hung_up_is_answered_as_before(after, said):
    wrong = Beside("api", answer(200), answer(200), answer(after), {200: 60}).left_behind()
    assert said in wrong and bool(said) == bool(wrong), wrong


class Held:
    """Requests that are held."""

    count = 3

    def __init__(self, *statuses, early=()):
        self.statuses, self.early, self.done = [*statuses], [*early], []

    def begin(self, *what):
        """Note what was begun."""
        self.done.append(("begun", what))

    def so_far(self):
        """Some were answered early."""
        return self.early

    def hang_up(self):
        """Note it."""
        self.done.append(("hung up", ()))

    def end(self):
        """All were answered."""
        self.done.append(("ended", ()))
        return self.statuses


@pytest.fixture
def hold(monkeypatch):
    """Have these requests held, and the request beside them sent by a function."""

    def have(held, send):
        monkeypatch.setattr(many_at_once, "BEGUN", 0)
        monkeypatch.setattr(many_at_once, "way_to", lambda *_: ("127.0.0.1", 443))
        monkeypatch.setattr(many_at_once, "trust_of", lambda *_: None)
        monkeypatch.setattr(many_at_once, "answered", lambda *_: None)
        monkeypatch.setattr(many_at_once, "send", send)
        monkeypatch.setattr(many_at_once.held_requests, "connected", lambda *_: contextlib.nullcontext(held))

    return have


def test_the_request_is_sent_while_the_others_are_held(hold):
    held = Held(200, 200, 503)

    def send(*_):
        held.done.append(("sent", ()))
        return answer(200)

    hold(held, send)
    asked = ask_beside(None, ENVIRONMENT, None, "api", 6)
    assert [step for step, _ in held.done] == ["sent", "begun", "begun", "sent", "hung up", "ended", "sent"]
    assert held.done[1][1][:2] == ("api.example.test", "/graphql")
    assert asked.describe() == {
        "alone": 200,
        "beside the others": 200,
        "after some hung up": 200,
        "others": {200: 2, 503: 1},
    }


def test_whoever_was_turned_away_early_counts_before_it_hangs_up(hold):
    hold(Held(401, 401, early=[503]), lambda *_: answer(401))
    asked = ask_beside(None, ENVIRONMENT, None, "auth", 6)
    assert "503: 1" in asked.wrong()


def test_a_request_that_waits_for_the_others_is_told(hold):
    held = Held()

    def send(*_):
        assert not held.done, "no answer to POST https://api.example.test/graphql"
        return answer(200)

    hold(held, send)
    with pytest.raises(AssertionError, match="beside 6 requests whose last byte is on its way: no answer"):
        ask_beside(None, ENVIRONMENT, None, "api", 6)


def test_a_host_without_http_2_is_left(hold):
    hold(None, lambda *_: answer(200))
    assert ask_beside(None, ENVIRONMENT, None, "api", 6) is None
