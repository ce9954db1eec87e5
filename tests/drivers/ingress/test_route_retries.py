"""Rules that retry another pod: ours do, and one without its middleware is found, whatever its route is called."""

import copy

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress.route_middlewares import specs
from acceptance.drivers.ingress.route_retries import tries_again, without_retry
from acceptance.drivers.ingress.route_rules import rules_of

BASE = ROOT / "k8s" / "ingress" / "base"
ROUTES = [
    item
    for path in sorted(BASE.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for item in yaml.safe_load_all(path.read_text())
]
ALL = {"auth-service", "backend-service", "frontend-service"}


def judged(items):
    rules = [rule for item in items if item["kind"] == "IngressRoute" for rule in rules_of(item)]
    return without_retry(rules, specs(item for item in items if item["kind"] == "Middleware"))


def changed(kind, name, change):
    found = copy.deepcopy(ROUTES)
    change(next(item for item in found if (item["kind"], item["metadata"]["name"]) == (kind, name)))
    return found


def beside(match, *middlewares, namespace="default", service="frontend-service"):
    """A route of somebody's own that leads to a service."""
    target = {"name": service, "namespace": "default", "port": 3000}
    rule = {"match": match, "services": [target], "middlewares": [{"name": name} for name in middlewares]}
    return {
        "kind": "IngressRoute",
        "metadata": {"name": "www", "namespace": namespace},
        "spec": {"entryPoints": ["websecure"], "routes": [rule]},
    }


def test_our_routes_try_again():
    assert judged(ROUTES) == {}


@pytest.mark.parametrize(
    ("kind", "name", "change", "wrong"),
    [
        ("IngressRoute", "auth-service", lambda item: item["spec"]["routes"][0].pop("middlewares"), {"auth-service"}),
        ("Middleware", "retry", lambda item: item["spec"]["retry"].update(attempts=1), ALL),
        ("Middleware", "retry", lambda item: item["spec"]["retry"].update(initialInterval="30s"), ALL),
        ("Middleware", "retry", lambda item: item["metadata"].update(namespace="elsewhere"), ALL),
        ("IngressRoute", "auth-service", lambda item: item["spec"].update(routes=[]), {"auth-service"}),
    ],
)
def test_a_route_that_gives_up_at_once_is_found(kind, name, change, wrong):
    assert set(judged(changed(kind, name, change))) == wrong


@pytest.mark.parametrize(
    ("route", "wrong"),
    [
        (beside("Host(`www.example.test`) && PathPrefix(`/`)"), {"frontend-service"}),
        (beside("Host(`www.example.test`) && PathPrefix(`/`)", namespace="team"), {"frontend-service"}),
        (beside("Host(`www.example.test`) && PathPrefix(`/`)", "retry"), set()),
        (beside("Host(`status.example.test`)", service="status"), set()),
        (beside("Host(`example.test`)", "to-www"), set()),
    ],
)
def test_a_route_beside_the_services_own_is_judged_too(route, wrong):
    redirect = {"regex": "^https://example.test/(.*)", "replacement": "https://www.example.test/$1"}
    more = {"kind": "Middleware", "metadata": {"name": "to-www"}, "spec": {"redirectRegex": redirect}}
    assert set(judged([*ROUTES, route, more])) == wrong


def test_routes_of_other_names_are_right():
    assert judged(changed("IngressRoute", "auth-service", lambda item: item["metadata"].update(name="auth"))) == {}


@pytest.mark.parametrize(
    ("retry", "is_right"),
    [
        ({"attempts": 2}, True),
        ({"attempts": 4, "initialInterval": "1s"}, True),
        ({"attempts": 4, "initialInterval": "1500ms"}, False),
        ({"attempts": 4, "initialInterval": 1}, True),
        ({"attempts": 4, "initialInterval": 2}, False),
        ({"attempts": 1}, False),
        (None, False),
    ],
)
def test_a_retry_is_judged_by_its_attempts_and_its_wait(retry, is_right):
    assert tries_again({"retry": retry}) is is_right
