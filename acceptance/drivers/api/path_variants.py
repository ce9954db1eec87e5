"""Other spellings of a path, which a router may take for the same one while a check of the path does not.

Source: 8.10, 9.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, ask
from acceptance.drivers.services.service import Api

WITH_QUERY = "with a query string"
"""The one spelling that leads to the same place everywhere (RFC 3986, 3.4)."""
FIRST = 2
"""How many of the ways to a service are tried: over HTTPS, where the ingress may tidy paths, and its Service."""


def spellings(path: str) -> dict[str, str]:
    """Other spellings of a path, by what they are. A server may know nothing of any but WITH_QUERY."""
    return {
        WITH_QUERY: f"{path}?x=1",
        "with a slash behind it": f"{path}/",
        "with two slashes before it": f"/{path}",
        "with a dot before it": f"/.{path}",
        "in capitals": path.upper(),
        "with its last letter escaped": f"{path[:-1]}%{ord(path[-1]):02X}",
        "with a parameter behind it": f"{path};x=1",
    }


def exactly(url: str) -> dict[str, Any]:
    """The arguments of `Api.post` that send a URL as it is written; requests resolves dots and escapes by itself.

    A redirect is an answer like any other: it would lead to the usual spelling.
    """

    def written(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.url = url
        return request

    return {"auth": written, "allow_redirects": False}


def ask_at_other_paths(doors: Mapping[str, Api], settings: ServiceSettings, token: str | None) -> dict[str, Asked]:
    """The answers to the protected query at other spellings of its path, with a token or none, by endpoint and form."""
    query, found = settings.protected_query, {}
    for door, api in list(doors.items())[:FIRST]:
        for form, path in spellings(settings.graphql_path).items():
            found[f"{door}, {form}"] = ask(api, settings, query, token, **exactly(api.base + path))
    return found
