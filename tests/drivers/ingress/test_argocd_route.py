"""Routes that take Argo CD's page away, and leave its API, are told; a second one for gRPC is right."""

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
