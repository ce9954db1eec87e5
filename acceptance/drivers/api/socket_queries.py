"""The protected query over web sockets, which most GraphQL servers offer beside HTTP. Source: 9.9.

A check that belongs to HTTP, or to the message that begins a connection, lets in who leaves that out. A server may
refuse web sockets; it is asked behind the ingress, which passes them on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.web_sockets import connected
from acceptance.drivers.api.graphql_variants import FOR_EVERYONE
from acceptance.drivers.services.service import Api, fields

PROTOCOLS = {"graphql-transport-ws": "subscribe", "graphql-ws": "start"}
"""The subprotocols of GraphQL, and the type of a message that asks a query."""
SILENCE = 1.0
"""Seconds without a message after which no data is waited for."""


def let_in_by_sockets(api: Api, settings: ServiceSettings, token: str | None) -> dict[str, str]:
    """The ways over web sockets by which the protected query gets data with a bad token, or none, and what came."""
    found = {}
    for protocol in PROTOCOLS:
        for how, begins in beginnings(token).items():
            if said := data_over(api, settings, protocol, begins):
                found[f"over {protocol}, {how}"] = said
    return found


def behind_ingress(doors: Mapping[str, Api]) -> Api:
    """The second of the ways to the backend: its Service."""
    _, service, *_ = doors.values()
    return service


def beginnings(token: str | None) -> dict[str, list[dict[str, Any]]]:
    """The messages before the query: that which begins a connection, with the token if there is one, and nothing."""
    payload = {"Authorization": f"Bearer {token}"} if token else {}
    return {"after its beginning": [{"type": "connection_init", "payload": payload}], "without a beginning": []}


def data_over(api: Api, settings: ServiceSettings, protocol: str, begins: list[dict[str, Any]]) -> str:
    """The messages with data that the protected query gets over a subprotocol, in words; empty if there are none."""
    url = api.base.replace("http", "ws", 1) + settings.graphql_path
    asks = {"id": "1", "type": PROTOCOLS[protocol], "payload": {"query": settings.protected_query}}
    with connected(url, protocol, SILENCE) as send:
        if not send:
            return ""
        texts = [text for message in (*begins, asks) for text in send(json.dumps(message))]
    return "; ".join(text for text in texts if has_data(text))


def has_data(text: str) -> bool:
    """Whether a message of either subprotocol has data that is not public."""
    payload = fields(text).get("payload")
    data = payload.get("data") if isinstance(payload, dict) else None
    return isinstance(data, dict) and any(value is not None for key, value in data.items() if key not in FOR_EVERYONE)
