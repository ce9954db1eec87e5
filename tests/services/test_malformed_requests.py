"""The reference services' images, tested with requests that no well-behaved client sends."""

import json
import time
from collections import Counter

import jwt
import pytest
import running_services
from running_services import SECRET

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.malformed_requests import faults, malformed, no_tokens, send_all
from acceptance.drivers.api.malformed_sign_ins import signatures
from acceptance.drivers.api.wallet import Wallet

SETTINGS = ServiceSettings()
DOMAIN = "example.test"


@pytest.fixture(scope="module")
def services():
    """The three services, once each answers."""
    with running_services.running() as services:
        until = time.monotonic() + 30
        for host, path in (("auth", "/live"), ("api", "/live"), ("www", "/")):
            while ask(services, host, "GET", path)[0] != 200:
                assert time.monotonic() < until, f"{host} does not answer: {services.log(host)[-2000:]}"
                time.sleep(0.1)
        yield services


@pytest.fixture(scope="module")
def sent(services):
    """Every malformed request, with its answer."""
    return send_all(malformed(SETTINGS, DOMAIN), services.send)


def ask(services, host, method, path, body=None, token=None):
    """Status and body of a request in which nothing is wrong."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}.{DOMAIN}", "Connection: close", f"Content-Length: {len(data)}"]
    lines += ["Content-Type: application/json"] if data else []
    lines += [f"Authorization: Bearer {token}"] if token else []
    answer = services.send(host, "\r\n".join([*lines, "", ""]).encode() + data)
    return answer.status, answer.body


def sign_in(services, change=lambda message: message):
    """Status and answer of a sign-in with a nonce of auth's, whose message was changed before it was signed."""
    wallet = Wallet()
    nonce = json.loads(ask(services, "auth", "GET", SETTINGS.nonce_path)[1])["nonce"]
    message = change(wallet.message(f"www.{DOMAIN}", nonce))
    body = {"message": message, "signature": wallet.sign(message)}
    status, answer = ask(services, "auth", "POST", SETTINGS.siwe_path, body)
    return status, json.loads(answer)


def test_each_public_endpoint_gets_a_hundred_malformed_requests(sent):
    counts = Counter(str(request.endpoint) for request, _ in sent)
    assert len(counts) == 9 and min(counts.values()) >= 100, counts


def test_malformed_requests_are_answered_with_2xx_to_4xx(sent):
    assert faults(sent) == []


def test_what_is_no_bearer_token_is_answered_with_401(sent):
    found = no_tokens(sent, SETTINGS)
    # uvicorn's parser answers 400 itself to a header of more than 16 KiB that arrives in pieces.
    right = {request.what: {401, 400} if "30000" in request.what else {401} for request, _ in found}
    other = [
        (str(asked.endpoint), asked.what, said.status) for asked, said in found if said.status not in right[asked.what]
    ]
    assert len(found) > 50 and other == []


def test_nothing_unexpected_was_logged(sent, services):
    # sent: all of them were answered by now.
    for service in ("auth", "backend"):
        lines = [
            line for line in services.log(service).splitlines() if "Traceback" in line or '"level": "ERROR"' in line
        ]
        assert lines == [], lines[:3]


@pytest.mark.parametrize("body", ["null", '"x"', "[]", "1", "true", '[{"query": "{ __typename }"}]', "NaN"])
def test_what_is_no_graphql_request_is_answered_with_400(services, body):
    head = f"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    assert services.send("api", f"{head}Connection: close\r\n\r\n{body}".encode()).status == 400


def test_larger_bodies_than_a_request_needs_are_answered_with_413(services):
    for host, path in (("api", SETTINGS.graphql_path), ("auth", SETTINGS.siwe_path), ("auth", SETTINGS.validate_path)):
        assert ask(services, host, "POST", path, {"query": "a" * 200_000})[0] == 413


@pytest.mark.parametrize("what", signatures())
def test_what_is_no_signature_is_answered_with_4xx(services, what):
    message = Wallet().message(f"www.{DOMAIN}", "a" * 16)
    body = {"message": message, "signature": signatures()[what]}
    assert ask(services, "auth", "POST", SETTINGS.siwe_path, body)[0] in (401, 422)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(("ahead", "status", "reason"), [(3, 200, None), (30, 401, "not valid yet")])
def test_clocks_may_differ_by_a_little(services, claim, ahead, status, reason):
    now = int(time.time())
    token = jwt.encode({"sub": "0xabc", "exp": now + 60, claim: now + ahead}, SECRET, "HS256")
    seen, body = ask(services, "auth", "POST", SETTINGS.validate_path, token=token)
    assert (seen, json.loads(body).get("reason")) == (status, reason)


@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", ["x", None, [], float("inf"), float("nan")])
def test_times_that_are_none_are_refused(services, claim, value):
    claims = {"sub": "0xabc", "exp": int(time.time()) + 60, claim: value}
    # jwt.encode would refuse them.
    token = jwt.api_jws.encode(json.dumps(claims).encode(), SECRET, "HS256")
    assert ask(services, "auth", "POST", SETTINGS.validate_path, token=token)[0] == 401


GOOD = {
    "as wallets write it": lambda message: message,
    "without a statement": lambda message: message.replace("Sign in to Alternate Futures.\n", ""),
    "without an end": lambda message: message.partition("\nExpiration Time")[0],
    "with a beginning": lambda message: f"{message}\nNot Before: 2020-01-01T00:00:00.000Z",
    "with a request": lambda message: f"{message}\nRequest ID: some-id",
    "with resources": lambda message: f"{message}\nResources:\n- https://a.example/b\n- ipfs://some/thing",
    "with a scheme": lambda message: f"https://{message}",
}


@pytest.mark.parametrize("form", GOOD)
def test_a_good_message_is_accepted_in_every_form(services, form):
    status, answer = sign_in(services, GOOD[form])
    assert status == 201, answer
    query = {"query": SETTINGS.protected_query}
    assert ask(services, "api", "POST", SETTINGS.graphql_path, query, token=answer["jwt"])[0] == 200


def test_a_message_in_another_form_than_the_canonical_one_is_refused(services):
    status, _ = sign_in(services, lambda message: message.replace("Chain ID: 1", "Chain ID: 01"))
    assert status == 400


@pytest.mark.parametrize(
    ("host", "path"), [("auth", "/health"), ("auth", "/api/health"), ("auth", "/ready"), ("api", "/health")]
)
def test_health_is_what_it_was(sent, services, host, path):
    status, body = ask(services, host, "GET", path)
    assert status == 200 and json.loads(body)["status"] == "healthy"
