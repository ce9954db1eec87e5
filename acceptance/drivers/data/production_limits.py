"""How many connections production's YugabyteDB allows its clients, and for how long their queries. Source: 6.5."""

from __future__ import annotations

import re

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.production_database import servers, text_of
from acceptance.platform.platform import Platform

RESERVED = 3
"""Connections that are kept for administrators (superuser_reserved_connections), of those that a server takes."""
CONNECTIONS = re.compile(r"(?<![a-z_])(?:ysql_)?max_connections[=\s]\s*'?(\d+)")
"""The flag with the most connections of a server, or the setting among those of --ysql_pg_conf_csv."""
TIMEOUT = re.compile(
    r"(?<![a-z_])((?:statement|lock|idle_in_transaction_session|idle_session)_timeout)[=\s]\s*'?(\d+)\s*(us|ms|s|min|h|d)?\b"
)
"""A time-out of a session or a statement; without a unit it is in milliseconds."""
UNITS = {"us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def too_few_connections(manifests: list[Manifest], count: int) -> list[str]:
    """The tservers of production that take fewer than `count` connections, in words: one may have all of them."""
    return [
        f"production's {item['metadata']['name']} takes {most} connections, {RESERVED} of them only from administrators"
        for item in servers(manifests).get("tserver", [])
        for most in CONNECTIONS.findall(text_of(item))[-1:]
        if int(most) < count + RESERVED
    ]


def refused(here: str, platform: Platform, count: int) -> str:
    """Why clients are refused, in words: `here`, and in production by `too_few_connections`; empty if none are."""
    return "; ".join(filter(None, [here, *too_few_connections(platform.rendering.production("database"), count)]))


def cut_short(manifests: list[Manifest], seconds: float) -> list[str]:
    """The time-outs of production's tservers that are shorter than `seconds`, in words; zero means none."""
    return [
        f"production's {item['metadata']['name']} has {name}={number}{unit}"
        for item in servers(manifests).get("tserver", [])
        for name, number, unit in TIMEOUT.findall(text_of(item))
        if 0 < int(number) * UNITS[unit] < seconds
    ]
