"""Clients that ask at once, held against services that take only one at a time."""

import threading
import time

import pytest
import requests
from tests_support import json_answer

from acceptance.drivers.services.concurrent_calls import not_answered


class Health:
    """A service that answers `at_once` clients and is busy for the others; `breaks` lets it hang up on them."""

    def __init__(self, at_once, breaks=False):
        self.at_once, self.breaks, self.asked, self.calls = at_once, breaks, 0, []
        self.lock = threading.Lock()

    def get(self, path, headers):
        with self.lock:
            self.asked += 1
            busy = self.asked > self.at_once
            self.calls.append(headers.get("Connection", "close"))
        time.sleep(0.02)
        with self.lock:
            self.asked -= 1
        if busy and self.breaks:
            raise requests.ConnectionError("hung up")
        return json_answer(503 if busy else 200, {})


def test_a_service_that_answers_all_of_them_is_right():
    service = Health(8)
    assert not_answered(service, "/health", 200, 8) == []
    assert service.calls == ["keep-alive"] * 8 + ["close"] * 8


@pytest.mark.parametrize(("breaks", "says"), [(False, "503"), (True, "no answer (ConnectionError: hung up)")])
def test_a_service_that_is_busy_is_seen(breaks, says):
    found = not_answered(Health(1, breaks), "/health", 200, 8)
    assert found and says in found[0]
