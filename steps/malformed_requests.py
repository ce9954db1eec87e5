"""Malformed requests, to every public endpoint, over HTTPS through the load balancer."""

from collections import Counter

from pytest_bdd import parsers, then, when

from acceptance.drivers.api import odd_subjects
from acceptance.drivers.api.malformed_over_https import challenged, is_refusal, sender
from acceptance.drivers.api.malformed_requests import faults, malformed, no_tokens, send_all
from acceptance.drivers.ingress.scenario_routes import HINT

SHOWN = 20


@when(parsers.parse("each public endpoint is sent at least {count:d} malformed requests"), target_fixture="sent")
def send_malformed(users, environment, outputs, count, evidence):
    requests = malformed(environment.services, environment.domain, challenged(users, environment))
    by_endpoint = Counter(str(request.endpoint) for request in requests)
    assert min(by_endpoint.values()) >= count, f"expected {count} requests for each endpoint, saw {by_endpoint}"
    sent = send_all(requests, sender(users, environment, outputs, {request.endpoint.host for request in requests}))
    evidence.add("malformed requests by endpoint", dict(by_endpoint))
    evidence.add("answers by status", dict(Counter(str(answer.status) for _, answer in sent)))
    return sent


@then("each was answered with 2xx, 3xx or 4xx")
def each_was_answered(sent):
    found = faults(sent)
    shown = "\n".join(found[:SHOWN])
    assert not found, (
        f"expected 2xx, 3xx or 4xx, but {len(found)} of {len(sent)} malformed requests got something else:\n{shown}\n"
        f"Try: {HINT}"
    )


@then("no malformed bearer token is accepted")
def bearers_were_refused(sent, environment):
    asked = no_tokens(sent, environment.services)
    other = [
        f"{request.endpoint} with {request.what}: {answer.status} {answer.body[:200]}"
        for request, answer in asked
        if not is_refusal(request, answer, environment.services)
    ]
    assert asked and not other, f"expected a refusal of each malformed bearer token, saw {other[:SHOWN] or 'none sent'}"


@then("signed JWTs without a subject, or with an odd one, break nothing")
def odd_subjects_break_nothing(auth_api, jwt_secret, environment):
    wrong = odd_subjects.broken_by(auth_api, environment.services, jwt_secret)
    assert not wrong, f"expected an answer below 500 about each signed JWT, saw {wrong}. Try: {HINT}"
