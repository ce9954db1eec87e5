"""Routes that lead elsewhere, accept plain HTTP, or are of another kind are found."""

from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException
from route_stand_ins import BACKEND, FINE, FRONTEND, WWW, route, service

from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import documents
from acceptance.drivers.ingress import (
    route_rules,
)


@pytest.mark.parametrize(
    "rules",
    [
        [(f"Host(`{WWW}`)", [service("frontend-service", weight=99), service("backend-service", weight=1)])],
        [FINE, (f"Host(`{WWW}`) && PathPrefix(`/consulting`)", BACKEND)],
        [FINE, ("PathPrefix(`/products`)", BACKEND)],
        [FINE, ("HostRegexp(`^w.+[.]example[.]test$`)", BACKEND)],
        [FINE, (f'Host("api.example.test") || Host("{WWW}")', BACKEND)],
        [FINE, ("!Host(`api.example.test`)", BACKEND)],
        [FINE, ("Host(`status.example.test`) || PathPrefix(`/products`)", BACKEND)],
        [FINE, ("(Host(`status.example.test`) || PathPrefix(`/products`)) && Method(`GET`)", BACKEND)],
        [FINE, ("Host(`WWW.example.test`)", BACKEND)],
        [FINE, ("HostRegexp(`^(?P<a>[a-z]+)(?<b>x`)", BACKEND)],
        [FINE, ("Host(`www.example.test.`)", BACKEND)],
        [FINE, ("host(`www.example.test`) && path(`/x`)", BACKEND)],
        [(f"Host(`{WWW}`)", [service("weighted", kind="TraefikService")])],
        [(f"Host(`{WWW}`)", [service("frontend-service", namespace="elsewhere")])],
        [("Host(`api.example.test`)", BACKEND)],
    ],
)
def test_a_route_that_leads_elsewhere_is_seen(rules):
    assert route_rules.leads_elsewhere(route(*rules), WWW, FRONTEND)


@pytest.mark.parametrize(
    ("match", "seen"),
    [
        ("Host(`w`)", []),
        ('(Host(`w`) || host(`v`)) && (PathPrefix(`/Method(GET)`) || Path("/!Query(`a`)"))', []),
        ("Host(`w`) && (Method(`GET`) || Method(`POST`))", ["Method", "Method"]),
        ("Host(`w`) && !ClientIP(`203.0.113.0/24`)", ["!ClientIP"]),
        ("Host(`w`) && !Query(`utm_source`, `mail`)", ["!Query"]),
        ("Host(`w`) && ! PathPrefix(`/admin`)", ["!PathPrefix"]),
        ("Host(`w`) && !(Path(`/a`) || Path(`/b`))", ["!(...)"]),
    ],
)
def test_what_tells_requests_for_a_host_apart_is_seen(match, seen):
    (rule,) = route((match, [service("frontend-service")]))
    assert rule.untried == seen
    rules = route(FINE, (f"Host(`{WWW}`) && {match.replace('Host(`w`)', f'Host(`{WWW}`)')}", FINE[1]))
    assert bool(route_rules.leads_elsewhere(rules, WWW, FRONTEND)) is bool(seen)


def test_what_a_rule_of_another_host_tells_apart_is_its_own_business():
    rules = route(FINE, ("Host(`argocd.example.test`) && Header(`Content-Type`, `application/grpc`)", BACKEND))
    assert route_rules.leads_elsewhere(rules, WWW, FRONTEND) == []


def test_a_right_route_beside_others_is_let_pass():
    rules = route(FINE, ("Host(`api.example.test`)", BACKEND))
    assert route_rules.leads_elsewhere(rules, WWW, FRONTEND) == []
    assert route_rules.hosts(rules) == ["api.example.test", WWW]


@pytest.mark.parametrize(
    ("match", "takes", "named"),
    [
        ("Host(`www.example.test`)", True, True),
        ("Host(`api.example.test`) && (Path(`/a`) || PathPrefix(`/b || c`))", False, True),
        ("(Path(`/a`) || PathPrefix(`/b`)) && Host(`www.example.test`)", True, True),
        ("Host(`api.example.test`) || Host(`auth.example.test`)", False, True),
        ("Host(`api.example.test`) || PathPrefix(`/a`)", True, False),
        ("HostRegexp(`^api[.]`)", False, False),
        ("host(`www.example.test`)", True, True),
        ("HOST(`api.example.test`) && PATHPREFIX(`/a`)", False, True),
        ("hostregexp(`^www[.]`)", True, False),
        ("Host(`www.example.test.`)", True, True),
        ("PathPrefix(`/(a`)", True, False),
    ],
)
def test_what_a_match_takes(match, takes, named):
    (rule,) = route((match, BACKEND))
    assert rule.may_take(WWW) is takes
    assert bool(route_rules.unnamed_hosts([rule])) is not named


def test_middlewares_are_of_the_routes_namespace_or_of_the_one_they_name():
    rule = {"match": "Host(`a`)", "middlewares": [{"name": "retry"}, {"name": "strip", "namespace": "elsewhere"}]}
    (found,) = route_rules.rules_of({"metadata": {"name": "a", "namespace": "default"}, "spec": {"routes": [rule]}})
    assert found.middlewares == ("default/retry", "elsewhere/strip")


class Cluster:
    """An API with objects by the plural of their kind."""

    def __init__(self, **items):
        self.items = items
        self.custom = self

    def list_cluster_custom_object(self, group, version, plural):
        """The objects; 404 where the kind is not known."""
        if plural not in self.items:
            raise ApiException(status=404)
        return {"items": self.items[plural]}


def test_other_kinds_of_routes_are_seen():
    past = {"metadata": {"namespace": "default", "name": "past"}}
    own = {"metadata": {"namespace": "scenario-1", "name": "own"}}
    assert route_rules.other_routes(Cluster(ingressroutetcps=[past, own])) == ["ingressroutetcps default/past"]
    assert route_rules.other_routes(Cluster(ingresses=[])) == []


@pytest.mark.parametrize(
    ("entry_points", "said"),
    [
        (["websecure"], []),
        (["web"], ["default/a is attached to the entry points ['web']"]),
        (["web", "websecure"], ["default/a is attached to the entry points ['web', 'websecure']"]),
        (None, ["default/a is attached to the entry points (all)"]),
    ],
)
def test_a_route_that_takes_requests_in_clear_is_seen(entry_points, said):
    spec = {"routes": [{"match": FINE[0], "services": FINE[1]}], "entryPoints": entry_points}
    rules = route_rules.rules_of({"metadata": {"name": "a", "namespace": "default"}, "spec": spec})
    assert route_rules.taken_in_clear(rules) == said


def test_a_rule_in_another_spelling_names_the_same():
    (rule,) = route(("host(`WWW.example.test.`) && (pathprefix(`/a`) || PATH(`/b`))", BACKEND))
    assert (rule.hosts, rule.paths, rule.untried) == ([WWW], ["/a", "/b"], [])


@pytest.mark.parametrize(("options", "count"), [([], 2), (["--entryPoints.websecure.asDefault=true"], 0)])
def test_routes_that_name_no_entry_point_get_those_that_are_the_default(monkeypatch, options, count):
    spec = {"containers": [{"args": options}]}
    for name, found in (("running_specs", {"traefik-1": spec}), ("production_spec", spec)):
        monkeypatch.setattr(route_rules, name, lambda _, found=found: found)
    for name in ("all_rules", "production_rules"):
        monkeypatch.setattr(route_rules, name, lambda _: route(FINE))
    assert len(route_rules.in_clear(SimpleNamespace(cluster=None))) == count
    named = route_rules.Rule("a", "default", FINE[0], entry_points=("web",))
    assert route_rules.taken_in_clear([named], ("websecure",))


def test_the_routes_of_the_platform_take_none():
    folders = (ROOT / "k8s" / "ingress" / "base", ROOT / "k8s" / "argocd" / "route")
    files = [file for folder in folders for file in folder.glob("*ingressroute.yaml")]
    rules = [rule for file in files for item in documents(file.read_text()) for rule in route_rules.rules_of(item)]
    assert len(rules) >= 4 and not route_rules.taken_in_clear(rules)


def test_a_namespace_that_is_called_like_a_scenarios_hides_no_route():
    def items(*places):
        spec = {"routes": [{"match": "PathPrefix(`/x`)", "services": [service("a")]}]}
        return {"items": [{"metadata": {"name": "r", "namespace": place}, "spec": spec} for place in places]}

    found = items("scenario-0a1b2c", "scenarios", "scenario-tools", "default")
    cluster = SimpleNamespace(custom=SimpleNamespace(list_cluster_custom_object=lambda *_: found))
    assert [rule.namespace for rule in route_rules.other_rules(cluster)] == ["scenarios", "scenario-tools"]
    assert [rule.namespace for rule in route_rules.platform_rules(cluster)] == ["default"]
    every = route_rules.all_rules(cluster)
    assert [rule.namespace for rule in every] == ["default", "scenarios", "scenario-tools"]
    assert len(route_rules.taken_in_clear(every)) == len(route_rules.unnamed_hosts(every)) == 3
