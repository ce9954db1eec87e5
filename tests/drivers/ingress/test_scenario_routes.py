"""The answers behind the routes that scenarios create."""

import json
from types import SimpleNamespace
from types import SimpleNamespace as Thing

import pytest
import requests
from route_stand_ins import WWW, route, service

from acceptance.base.environment import load_environment
from acceptance.drivers.ingress import (
    scenario_routes,
)


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("HTTP/1.1 301 Moved Permanently\n443 open", True),
        ("HTTP/1.1 404 Not Found\n443 open", True),
        ("HTTP/1.1 503 Service Unavailable\n443 open", False),
        ("HTTP/1.1 301 Moved Permanently\n443 closed", False),
        ("nc: can't connect\n443 open", False),
    ],
)
def test_what_an_address_answers(text, is_open):
    assert scenario_routes.is_open(text) is is_open


class Web:
    """A session whose answers have these statuses, the last one repeatedly."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def get(self, *_, **__):
        """The next answer."""
        answer = requests.Response()
        answer.status_code = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return answer


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """No test waits for seconds."""
    monkeypatch.setattr(scenario_routes, "STAYS", scenario_routes.Deadline(0.5, "the test"))
    monkeypatch.setattr(scenario_routes, "ROUTE_READY", scenario_routes.Deadline(1, "the test"))


@pytest.mark.parametrize("statuses", [(200, 503, 404), (200, 404, 503), (200, 502, 502, 503), (200,)])
def test_a_503_that_does_not_stay_or_comes_late_is_seen(statuses):
    with pytest.raises(AssertionError):
        scenario_routes.stays_answered_with(Web(*statuses), WWW, 503, before=200)


def test_a_503_that_stays_is_let_pass():
    scenario_routes.stays_answered_with(Web(200, 200, 503), WWW, 503, before=200)


class Pod:
    """A server pod whose requests get an answer, or the error of one."""

    def __init__(self, answer, ready=True):
        self.answer, self.pod, self.namespace, self.cluster, self.core = answer, "server", self, self, self
        subset = SimpleNamespace(addresses=["10.1.0.5"] if ready else None)
        self.endpoints = SimpleNamespace(items=[SimpleNamespace(subsets=[subset])])

    def execute(self, *_):
        """What the probe prints."""
        if isinstance(self.answer, str):
            raise AssertionError(self.answer)
        return json.dumps(self.answer)

    def list_namespaced_endpoints(self, *_, **__):
        """Where the Service leads."""
        return self.endpoints


REFUSED = "/probe http GET in pod server: dial tcp 10.96.0.7:80: connect: connection refused"


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (Pod({"status": 404, "body": ""}), 404),
        (Pod({"status": 400, "body": "GET query missing"}), 400),
        (Pod({"status": 400, "body": "Client sent an HTTP request to an HTTPS server."}), None),
        (Pod(REFUSED, ready=False), scenario_routes.REFUSED),
        # Its pods are ready, and somebody keeps this one from them: nothing was judged.
        (Pod(REFUSED), None),
    ],
)
def test_what_a_service_says_to_plain_http(pod, expected):
    if expected is None:
        with pytest.raises(AssertionError):
            scenario_routes.plain_http_status(pod, "default", service("backend-service"))
    else:
        assert scenario_routes.plain_http_status(pod, "default", service("backend-service")) == expected


def test_host_names_that_scenarios_invent_lie_below_the_wildcard_that_production_makes():
    made = []
    custom = Thing(
        create_namespaced_custom_object=lambda *arguments: made.append(arguments),
        list_cluster_custom_object=lambda *_: {"items": []},
    )
    namespace = Thing(name="scenario-x", cluster=Thing(custom=custom))
    server = Thing(namespace=namespace)
    host = scenario_routes.create_route(server, load_environment("production"))
    assert host.endswith(".acceptance.alternatefutures.ai")
    assert scenario_routes.create_route(server, load_environment("kind")).count(".") == 2


def strict(*options):
    """A cluster with these specs of default TLSOptions."""
    items = [{"metadata": {"name": "default"}, "spec": spec} for spec in options]
    made = []
    custom = Thing(
        create_namespaced_custom_object=lambda *arguments: made.append(arguments[-1]),
        list_cluster_custom_object=lambda *_: {"items": items},
    )
    return Thing(custom=custom, made=made)


@pytest.mark.parametrize(("options", "tls"), [([], {}), ([{"sniStrict": True}], {"certResolver": "letsencrypt"})])
def test_a_host_gets_a_certificate_where_traefik_wants_one_for_each_name(options, tls):
    cluster = strict(*options)
    scenario_routes.create_route(Thing(namespace=Thing(name="scenario-x", cluster=cluster)), load_environment("kind"))
    assert cluster.made[0]["spec"]["tls"] == tls


class Alerting:
    """A session whose every connection ends with this error."""

    def __init__(self, text):
        self.text = text

    def get(self, *_, **__):
        """No answer."""
        raise requests.exceptions.SSLError(self.text)


def test_a_name_without_a_certificate_may_be_refused_where_traefik_is_strict():
    alert = Alerting("[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error")
    assert scenario_routes.statuses_elsewhere(alert, strict({"sniStrict": True}), "https://x") == {404}
    assert scenario_routes.statuses_elsewhere(Web(404), strict(), "https://x") == {404}
    assert scenario_routes.statuses_elsewhere(Web(404, 200), strict({"sniStrict": True}), "https://x") == {404, 200}
    for anyone, cluster in ((alert, strict()), (Alerting("EOF occurred"), strict({"sniStrict": True}))):
        with pytest.raises(AssertionError, match="no answer from https://x"):
            scenario_routes.statuses_elsewhere(anyone, cluster, "https://x")


def test_a_port_that_a_route_calls_by_its_name_is_found():
    spec = Thing(ports=[Thing(name="metrics", port=9090), Thing(name="http", port=3000)])
    cluster = Thing(core=Thing(read_namespaced_service=lambda *_: Thing(spec=spec)))
    assert scenario_routes.number_of(cluster, "default", {"name": "a", "port": "http"}) == "3000"
    assert scenario_routes.number_of(cluster, "default", {"name": "a", "port": 3000}) == "3000"
    assert scenario_routes.number_of(cluster, "default", {"name": "a", "port": "3000"}) == "3000"
    with pytest.raises(AssertionError, match="expected a port web of the Service default/a"):
        scenario_routes.number_of(cluster, "default", {"name": "a", "port": "web"})


def test_what_is_no_service_is_not_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(scenario_routes, "plain_http_status", lambda _, home, item: asked.append((home, item["name"])))
    internal = {"name": "noop@internal", "kind": "TraefikService"}
    rules = route((f"Host(`{WWW}`)", [internal, service("one"), service("two", namespace="elsewhere")]))
    assert len(scenario_routes.plain_http_statuses(None, rules)) == 2
    assert asked == [("default", "one"), ("elsewhere", "two")]
