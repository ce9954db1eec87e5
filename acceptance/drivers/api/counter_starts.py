"""Whether a counter of auth's gets its end in the step that makes it. Source: 7.6, 8.10.

Where another command ends it, an auth that is killed between the two leaves a counter for ever, and its client is
refused for good once it is at the limit.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait

from acceptance.cluster.namespace import Namespace
from acceptance.drivers.api.rate_limits import RateClient, never_ends

WATCH = "timeout 2 redis-cli monitor || true"
"""Prints the commands that Redis gets, for two seconds: it is not certain when it begins."""
EACH = 0.6
"""Seconds between two new clients."""
LINE = re.compile(r'^\S+ \[\d+ (?P<who>[^\]]+)\] "(?P<word>\w+)"(?: "(?P<key>(?:[^"\\]|\\.)*)")?(?P<rest>.*)$')
MAKES = {"INCR", "INCRBY", "INCRBYFLOAT", "SET", "SETNX", "SETEX", "PSETEX", "GETSET"}
"""The commands that make a counter."""
ENDS = {"EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "SETEX", "PSETEX"}
WITH_END = re.compile(r'"(?:EX|PX|EXAT|PXAT)"', re.IGNORECASE)
"""An option of SET by which a key ends."""
SCRIPT = "lua"
"""Who runs the commands of a script, which all take effect or none."""


def left_without_end(namespace: Namespace, new: Callable[[], RateClient]) -> str:
    """How a counter may be left without an end, in words; empty if none may, or if Redis lets nobody watch it.

    Clients that are told apart by address, each of which is a pod, are not judged.

    A counter without an end that the next call of its client gives one to is let be. Raises AssertionError if auth was
    not seen to count.
    """
    (pod, *_) = [pod.metadata.name for pod in namespace.pods("app=redis")]
    clients = [new()]
    if not clients[0].headers:
        return ""
    with ThreadPoolExecutor(1) as pool:
        watched = pool.submit(namespace.execute, pod, "sh", "-c", WATCH)
        while not wait([watched], EACH).done:
            clients[-1].call()
            clients.append(new())
    printed = watched.result()
    if not printed.startswith("OK"):
        return ""
    first = starts(printed, {client.key for client in clients})
    assert first, "expected Redis to show auth's commands for a new client's counter, saw none. Try: redis-cli monitor"
    for client in clients:
        if (word := first.get(client.key)) and stays_without_end(client):
            return f"it is made by {word}, and another command ends it, which the next call does not make good"
    return ""


def starts(printed: str, names: Collection[str]) -> dict[str, str]:
    """The command that made each counter without an end, by its name; empty for one that has its end from then on.

    `printed`: what MONITOR shows. `names` are patterns where there is a key for each period.
    """
    found: dict[str, str] = {}
    open_keys: dict[str, dict[str, str]] = {}
    for match in filter(None, map(LINE.match, printed.splitlines())):
        who, word, key = match["who"], match["word"].upper(), match["key"] or ""
        if word == "MULTI":
            open_keys[who] = {}
        elif word in ("EXEC", "DISCARD"):
            found |= open_keys.pop(who, {})
        elif who in open_keys and word in ENDS:
            open_keys[who] = {name: "" if fnmatch.fnmatchcase(key, name) else by for name, by in open_keys[who].items()}
        for name in names:
            known = name in found or name in open_keys.get(who, {})
            if word in MAKES and not known and fnmatch.fnmatchcase(key, name):
                bare = who != SCRIPT and word not in ENDS and not WITH_END.search(match["rest"])
                open_keys.get(who, found)[name] = word if bare else ""
    return found


def stays_without_end(client: RateClient) -> bool:
    """Whether a counter without an end has none after the next call of its client either."""
    keys = client.own.keys()
    for key in keys:
        client.own.ask("PERSIST", key)
    client.call()
    return never_ends(client.end())
