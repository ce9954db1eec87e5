"""Malformed requests to the services' public endpoints: what a scanner, a broken client or a fuzzer sends.

Each must be answered with 2xx, 3xx or 4xx; anything else is a fault. Left out are requests that HTTP itself answers
with a 5xx (another version: 505, another transfer coding: 501; RFC 9110), and incomplete ones: a server waits for more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.raw_http import Answer
from acceptance.drivers.api.malformed_bodies import BODIES, VALUES
from acceptance.drivers.api.malformed_documents import documents
from acceptance.drivers.api.malformed_headers import METHODS, TAILS, TOKENS, headers
from acceptance.drivers.api.malformed_sign_ins import Challenged, sign_ins

WITHIN = 5.0
"""Seconds that an answer may take."""
PARALLEL = 4
ADDRESS = "0x" + "1" * 40
"""The address of a wallet beside other fields that are malformed."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the services at a host, and the JSON fields that it accepts."""

    host: str
    method: str
    path: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.host} {self.path}"


@dataclass(frozen=True)
class Malformed:
    """A malformed request: its endpoint, what is wrong with it, and its bytes."""

    endpoint: Endpoint
    what: str
    data: bytes


class Send(Protocol):
    """Sends the bytes of a request to a host."""

    def __call__(self, host: str, data: bytes) -> Answer: ...


def endpoints(settings: ServiceSettings) -> list[Endpoint]:
    """Every public endpoint of the three services."""
    graphql = ("query", "variables", "operationName", "extensions")
    begins = Endpoint("auth", "GET", settings.nonce_path)
    signed: tuple[str, ...] = ("message", "signature")
    if settings.sign_in == "challenge":
        begins, signed = Endpoint("auth", "POST", settings.nonce_path, ("address",)), ("address", *signed)
    return [
        Endpoint("www", "GET", "/"),
        Endpoint("www", "GET", "/products/web-services"),
        Endpoint("api", "GET", "/health"),
        Endpoint("api", "GET", settings.graphql_path),
        Endpoint("api", "POST", settings.graphql_path, graphql),
        Endpoint("auth", "GET", settings.auth_health_path),
        begins,
        Endpoint("auth", "POST", settings.siwe_path, signed),
        Endpoint("auth", "POST", settings.validate_path, ("token",)),
    ]


def malformed(settings: ServiceSettings, domain: str, challenged: Challenged | None = None) -> list[Malformed]:
    """Every malformed request to every public endpoint.

    `challenged`: a wallet with its message, where auth writes what wallets sign.
    """
    return [request for endpoint in endpoints(settings) for request in to(endpoint, settings, domain, challenged)]


def to(
    endpoint: Endpoint, settings: ServiceSettings, domain: str, challenged: Challenged | None = None
) -> Iterator[Malformed]:
    """The malformed requests to an endpoint."""
    host = f"{endpoint.host}.{domain}"
    numbers = iter(range(1_000_000))

    def made(
        what: str,
        method: str = "",
        tail: str = "",
        headers: Iterable[tuple[str, bytes]] = (),
        body: bytes | None = None,
    ) -> Malformed:
        """A request with only the named fault. For the rate limit, each comes from a different client."""
        chosen = {"Host": host.encode()}
        if settings.client_header:
            chosen[settings.client_header] = f"malformed-{next(numbers)}".encode()
        if body is not None:
            chosen |= {"Content-Type": b"application/json", "Content-Length": str(len(body)).encode()}
        chosen |= dict(headers)
        chosen["Connection"] = b"Upgrade" if "Upgrade" in chosen else b"close"
        lines = [f"{method or endpoint.method} {endpoint.path}{tail} HTTP/1.1".encode()]
        lines += [name.encode() + b": " + value for name, value in chosen.items()]
        return Malformed(endpoint, what, b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""))

    ordinary = {"query": settings.protected_query} if "query" in endpoint.fields else {}
    body = json.dumps(ordinary).encode() if endpoint.fields else None
    for method in METHODS:
        if method != endpoint.method:
            yield made(f"the method {method}", method, body=body)
    for what, tail in TAILS.items():
        yield made(what, tail=tail, body=body)
    for name, values in headers(settings.client_header).items():
        for what, value in values:
            yield made(f"{name}: {what}", headers=[(name, value)], body=body)
    yield made("a header that is not one", headers=[("a b", b"c")], body=body)
    yield made("500 headers", headers=[(f"X-{number}", b"a") for number in range(500)], body=body)
    yield made("a body where none belongs", body=b"x" * 1000)
    if not endpoint.fields:
        return
    for what, text in BODIES.items():
        yield made(what, body=text)
    for field in endpoint.fields:
        others = {"query": "{ __typename }"} if "query" in endpoint.fields and field != "query" else {}
        others |= dict.fromkeys((name for name in ("message", "signature") if name in endpoint.fields), "x")
        others |= {"address": ADDRESS} if "address" in endpoint.fields else {}
        others.pop(field, None)
        rest = "".join(f", {json.dumps(key)}: {json.dumps(value)}" for key, value in others.items()).encode()
        for what, value in VALUES.items():
            yield made(f"{field}: {what}", body=b"{" + json.dumps(field).encode() + b": " + value + rest + b"}")
    if "query" in endpoint.fields:
        for what, document in documents(settings).items():
            yield made(f"a document with {what}", body=json.dumps({"query": document}).encode())
    if "token" in endpoint.fields:
        for what, token in TOKENS.items():
            yield made(f"a token with {what}", body=json.dumps({"token": token}).encode())
    if "signature" in endpoint.fields:
        for what, sign_in in sign_ins(domain, challenged):
            yield made(what, body=json.dumps(sign_in).encode())


def send_all(requests: list[Malformed], send: Send) -> list[tuple[Malformed, Answer]]:
    """Send requests, several at a time; return each with its answer."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = pool.map(lambda request: send(request.endpoint.host, request.data), requests)
        return list(zip(requests, answers, strict=True))


def faults(answered: list[tuple[Malformed, Answer]]) -> list[str]:
    """The requests that were answered wrongly, in words: not with 2xx to 4xx, not in time, or with a traceback."""
    found = []
    for request, answer in answered:
        if answer.status is None:
            seen = f"no answer ({answer.body})"
        elif not 200 <= answer.status < 500:
            seen = f"{answer.status}: {answer.body[:200]}"
        elif "Traceback (most recent call last)" in answer.body:
            seen = f"{answer.status} with a traceback"
        elif answer.seconds > WITHIN:
            seen = f"{answer.status} after {answer.seconds:.0f} s"
        else:
            continue
        found.append(f"{request.endpoint} with {request.what}: {seen}")
    return found


def no_tokens(answered: list[tuple[Malformed, Answer]], settings: ServiceSettings) -> list[tuple[Malformed, Answer]]:
    """The requests whose bearer is no token, to the endpoints that take one: validation and the protected query."""
    asked = {("api", "POST", settings.graphql_path), ("auth", "POST", settings.validate_path)}
    return [
        (request, answer)
        for request, answer in answered
        if (request.endpoint.host, request.endpoint.method, request.endpoint.path) in asked
        and request.what.startswith("Authorization: ")
        # HTTP itself forbids control characters in a header (RFC 9110, 5.5): a proxy in front may answer 400.
        and "control character" not in request.what
    ]
