"""The answers behind the routes that scenarios create."""

import json
from types import SimpleNamespace
from types import SimpleNamespace as Thing

import pytest
import requests
from route_stand_ins import WWW, service

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
    custom = Thing(create_namespaced_custom_object=lambda *arguments: made.append(arguments))
    namespace = Thing(name="scenario-x", cluster=Thing(custom=custom))
    server = Thing(namespace=namespace)
    host = scenario_routes.create_route(server, load_environment("production"))
    assert host.endswith(".acceptance.alternatefutures.ai")
    assert scenario_routes.create_route(server, load_environment("kind")).count(".") == 2
