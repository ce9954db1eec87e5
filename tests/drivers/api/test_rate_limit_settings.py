"""The observed rate limit is compared with the configured one."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.rate_limit_settings import not_as_set, unfit, unfit_in_production

KNOWN = ServiceSettings(rate_limit_variable="RATE_LIMIT", rate_limit_seconds_variable="RATE_LIMIT_SECONDS")
SET = {"RATE_LIMIT": "20", "RATE_LIMIT_SECONDS": "60"}


@pytest.mark.parametrize(
    ("served", "period", "environment", "wrong"),
    [
        (20, (57, 60.1), SET, ""),
        # A slow machine, and a limit that moves on with each call.
        (20, (30, 60.4), SET, ""),
        (20, (60, 75.0), SET, ""),
        (90, (50, 60.0), SET, "RATE_LIMIT is 20, in force are 90 calls"),
        (19, (57, 60.0), SET, "RATE_LIMIT is 20, in force are 19 calls"),
        (20, (12, 15.0), SET, "RATE_LIMIT_SECONDS is 60, in force are 20 calls in 12 to 15 s"),
        (20, (3597, 3600.0), SET, "RATE_LIMIT_SECONDS is 60"),
        (20, (57, 60.0), {"RATE_LIMIT": "20"}, "RATE_LIMIT_SECONDS is None"),
    ],
)
def test_the_limit_in_force_is_the_one_that_was_set(served, period, environment, wrong):
    found = not_as_set(served, period, environment, KNOWN)
    assert len(found) == bool(wrong) and wrong in "".join(found)


def test_an_auth_whose_settings_are_not_known_is_not_judged():
    assert not_as_set(5, (1.0, 2.0), {}, ServiceSettings()) == []


@pytest.mark.parametrize(
    ("here", "there", "header", "ingress", "wrong"),
    [
        ({"BY": "x-client-id"}, {"BY": "x-real-ip"}, "X-Client-Id", "", []),
        ({"BY": "x-client-id"}, {"BY": "X-Forwarded-For"}, "X-Client-Id", "", []),
        ({"BY": "x-client-id"}, {"BY": "x-real-ip, address"}, "X-Client-Id", "", []),
        ({"BY": "x-client-id"}, {}, "X-Client-Id", "", []),
        ({"BY": "address"}, {"BY": "x-client-id"}, "", "", []),
        ({"BY": "x-client-id"}, {"BY": "x-edge-ip"}, "X-Client-Id", "customRequestHeaders: {X-Edge-Ip: a}", []),
        ({"BY": "X-Client-Id"}, {"BY": "x-client-id"}, "X-Client-Id", "", ["BY is x-client-id"]),
        ({"BY": "x-client-id"}, {"BY": "X-Caller"}, "X-Client-Id", "", ["BY is x-caller"]),
        ({"BY": "x-client-id"}, {"BY": "cf-connecting-ip"}, "X-Client-Id", "", ["BY is cf-connecting-ip"]),
        ({"BY": "x-client-id"}, {"BY": "x-edge"}, "X-Client-Id", "X-Edge-Ip: a", ["BY is x-edge"]),
        ({"BY": "x-client-id"}, {"BY": "Forwarded"}, "X-Client-Id", "forwarded", []),
        # All clients come from Traefik's pods, or to the same host.
        ({"BY": "x-client-id"}, {"BY": "address"}, "X-Client-Id", "{forwardAuth: {address: a}}", ["BY is address"]),
        ({"BY": "x-client-id"}, {"BY": "x-forwarded-host"}, "X-Client-Id", "", ["BY is x-forwarded-host"]),
    ],
    ids=range(13),
)
def test_production_tells_clients_apart_but_not_by_what_they_say_themselves(here, there, header, ingress, wrong):
    assert [text.partition(",")[0] for text in unfit(here, there, header, ingress)] == wrong


def deployment(value):
    """A service whose variable has a value."""
    container = {"name": "auth", "env": [{"name": "BY", "value": value}]}
    spec = {"template": {"spec": {"containers": [container]}}}
    return [{"kind": "Deployment", "metadata": {"name": "auth-service"}, "spec": spec}]


@pytest.mark.parametrize(
    ("patches", "found"), [("", ["BY is x-caller, which clients set themselves"]), ("other-services", [])]
)
def test_what_patches_change_is_not_production(patches, found):
    rendering = Thing(manifests=lambda _: deployment("x-caller"))
    rendering.production = lambda name: deployment("x-caller") if name == "auth-service" else []
    environment = Thing(patches=patches, services=ServiceSettings(client_header="X-Caller"))
    assert unfit_in_production(Thing(rendering=rendering, environment=environment), "auth-service") == found
