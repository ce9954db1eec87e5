"""Routes that take Argo CD's page away, and leave its API, are told; a second one for gRPC is right."""

from dataclasses import replace

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.drivers.ingress import argocd_route
from acceptance.drivers.ingress.route_rules import Rule

HOST = "argocd.example.test"
OWN = "Host(`argocd.example.test`)"


def rule(match, name="argocd-server"):
    """A rule of a route in Argo CD's namespace."""
    return Rule("argocd", "argocd", match, ({"name": name, "port": 80},))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([rule(OWN)], ""),
        ([rule(f"{OWN} && PathPrefix(`/`)")], ""),
        ([rule(OWN), rule(f"{OWN} && Header(`Content-Type`, `application/grpc`)")], ""),
        ([rule(OWN), rule("PathPrefix(`/`)", "error-page")], ""),
        ([rule(OWN), rule("HostRegexp(`.*`)", "error-page")], "leads to ['argocd/error-page']"),
        ([rule(OWN), rule("Host(`www.example.test`)", "frontend-service")], ""),
        ([rule(OWN), rule(f"{OWN} && Path(`/`)", "argocd-metrics")], "leads to ['argocd/argocd-metrics']"),
        ([rule(f"{OWN} && PathPrefix(`/api`)")], "no rule takes every path"),
        ([rule(f"{OWN} && Path(`/`)")], "no rule takes every path"),
        ([rule(f"{OWN} && !PathPrefix(`/`)")], "no rule takes every path"),
        ([rule(f"{OWN} && Method(`GET`)")], "no rule takes every path"),
        ([rule("Host(`cd.example.test`)")], "no rule takes every path"),
    ],
)
def test_what_leads_past_argocds_server_is_told(rules, said):
    found = "; ".join(argocd_route.taken_elsewhere(rules, HOST))
    assert said in found and bool(found) is bool(said)


MIDDLEWARES = {
    "argocd/slow": {"rateLimit": {"average": 5, "burst": 10}},
    "argocd/few": {"inFlightReq": {"amount": 2}},
    "argocd/office": {"ipAllowList": {"sourceRange": ["10.0.0.0/8"]}},
    "argocd/login": {"forwardAuth": {"address": "https://login.example.test"}},
    "argocd/safe": {"headers": {"stsSeconds": 31536000}},
    "argocd/all": {"chain": {"middlewares": [{"name": "office"}, {"name": "more", "namespace": "edge"}]}},
    "argocd/loop": {"chain": {"middlewares": [{"name": "loop"}]}},
    "edge/more": {"buffering": {"maxRequestBodyBytes": 1024}},
}
OPTIONS = {
    "argocd/modern": {"minVersion": "VersionTLS13"},
    "edge/known": {"clientAuth": {"secretNames": ["ca"]}},
    "argocd/usual": {"minVersion": "VersionTLS12"},
}


@pytest.mark.parametrize(
    ("names", "tls", "said"),
    [
        ((), {}, ""),
        (("argocd/office", "argocd/login", "argocd/safe"), {}, ""),
        (("argocd/loop",), {}, ""),
        (("argocd/slow",), {}, "rateLimit"),
        (("argocd/safe", "argocd/few"), {}, "inFlightReq"),
        (("argocd/all",), {}, "buffering"),
        ((), {"options": {"name": "modern"}}, "VersionTLS13"),
        ((), {"options": {"name": "known", "namespace": "edge"}}, "clientAuth"),
        ((), {"options": {"name": "usual"}}, ""),
        ((), {"options": {"name": "gone"}}, ""),
    ],
)
def test_what_turns_users_away_is_told(names, tls, said):
    own = replace(rule(OWN), middlewares=names, tls=tls)
    other = replace(rule("Host(`www.example.test`)", "frontend-service"), middlewares=("argocd/slow",))
    found = argocd_route.turns_away([own, other], HOST, MIDDLEWARES, OPTIONS)
    assert said in "; ".join(found) and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        ("Path(`/api/v1/session`)", False),
        ("PathPrefix(`/api/v1/session`)", False),
        ("PathPrefix(`/api`)", True),
        ("!PathPrefix(`/api/v1/session`)", True),
        ("(Path(`/api/v1/session`) || Path(`/`))", True),
    ],
)
def test_a_limit_for_signing_in_alone_is_right(path, is_told):
    limited = replace(rule(f"{OWN} && {path}"), middlewares=("argocd/slow",))
    assert bool(argocd_route.turns_away([limited], HOST, MIDDLEWARES, OPTIONS)) is is_told


def test_middlewares_of_entry_points_are_looked_at_too():
    found = [("all of websecure goes through a", ["rateLimit"]), ("all of websecure goes through b", ["headers"])]
    assert argocd_route.hindering(found) == ["all of websecure goes through a"]


class Server:
    """Argo CD, which shows these pages one after the other."""

    def __init__(self, *pages):
        self.pages = list(pages)

    def base(self):
        return "https://argocd.example.test"

    def page(self):
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]


def test_the_page_at_the_host_is_that_of_the_server(monkeypatch):
    monkeypatch.setattr(argocd_route, "ROUTE_READY", Deadline(0.3, "a test"))
    ui, placeholder, lost = (200, "<script src=main.js>"), (200, "no UI"), (404, "404 page not found")
    for page in (ui, placeholder):
        assert argocd_route.wait_same_page(Server(lost, page), Server(page)).startswith("200")
    with pytest.raises(TimedOut, match="404"):
        argocd_route.wait_same_page(Server(lost), Server(placeholder))
