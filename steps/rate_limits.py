"""The rate limit of auth, and the counters that it keeps in Redis."""

import json
import secrets

from pytest_bdd import given, then, when

from steps.tokens import LOGS

MAXIMUM = 100
"""Calls after which a client gives up to be refused."""


class Client:
    """A client that the rate limit tells from all others."""

    def __init__(self, api, environment, data_client, name):
        self.api = api
        self.settings = environment.services
        self.redis = data_client
        self.name = name
        self.key = self.settings.rate_limit_key.format(client=name)
        self.calls = 0
        self.counted = {}
        self.last = None

    def call(self):
        """Call once; return the status."""
        self.last = self.api.get(self.settings.nonce_path, headers={self.settings.client_header: self.name})
        self.calls += 1
        return self.last.status_code

    def counter(self):
        """Its counter, as Redis has it."""
        value = json.loads(self.redis("redis", "env:REDIS_URL", "GET", self.key))
        return None if value is None else int(value)

    def clear(self):
        """Remove its counter."""
        self.redis("redis", "env:REDIS_URL", "DEL", self.key)


@given("a client that calls for the first time", target_fixture="client")
def new_client(auth_api, environment, data_client):
    client = Client(auth_api, environment, data_client, f"scenario-{secrets.token_hex(6)}")
    assert client.counter() is None, f"{client.key} exists in Redis before the first call"
    yield client
    client.clear()


@when("it calls until auth has had enough")
def call_often(client):
    while client.calls < MAXIMUM and client.call() == 200:
        if client.calls in (1, 5):
            client.counted[client.calls] = client.counter()
    client.counted[client.calls] = client.counter()


@then("it got 429, and was told when to call again")
def got_429(client, evidence):
    answer = client.last
    retry = answer.headers.get("Retry-After", "")
    evidence.add("the last call", {"calls": client.calls, "status": answer.status_code, "Retry-After": retry})
    assert answer.status_code == 429, f"expected 429 within {MAXIMUM} calls, saw {answer.status_code}. Try: {LOGS}"
    assert retry.isdigit() and int(retry) > 0, f"expected Retry-After in seconds, saw {retry!r}"


@then("its counter in Redis went up with each call")
def counter_went_up(client, evidence):
    evidence.add("counter by calls", client.counted)
    wrong = {calls: seen for calls, seen in client.counted.items() if seen != calls}
    assert not wrong, f"expected {client.key} to be the number of calls, saw {wrong} (calls: counter)"


@then("another client is answered")
def another_client(auth_api, environment, data_client):
    other = Client(auth_api, environment, data_client, f"scenario-{secrets.token_hex(6)}")
    try:
        status = other.call()
    finally:
        other.clear()
    assert status == 200, f"expected another client to be answered with 200, saw {status}"


@when("its counter is removed")
def remove_counter(client):
    client.clear()


@then("it is answered again")
def answered_again(client):
    status = client.call()
    assert status == 200, f"expected 200 after the counter was removed, saw {status}"
