"""A backend that lets everybody in once auth has been away for a while, or does not."""

import contextlib
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import long_outage
from acceptance.drivers.api.long_outage import LongOutage

THROUGH = Thing(namespace=Thing(name="scenario"))


def outage(monkeypatch, status_at):
    """The outage of a copy that answers by the seconds since its start, on a clock that waiting moves on."""
    clock = {"now": 100.0}
    there = LongOutage(None, THROUGH, ServiceSettings())

    @contextlib.contextmanager
    def copy_of(_, settings):
        assert settings["AUTH_SERVICE_URL"].endswith(".scenario.svc.cluster.local:8080")
        yield Thing(api=lambda _: None)

    def wait(seconds):
        clock["now"] += seconds

    monkeypatch.setattr(long_outage, "copy_of", copy_of)
    monkeypatch.setattr(long_outage.time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(there.stopping, "wait", wait)
    monkeypatch.setattr(long_outage, "ask", lambda *_: Thing(status=status_at(clock["now"] - 100)))
    return there


@pytest.mark.parametrize("opens", [60, 65, 1000])
def test_the_last_answer_is_one_after_the_outage_was_long(monkeypatch, opens):
    with outage(monkeypatch, lambda seconds: 200 if seconds >= opens else 503) as there:
        there.thread = Thing(join=lambda _: None, is_alive=lambda: False)
        there.run("token")
        found = [asked.status for asked in there.answers()]
    assert len(found) == 8 and (found[-1] == 200) is (opens < 1000) and set(found[:6]) == {503}


def test_a_copy_that_cannot_be_asked_is_told():
    with LongOutage(Thing(name="backend-service", namespace=None), THROUGH, ServiceSettings()) as there:
        there.start("token")
        with pytest.raises(AttributeError):
            there.answers()


def test_a_copy_that_was_asked_too_briefly_proves_nothing(monkeypatch):
    there = outage(monkeypatch, lambda _: 503)
    there.thread = Thing(join=lambda _: None, is_alive=lambda: True)
    with pytest.raises(AssertionError, match="asked for 65 s"):
        there.answers()
