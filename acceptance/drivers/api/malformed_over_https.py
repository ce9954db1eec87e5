"""Sends malformed requests as users would: over HTTPS, through the load balancer."""

from __future__ import annotations

from collections.abc import Iterable

import requests

from acceptance.base.conditions import as_json
from acceptance.base.environment import Environment
from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.raw_http import Answer, exchange
from acceptance.clients.web import url
from acceptance.drivers.api.malformed_requests import WITHIN, Malformed, Send
from acceptance.drivers.api.malformed_sign_ins import Challenged
from acceptance.drivers.api.sign_in import Challenge, SignIn
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.tls_sockets import trust_of, way_to
from acceptance.drivers.services.service import Api
from acceptance.infrastructure.contract import Outputs


def sender(users: requests.Session, environment: Environment, outputs: Outputs, hosts: Iterable[str]) -> Send:
    """A function that sends bytes to a host, once each of `hosts` answers over HTTPS."""
    for host in hosts:
        answered(users, "GET", url(environment.domain, host))
    trust = trust_of(users)

    def send(host: str, data: bytes) -> Answer:
        name = f"{host}.{environment.domain}"
        return exchange(way_to(environment, outputs, name), data, within=WITHIN, tls=trust, name=name)

    return send


def challenged(users: requests.Session, environment: Environment) -> Challenged | None:
    """A wallet and its message from auth, once auth answers over HTTPS; None where wallets write their message."""
    if environment.services.sign_in != "challenge":
        return None
    answered(users, "GET", url(environment.domain, "auth"))
    visitor = SignIn(Api.over_https(users, environment.domain, "auth"), environment)
    return visitor.wallet, Challenge(visitor).challenge()


def is_refusal(request: Malformed, answer: Answer, settings: ServiceSettings) -> bool:
    """Whether an answer to a bearer is a refusal: a 4xx, or, as GraphQL permits, a 200 with errors and without data.

    Where auth validates, it may be a 200 that says that the token is not valid (`valid_field`), as in 8.9.
    """
    if answer.status is not None and 400 <= answer.status < 500:
        return True
    body = as_json(answer.body) if answer.status == 200 else {}
    if not isinstance(body, dict):
        return False
    if request.endpoint.host == "auth" and request.endpoint.path == settings.validate_path:
        return body.get(settings.valid_field) is False
    return bool(body.get("errors")) and not any((body.get("data") or {}).values())
