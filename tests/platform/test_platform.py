"""How components come up: what is retried, and which component is blamed."""

import contextlib
from types import SimpleNamespace

import pytest

from acceptance.base.errors import UserError
from acceptance.platform.platform import Blocked, Component, Platform, with_needs


def refused(_platform):
    """A deployment that the API refuses."""
    raise UserError("unknown field spec.replica", "read the lines above")


@pytest.fixture
def platform(monkeypatch, tmp_path):
    """A platform without a cluster, for components that need none."""
    monkeypatch.setattr(Platform, "record", lambda self, name: None)
    nothing = contextlib.nullcontext
    run = SimpleNamespace(
        options=SimpleNamespace(reuse=False),
        environment=SimpleNamespace(name=tmp_path.name, is_long_lived=False),
        attaches=False,
        phase=lambda name: nothing(),
        waiting=nothing,
    )
    return Platform(run, None, None, None, {})


def test_a_component_is_deployed_again_when_the_api_was_away_and_blamed_when_it_refused(monkeypatch, platform):
    tries = []

    def away(_platform):
        tries.append(1)
        if len(tries) == 1:
            raise UserError("Error from server: etcdserver: leader changed", "read the lines above")

    monkeypatch.setitem(platform.components, "away", Component("away", away))
    monkeypatch.setitem(platform.components, "refused", Component("refused", refused))
    monkeypatch.setitem(platform.components, "above", Component("above", lambda _platform: None, needs=("refused",)))
    platform.start(["away", "above"])
    platform.wait_for("away")
    assert len(tries) == 2
    with pytest.raises(Blocked, match=r"^blocked by refused: unknown field"):
        platform.wait_for("above")


def test_a_component_stands_without_those_that_it_wants(monkeypatch, platform):
    monkeypatch.setitem(platform.components, "refused", Component("refused", refused))
    monkeypatch.setitem(platform.components, "above", Component("above", lambda _platform: None, wants=("refused",)))
    assert with_needs(["above"], platform.components) == ["refused", "above"]
    assert platform.get("above") is None
    assert platform.has_ended("refused")
    with pytest.raises(Blocked, match=r"^blocked by refused: unknown field"):
        platform.get("refused")


def test_components_deployed_from_other_manifests_or_images_are_named(platform):
    platform.rendering = SimpleNamespace(fingerprint=lambda: "as-here")
    assert platform.outdated() == []
    platform.deployed_from = {"redis": "as-here", "traefik": "as-here"}
    assert platform.outdated() == []
    platform.deployed_from = {"redis": "as-here", "traefik": "as-before", "auth-service": "as-before"}
    assert platform.outdated() == ["auth-service", "traefik"]
