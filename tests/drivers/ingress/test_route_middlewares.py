"""What changes a request on its way to a service, or hides that the service is down, is found."""

from dataclasses import replace

import pytest
from route_stand_ins import FINE, route, service

from acceptance.drivers.ingress import (
    route_middlewares,
)

RETRY = {"default/retry": {"retry": {"attempts": 4}}, "default/pages": {"errors": {"status": ["503"]}}}

RETRY |= {"default/small": {"buffering": {"maxRequestBodyBytes": 1024}}}


def chain(*names):
    """A Middleware that consists of others."""
    return {"chain": {"middlewares": [{"name": name} for name in names]}}


RETRY |= {
    "default/fine": chain("retry"),
    "default/nested": chain("fine", "retry"),
    "default/bad": chain("retry", "small"),
    "default/hiding": chain("pages"),
    "default/broken": chain("gone"),
    "default/deep": chain("deep-0"),
    **{f"default/deep-{number}": chain(f"deep-{number + 1}") for number in range(9)},
    "default/deep-9": {"buffering": {}},
}


def test_middlewares_of_an_entry_point_are_seen():
    given = {
        "entrypoints.websecure.address": ":8443",
        "entrypoints.websecure.http.middlewares": "default-retry@kubernetescrd,default-small@kubernetescrd,x@file",
    }
    seen = route_middlewares.at_entry_points(given, RETRY)
    assert [kinds for _, kinds in seen] == [["retry"], ["buffering"], []]
    assert seen[1][0] == "all of websecure goes through default/small (buffering)"
    given["entrypoints.websecure.http.middlewares"] = "default-hiding@kubernetescrd,default-nested@kubernetescrd"
    assert [kinds for _, kinds in route_middlewares.at_entry_points(given, RETRY)] == [["errors"], ["retry"]]


@pytest.mark.parametrize(
    ("names", "changes", "hides"),
    [
        (["retry"], False, False),
        (["retry", "small"], True, False),
        (["pages"], True, True),
        (["gone"], True, False),
        (["fine"], False, False),
        (["nested"], False, False),
        (["bad"], True, False),
        (["hiding"], True, True),
        (["broken"], True, False),
        (["deep"], True, False),
    ],
)
def test_a_middleware_that_changes_requests_is_seen(names, changes, hides):
    found = [replace(rule, middlewares=tuple(f"default/{name}" for name in names)) for rule in route(FINE)]
    assert bool(route_middlewares.changed_on_the_way(found, RETRY)) is changes
    assert bool(route_middlewares.hides_a_503(found, RETRY)) is hides


@pytest.mark.parametrize(
    ("spec", "changes"),
    [
        ({"headers": {"stsSeconds": 31536000, "frameDeny": True, "contentTypeNosniff": True}}, False),
        ({"headers": {"contentSecurityPolicy": "default-src 'self'", "stsSeconds": 1}}, False),
        ({"compress": {}}, False),
        ({"compress": None}, False),
        ({"compress": {"encodings": ["gzip"]}}, False),
        ({"compress": {"defaultEncoding": "gzip"}}, True),
        ({"headers": {"stsSeconds": 1, "customRequestHeaders": {"Authorization": ""}}}, True),
        ({"headers": {"customResponseHeaders": {"Content-Type": "text/plain"}}}, True),
        ({"compress": {}, "buffering": {"maxRequestBodyBytes": 1}}, True),
        ({"plugin": {"a": {}}}, True),
    ],
)
def test_headers_are_judged_by_what_they_add(spec, changes):
    found = [replace(rule, middlewares=("default/more",)) for rule in route(FINE)]
    assert bool(route_middlewares.changed_on_the_way(found, {"default/more": spec})) is changes
    option = {"entrypoints.websecure.http.middlewares": "default-more@kubernetescrd"}
    entered = route_middlewares.at_entry_points(option, {"default/more": spec})
    assert bool(route_middlewares.changing(entered)) is changes


@pytest.mark.parametrize(
    ("more", "tls", "is_odd"),
    [
        ({}, {"certResolver": "letsencrypt"}, False),
        ({"weight": 1, "passHostHeader": True, "kind": "Service", "strategy": "wrr"}, {}, False),
        ({"serversTransport": "brisk"}, {}, True),
        ({"sticky": {"cookie": {}}}, {}, True),
        ({"passHostHeader": False}, {}, True),
        ({"healthCheck": {"path": "/"}}, {}, True),
        ({}, {"options": {"name": "old"}}, True),
    ],
)
def test_a_way_to_a_service_that_changes_requests_is_seen(more, tls, is_odd):
    found = [replace(rule, tls=tls) for rule in route((FINE[0], [service("frontend-service", **more)]))]
    assert bool(route_middlewares.odd_ways(found)) is is_odd


@pytest.mark.parametrize("way", ["nativeLB", "nodePortLB"])
def test_a_route_past_the_pods_own_addresses_is_seen(way):
    assert route_middlewares.hides_a_503(route((FINE[0], [service("frontend-service", **{way: True})])), {})
    assert not route_middlewares.hides_a_503(route((FINE[0], [service("frontend-service", **{way: False})])), {})
