"""Pods that nobody outside the cluster answers are told."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.waiting import Deadline, TimedOut
from acceptance.drivers.network import outside

OUTPUTS = Thing(
    workers=[Thing(name="one"), Thing(name="two")], load_balancer=Thing(id="balancer"), network=Thing(name="nodes")
)


def namespace(lost=()):
    """A namespace whose clients on these workers get no answer."""

    def execute(pod, *command):
        said = "i/o timeout" if pod.removeprefix("client-") in lost else "EOF"
        raise AssertionError(f"Get {command[-1]}: {said}")

    return Thing(execute=execute)


@pytest.mark.parametrize("lost", [["one"], ["two"], ["one", "two"]])
def test_a_worker_whose_pods_get_no_answer_is_told(monkeypatch, lost):
    monkeypatch.setattr(outside, "POD_READY", Deadline(0.1, "this test"))
    with pytest.raises(TimedOut, match=f"client-{lost[0]} to be answered at 10.0.0.9:443, outside the cluster"):
        outside.answered_outside(namespace(lost), OUTPUTS, "10.0.0.9:443")


def test_any_answer_will_do():
    assert outside.answered_outside(namespace(), OUTPUTS, "10.0.0.9:443") == ["client-one", "client-two"]


@pytest.mark.parametrize(
    ("found", "target"),
    [
        ({"NetworkSettings": {"Networks": {"nodes": {"IPAddress": "10.0.0.9"}}}}, "10.0.0.9:443"),
        ({"NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}}, ""),
        (None, ""),
    ],
)
def test_the_load_balancer_is_asked_where_it_is_a_container(monkeypatch, found, target):
    asked = []
    monkeypatch.setattr(outside, "inspect", lambda *words: asked.append(words) or found)
    assert outside.neighbour(OUTPUTS) == target and asked == [("container", "balancer")]
