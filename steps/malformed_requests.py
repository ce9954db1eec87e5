"""Malformed requests, to every public endpoint, over HTTPS through the load balancer."""

import ssl
from collections import Counter

from pytest_bdd import parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.environment import LongLivedSettings
from acceptance.clients.raw_http import exchange
from acceptance.clients.web import url
from acceptance.drivers.malformed import WITHIN, faults, malformed, no_tokens, send_all
from acceptance.drivers.routing import HINT, answered

SHOWN = 20


@when(parsers.parse("each public endpoint is sent at least {count:d} malformed requests"), target_fixture="sent")
def send_malformed(users, environment, outputs, count, evidence):
    requests = malformed(environment.services, environment.domain)
    by_endpoint = Counter(str(request.endpoint) for request in requests)
    assert min(by_endpoint.values()) >= count, f"expected {count} or more for each endpoint, there are {by_endpoint}"
    for host in {request.endpoint.host for request in requests}:
        # Its certificate may not have been issued yet.
        answered(users, "GET", url(environment.domain, host))
    trust = ssl.create_default_context(cafile=users.verify if isinstance(users.verify, str) else None)
    settings, balancer = environment.infrastructure, outputs.load_balancer
    by_dns = isinstance(settings, LongLivedSettings) and settings.load_balancer is None

    def send(host, data):
        name = f"{host}.{environment.domain}"
        address = (name, 443) if by_dns else (balancer.address, balancer.https_port)
        return exchange(address, data, within=WITHIN, tls=trust, name=name)

    sent = send_all(requests, send)
    evidence.add("malformed requests by endpoint", dict(by_endpoint))
    evidence.add("answers by status", dict(Counter(str(answer.status) for _, answer in sent)))
    return sent


@then("each was answered with 2xx, 3xx or 4xx")
def each_was_answered(sent):
    found = faults(sent)
    shown = "\n".join(found[:SHOWN])
    assert not found, (
        f"{len(found)} of {len(sent)} malformed requests were not answered as they should:\n{shown}\nTry: {HINT}"
    )


@then("no malformed bearer token is accepted")
def bearers_were_refused(sent, environment):
    asked = no_tokens(sent, environment.services)
    other = [
        f"{request.endpoint} with {request.what}: {answer.status} {answer.body[:200]}"
        for request, answer in asked
        if not is_refusal(answer)
    ]
    assert asked and not other, f"expected a refusal of each, saw {other[:SHOWN]}"


def is_refusal(answer):
    """Whether an answer says no: by a status, or as GraphQL may, by errors without data under 200."""
    if answer.status is not None and 400 <= answer.status < 500:
        return True
    body = as_json(answer.body) if answer.status == 200 else {}
    return bool(body.get("errors")) and not any((body.get("data") or {}).values())
