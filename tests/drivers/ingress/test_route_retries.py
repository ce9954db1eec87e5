"""Routes that retry another pod: ours do, and one without its middleware is found."""

import copy

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress.route_retries import without_retry

BASE = ROOT / "k8s" / "ingress" / "base"
ROUTES = [
    item
    for path in sorted(BASE.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for item in yaml.safe_load_all(path.read_text())
]


def changed(kind, name, change):
    found = copy.deepcopy(ROUTES)
    change(next(item for item in found if (item["kind"], item["metadata"]["name"]) == (kind, name)))
    return found


def test_our_routes_try_again():
    assert without_retry(ROUTES) == {}


@pytest.mark.parametrize(
    ("kind", "name", "change", "wrong"),
    [
        ("IngressRoute", "auth-service", lambda item: item["spec"]["routes"][0].pop("middlewares"), {"auth-service"}),
        (
            "Middleware", "retry", lambda item: item["spec"]["retry"].update(attempts=1),
            {"auth-service", "backend-service", "frontend-service"},
        ),
        ("IngressRoute", "auth-service", lambda item: item["spec"].update(routes=[]), {"auth-service"}),
    ],
)  # fmt: skip
def test_a_route_that_gives_up_at_once_is_found(kind, name, change, wrong):
    assert set(without_retry(changed(kind, name, change))) == wrong
