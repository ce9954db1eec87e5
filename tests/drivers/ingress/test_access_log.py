"""Which pod received a request is read from the access log."""

import json
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.base.waiting import TimedOut
from acceptance.drivers.ingress import (
    access_log,
)


def test_headers_that_are_too_large_for_somebody_are_seen_before_anybody_waits_for_a_log():
    marked = access_log.MarkedRequests(asked={"mark-a": "GET /", "mark-b": "GET /x"})
    marked.answers = {"mark-a": SimpleNamespace(status_code=200), "mark-b": SimpleNamespace(status_code=431)}
    assert access_log.by_pod(None, marked, {}) == ({}, ["GET /x with headers of 8 KiB: 431"])
    assert 7_500 < sum(len(name) + len(value) for name, value in access_log.LARGE.items()) < 8_192


def test_who_was_asked_is_read_from_the_access_log():
    lines = [
        json.dumps({"RequestPath": "/products?mark-aa", "ServiceAddr": "10.0.0.1:3000"}),
        json.dumps({"RequestPath": "/x?mark-bb"}),
        json.dumps({"RequestPath": "/x?mark-of-somebody-else", "ServiceAddr": "10.0.0.9:3000"}),
    ]
    assert access_log.addresses(lines, ["mark-aa", "mark-bb", "mark-cc"]) == {"mark-aa": "10.0.0.1", "mark-bb": ""}


class Users:
    """A client that notes the paths of its requests."""

    def __init__(self):
        self.paths = []

    def request(self, method, address, **_):
        self.paths.append(urlsplit(requests.Request(method, address).prepare().url).path)
        return SimpleNamespace(status_code=200)


def test_characters_that_paths_have_encoded_are_sent_as_they_are(monkeypatch):
    monkeypatch.setattr(access_log, "answered", lambda *_: None)
    users = Users()
    environment = SimpleNamespace(
        domain="example.test", services=SimpleNamespace(graphql_path="/graphql", nonce_path="/nonce", siwe_path="/siwe")
    )
    monkeypatch.setattr(access_log, "known_paths", lambda _: {"api": ["/health"]})
    marked = access_log.send_everywhere(users, environment, "api", [])
    (path,) = [path for path in users.paths if "%" in path]
    assert path.endswith("/a%2Fb%2520c%23d%3Fe%3Bf") and len(marked.asked) == len(users.paths)


def test_a_request_that_no_pod_gets_is_named(monkeypatch):
    monkeypatch.setattr(access_log, "LOGS_READABLE", Deadline(0.2, "a test"))
    monkeypatch.setattr(access_log, "check_is_readable", lambda _: None)
    monkeypatch.setattr(access_log, "entries", lambda *_: [json.dumps({"RequestPath": "/?mark-a", "ServiceAddr": ""})])
    monkeypatch.setattr(access_log, "pods", lambda _: ["traefik-1"])
    monkeypatch.setattr(access_log, "rotated", lambda *_: "")
    marked = access_log.MarkedRequests(asked={"mark-a": "GET /", "mark-b": "GET /x/a%2Fb"})
    with pytest.raises(TimedOut, match="1 of 2 marked requests logged, not GET /x/a%2Fb"):
        access_log.wait_addresses(None, marked)
    # Traefik's log was rotated meanwhile.
    monkeypatch.setattr(access_log, "rotated", lambda *_: '{"RequestPath": "/x?mark-b", "ServiceAddr": "10.0.0.1:1"}\n')
    assert access_log.wait_addresses(None, marked) == {"mark-a": "", "mark-b": "10.0.0.1"}


USUAL = ["--accesslog=true", "--accesslog.format=json"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (USUAL, ""),
        (["--accessLog.format=json"], ""),
        ([*USUAL, "--accessLog.fields.headers.defaultMode=keep", "--accessLog.bufferingSize=0"], ""),
        ([*USUAL, "--accessLog.fields.names.ClientUsername=drop"], ""),
        (["--accesslog=true"], "--accesslog.format="),
        ([], "--accesslog="),
        (["--accesslog=false"], "--accesslog=false"),
        (["--accesslog=true", "--accesslog.format=common"], "--accesslog.format=common"),
        ([*USUAL, "--accessLog.filePath=/data/access.log"], "--accesslog.filepath=/data/access.log"),
        ([*USUAL, "--accessLog.filters.statusCodes=400-599"], "--accesslog.filters.statuscodes=400-599"),
        ([*USUAL, "--accessLog.fields.defaultMode=drop"], "--accesslog.fields.defaultmode=drop"),
        (
            [
                *USUAL,
                *(
                    f"--accessLog.fields.{name}"
                    for name in ("defaultMode=drop", "names.RequestPath=keep", "names.ServiceAddr=keep")
                ),
            ],
            "",
        ),
        ([*USUAL, "--accessLog.fields.names.ServiceAddr=drop"], "--accesslog.fields.names.serviceaddr=drop"),
        ([*USUAL, "--entryPoints.websecure.observability.accessLogs=false"], "--entrypoints.websecure.observability"),
    ],
)
def test_an_access_log_that_shows_too_little_is_an_error_at_once(monkeypatch, given, named):
    monkeypatch.setattr(access_log, "running_specs", lambda _: {"traefik-1": {"containers": [{"args": given}]}})
    cluster = SimpleNamespace(custom=SimpleNamespace(list_cluster_custom_object=lambda *_: {"items": []}))
    if not named:
        access_log.check_is_readable(cluster)
        return
    with pytest.raises(UserError) as told:
        access_log.wait_addresses(cluster, access_log.MarkedRequests())
    assert named in str(told.value) and "--accesslog.format=json" in told.value.remedy


def test_a_route_whose_requests_are_not_logged_is_an_error_at_once(monkeypatch):
    monkeypatch.setattr(access_log, "running_specs", lambda _: {"traefik-1": {"containers": [{"args": USUAL}]}})
    rule = {"observability": {"accessLogs": False}, "services": [{"name": "frontend-service"}]}
    route = {"metadata": {"namespace": "default", "name": "www"}, "spec": {"routes": [rule]}}
    cluster = SimpleNamespace(custom=SimpleNamespace(list_cluster_custom_object=lambda *_: {"items": [route]}))
    other = {**rule, "services": [{"name": "another"}]}
    assert access_log.not_logged([{**route, "spec": {"routes": [other]}}]) == []
    with pytest.raises(UserError, match="of the IngressRoute www"):
        access_log.check_is_readable(cluster)
