"""Headers by which a proxy tells a service who a user is, or whence, sent by a client itself. Source: 9.9.

Anybody can send them, so a service that believes them lets anybody in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, ask
from acceptance.drivers.api.graphql_variants import let_in
from acceptance.drivers.api.token_validation import is_yes
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.service import Api, in_words

USER = (
    "X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Forwarded-Email", "X-Auth-Request-User",
    "X-Auth-Request-Email", "X-Auth-User", "X-Auth-Username", "X-Authenticated-User", "X-Authenticated-Userid",
    "Remote-User", "X-Remote-User", "X-User", "X-User-Id", "X-Username", "X-Subject", "X-Sub", "X-Address",
    "X-Wallet-Address", "X-Webauth-User", "X-Consumer-Username", "X-Consumer-Custom-Id", "X-Credential-Identifier",
    "X-Amzn-Oidc-Identity", "X-Goog-Authenticated-User-Email", "X-Goog-Authenticated-User-Id",
    "X-Ms-Client-Principal-Name", "X-Ms-Client-Principal-Id", "Cf-Access-Authenticated-User-Email",
)  # fmt: skip
"""Headers that name the user, of proxies (oauth2-proxy, Kong, Grafana's), clouds and habit."""
FLAGS = {
    "X-Internal-Request": "1", "X-Internal": "true", "X-Authenticated": "true", "X-Admin": "true",
    "X-Debug-Auth": "1", "X-Skip-Auth": "1", "X-User-Role": "admin", "X-Ssl-Client-Verify": "SUCCESS",
    "X-Middleware-Subrequest": ":".join(["middleware"] * 5), "X-Original-Url": "/health", "X-Rewrite-Url": "/health",
}  # fmt: skip
"""Headers that say that somebody else has checked the user already, or that another path is asked for.

Frameworks send themselves the first of the last three (CVE-2025-29927), or take the path from the others.
"""
METHOD = {"X-Http-Method-Override": "GET"}
"""A header by which some frameworks take a POST for another method, which other rules may hold for."""

SOURCE = {
    "X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "127.0.0.1", "X-Client-Ip": "127.0.0.1", "Forwarded": "for=127.0.0.1",
}  # fmt: skip
"""Headers that say that a request comes from the machine itself."""

COOKIES = ("user", "sub", "address", "session", "token")
"""Cookies that name the user, or a session that does."""
PARAMETERS = ("user", "sub", "address")
"""Parameters of a URL that name the user."""


def cookie_of(value: str, names: Sequence[str]) -> str:
    """The value of the header Cookie that gives several cookies one value."""
    return "; ".join(f"{name}={value}" for name in names)


def trusted_senders(site: str) -> dict[str, str]:
    """Headers of a page of the site, by its host name, and of the kubelet's probes, which any client can send."""
    return {"Origin": f"https://{site}", "Referer": f"https://{site}/", "User-Agent": "kube-probe/1.34"}


def identities(address: str, site: str) -> dict[str, str]:
    """All of these headers: a wallet's address is the user, and a page of the host `site` sends the request."""
    cookies = {"Cookie": cookie_of(address, COOKIES)}
    return {**dict.fromkeys(USER, address), **FLAGS, **METHOD, **SOURCE, **cookies, **trusted_senders(site)}


def parameters(headers: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a URL that name the user whom headers name (`identities`)."""
    return dict.fromkeys(PARAMETERS, headers[USER[0]])


def ask_as_named(
    doors: Mapping[str, Api], settings: ServiceSettings, token: str | None, headers: Mapping[str, str]
) -> dict[str, Asked]:
    """The answers to the protected query with a bad token or none, and with `identities`, by endpoint.

    The URL names the user, too: a service may refuse that.
    """
    query, named = settings.protected_query, parameters(headers)
    return {door: ask(api, settings, query, token, headers=headers, params=named) for door, api in doors.items()}


def let_in_as_named(answers: Mapping[str, Asked]) -> dict[str, str]:
    """The endpoints of the backend that give data to who only says who they are, or fail, and what they answer."""
    return {door: said for door, asked in answers.items() if (said := let_in(asked))}


def accepted_as_named(
    doors: Mapping[str, Api], settings: ServiceSettings, token: str | None, headers: Mapping[str, str]
) -> dict[str, str]:
    """The endpoints of auth that say yes about a bad token, or none, because of such headers, and what they answer."""
    sent = {**carried(settings.validate_field, token), "headers": headers, "params": parameters(headers)}
    answers = {door: api.post(settings.validate_path, **sent) for door, api in doors.items()}
    return {door: in_words(answer) for door, answer in answers.items() if is_yes(answer, settings)}
