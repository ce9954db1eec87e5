"""Whether the cache has room for more than it holds: more keys, more clients, a longer log. Source: 7.3, 7.6."""

from __future__ import annotations

import re
import secrets

from kubernetes import utils

from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import main_container
from acceptance.drivers.data.cache import Cache
from acceptance.drivers.secrets.secret_use import containers_of
from acceptance.drivers.workloads.quotas import amount

ROOM = 32 * 2**20
"""Bytes that must be free beyond what is in use: a counter takes about a hundred."""
MORE = 8 * 2**20
"""Bytes that are written to see that the cache accepts them."""
LOG = 2**30
"""Bytes at which the append-only file must be rewritten at the latest: it also holds what was deleted long ago."""
MAXIMUM = re.compile(r"--maxmemory\W+(\d+)([kmg]?)(b?)\b", re.IGNORECASE)
USUAL = 1000
"""Per cent of growth, up to which no rewrite comes too late: the file is small as long as the data is."""
POWERS = {"": 0, "k": 1, "m": 2, "g": 3}


def too_little(cache: Cache) -> list[str]:
    """What leaves the running server less memory than ROOM: its maxmemory, or the memory limit of its container."""
    memory, most = cache.information("memory"), int(cache.setting("maxmemory"))
    used, resident = int(memory["used_memory"]), int(memory["used_memory_rss"])
    limit = amount(main_container(cache.pod().spec), "limits", "memory")
    found = []
    if 0 < most < used + ROOM:
        found.append(f"maxmemory is {most} bytes, and {used} are in use")
    if limit is not None and limit < resident + ROOM:
        found.append(f"its container is limited to {limit} bytes, and {resident} are in use")
    return found


def log_without_end(cache: Cache) -> list[str]:
    """What keeps the append-only file from being rewritten before it exceeds LOG."""
    grown, least = (int(cache.setting(f"auto-aof-rewrite-{name}")) for name in ("percentage", "min-size"))
    found = ["auto-aof-rewrite-percentage is 0, which means never"] if grown == 0 else []
    # Once the cache holds ROOM, the file that it is rewritten to is as large.
    base = max(int(cache.information("persistence").get("aof_base_size", 0)), ROOM)
    if grown > USUAL and base * (1 + grown / 100) > LOG:
        found.append(f"auto-aof-rewrite-percentage is {grown}")
    return found + ([f"auto-aof-rewrite-min-size is {least} bytes"] if least > LOG else [])


def not_rewritten(cache: Cache) -> str:
    """Why the append-only file cannot be rewritten, which then grows until the disk is full; empty if it was.

    A rewrite that is under way, or due after a snapshot, is waited for. Raises TimedOut if it does not end. Where
    the command was renamed or disabled, nothing is judged.
    """
    try:
        cache("BGREWRITEAOF")
    except AssertionError as refusal:
        if any(words in str(refusal) for words in ("unknown command", "NOPERM")):
            return ""
        if "already in progress" not in str(refusal):
            return f"Redis answers BGREWRITEAOF with: {refusal}"

    def ended() -> str:
        seen = cache.information("persistence")
        busy = [name for name in ("aof_rewrite_in_progress", "aof_rewrite_scheduled") if seen.get(name) == "1"]
        assert not busy, f"{' and '.join(busy)} in INFO persistence"
        return seen.get("aof_last_bgrewrite_status", "ok")

    status = eventually(ended, within=LOGS_READABLE, what="a rewrite of the append-only file to end")
    return "" if status == "ok" else f"aof_last_bgrewrite_status is {status}"


def too_little_in_production(manifests: list[Manifest]) -> list[str]:
    """The memory limits and maxmemory in production's manifests that are too small; nothing is in use there yet."""
    found = []
    for item in manifests:
        for container in containers_of(item) if item["kind"] in ("StatefulSet", "Deployment") else []:
            name, limit = item["metadata"]["name"], container.get("resources", {}).get("limits", {}).get("memory")
            if limit and utils.parse_quantity(limit) < 2 * ROOM:
                found.append(f"production's {name} is limited to {limit} of memory")
            found += [f"production's {name} has maxmemory {said}" for said in small_maxima(container)]
    return found


def small_maxima(container: Manifest) -> list[str]:
    """The values of maxmemory in a container's arguments that are below ROOM; 0 means no limit."""
    text = " ".join([*(container.get("command") or []), *(container.get("args") or [])])
    found = [(int(size), unit.lower(), said) for size, unit, said in MAXIMUM.findall(text)]
    sizes = [(size * (1024 if said else 1000) ** POWERS[unit], f"{size}{unit}{said}") for size, unit, said in found]
    return [text for size, text in sizes if 0 < size < ROOM]


def take_more(cache: Cache) -> int:
    """Write MORE bytes to a key of the scenario's own, increment a counter beside it, and delete both.

    Returns the bytes in use meanwhile. Raises AssertionError with the server's words if it refuses.
    """
    keys = [f"scenario:{secrets.token_hex(4)}" for _ in range(2)]
    cache.keys += keys
    cache("SETRANGE", keys[0], str(MORE - 1), "x")
    cache("INCR", keys[1])
    used = int(cache.information("memory")["used_memory"])
    cache("DEL", *keys)
    return used
