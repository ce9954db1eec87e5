"""Objects that two Applications deploy."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base import deadlines
from acceptance.base.waiting import TimedOut
from acceptance.drivers.argocd import shared_objects
from acceptance.drivers.argocd.shared_objects import shared, wait_none_shared


def application(message="", kind="SharedResourceWarning"):
    return {"status": {"conditions": [{"type": kind, "message": message}]} if message else {}}


OURS = "StatefulSet/redis is part of applications argocd/redis-copy and redis"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"redis": application(), "redis-copy": application()}, False),
        ({"redis": application(), "redis-copy": application(OURS)}, True),
        ({"redis": application("ConfigMap/x is part of applications argocd/redis and other/cache")}, True),
        ({"redis": application(OURS, kind="OrphanedResourceWarning")}, False),
        # Two of somebody else's, on a cluster that is not the platform's own.
        ({"shop": application("Namespace/redis is part of applications argocd/shop and argocd/shop-redis")}, False),
        ({"production's redis": {}}, False),
    ],
)
def test_an_object_of_the_platform_that_another_application_has_is_told(found, told):
    assert bool(shared(found)) is told


def test_the_next_comparison_is_waited_for(monkeypatch):
    seen = [{"redis": application(OURS)}, {"redis": application()}]
    monkeypatch.setattr(shared_objects, "applications_everywhere", lambda _: seen.pop(0))
    wait_none_shared(Thing())
    monkeypatch.setattr(shared_objects, "applications_everywhere", lambda _: {"redis": application(OURS)})
    monkeypatch.setattr(shared_objects, "TRIED_AGAIN", deadlines.Deadline(0.1, "a test"))
    with pytest.raises(TimedOut, match="redis-copy"):
        wait_none_shared(Thing())
