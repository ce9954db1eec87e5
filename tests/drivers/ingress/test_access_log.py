"""Which pod received a request is read from the access log."""

import json
from types import SimpleNamespace

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
