"""Clients that speak Redis' protocol: many at once, or without a password at other ports. Source: 7.3, 7.5."""

from __future__ import annotations

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit

from acceptance.drivers.data.cache import Cache
from acceptance.drivers.data.poolers import AT_ONCE, OTHERS, Place, ports_beside

TIMEOUT = 5
"""Seconds until a client gives up."""
KNOWN = (OTHERS - {"redis"}) | {"yb-tservers", "yb-master-ui"}
"""Services of which the criteria say that they serve something else."""
UNASKED = ("$", "_", "-MASTERDOWN", "-LOADING", "-MOVED")
"""How a Redis that asks for no password answers GET: with a value or none, or with an error that comes after logins."""


def encoded(*words: str) -> bytes:
    """A command as Redis takes it (RESP)."""
    parts = [word.encode() for word in words]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)])


def ask(connection: socket.socket, *words: str) -> str:
    """The first line of the answer to a command; what has come of it if the server closes the connection."""
    connection.sendall(encoded(*words))
    said = b""
    while not said.endswith(b"\n") and (more := connection.recv(1)):
        said += more
    return said.decode(errors="replace").strip()


def opened(cache: Cache, place: Place) -> socket.socket:
    """A connection through the client pod. Raises OSError."""
    host, _, port = cache.client.way_to(*place).rpartition(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)


def login(url: str) -> tuple[str, ...]:
    """The command that logs in with the credentials of a URL; PING where it has none."""
    parts = urlsplit(url)
    words = [unquote(word) for word in (parts.username, parts.password) if word]
    return ("AUTH", *words) if words else ("PING",)


def turned_away(cache: Cache, count: int) -> str:
    """Why not all of `count` concurrent clients are served, each twice; empty if they are, or if Redis speaks TLS."""
    if urlsplit(cache.url).scheme != "redis":
        return ""
    clients: list[socket.socket] = []
    try:
        with contextlib.ExitStack() as stack:
            while len(clients) < count:
                clients.append(stack.enter_context(opened(cache, cache.address)))
                said = ask(clients[-1], *login(cache.url))
                assert said in ("+OK", "+PONG"), f"number {len(clients)} was answered with {said or 'nothing'}"
            answers = [ask(item, "PING") for item in clients]
            refused = [text or "nothing" for text in answers if text != "+PONG"]
            assert not refused, f"{len(refused)} of them were answered with {refused[0]}"
    except (OSError, AssertionError) as error:
        return f"with {len(clients)} open, {error}"
    return ""


def serving_anybody(cache: Cache) -> list[str]:
    """The other ports of Redis' pod and of Services that give data to a client without a password, as HOST:PORT."""
    host, own = str(cache.pod().status.pod_ip), cache.address[1]
    places = [(host, port) for port in sorted(cache.listening() - {own})]
    places += ports_beside(cache.namespace, KNOWN, cache.address)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda place: serves_anybody(cache, place), places)
        return [f"{name}:{port}" for (name, port), open_ in zip(places, answers, strict=True) if open_]


def serves_anybody(cache: Cache, place: Place) -> bool:
    """Whether a port answers a client without a password as a Redis; False if it refuses, or serves something else."""
    with contextlib.suppress(OSError), opened(cache, place) as connection:
        return ask(connection, "GET", "anything").startswith(UNASKED)
    return False
