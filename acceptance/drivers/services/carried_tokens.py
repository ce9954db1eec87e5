"""How auth is handed the token that it is to validate: the criteria leave it open. Source: 8.9, 11.2, 11.3."""

from __future__ import annotations

import json
from typing import Any


def carried(field: str, token: str | None) -> dict[str, Any]:
    """The arguments of `Api.post` that hand over a token: as the bearer, or in a field of the body if it has a name."""
    return {"body": {field: token}} if field and token is not None else {"token": token}


def carried_by_probe(field: str, token: str) -> list[str]:
    """The same as the body and headers of the probe's `http-latency`."""
    return [json.dumps({field: token})] if field else ["", f"Authorization: Bearer {token}"]
