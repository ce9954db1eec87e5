"""Web sockets: a connection over which texts go both ways, by the client of which the Kubernetes client is made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import websocket

Send = Callable[[str], list[str]]
"""Sends a text, and returns the texts that come back until there is silence, or the connection ends."""


@contextlib.contextmanager
def connected(url: str, protocol: str, silence: float) -> Iterator[Send | None]:
    """A way to send texts to a URL over a subprotocol; None if the server refuses web sockets.

    `silence`: the seconds after which nothing more is waited for.
    """
    try:
        socket = websocket.create_connection(url, timeout=silence, subprotocols=[protocol])
    except (OSError, websocket.WebSocketException):
        yield None
        return
    try:
        yield lambda text: exchanged(socket, text)
    finally:
        socket.close(timeout=1)


def exchanged(socket: websocket.WebSocket, text: str) -> list[str]:
    """The texts that come back after one that is sent."""
    found = []
    with contextlib.suppress(OSError, websocket.WebSocketException):
        socket.send(text)
        while answer := socket.recv():
            found.append(answer if isinstance(answer, str) else answer.decode(errors="replace"))
    return found
