"""Many POSTs over one HTTP/2 connection, each begun and held before its last byte. Source: RFC 9113, 5.

A proxy sends each to its server over a connection of its own, so the server has as many to serve at once; one TLS
handshake pays for all of them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event, ResponseReceived, StreamReset

from acceptance.clients import http2
from acceptance.clients.http2 import NotHttp2

READY = 0.1
"""Seconds to wait for more of the answers that have come already."""
CUT = 0
"""Stands for the status of a request that the server ended without an answer."""


class HeldRequests:
    """`count` POSTs of the same JSON to a path of a host, over a connection that negotiated HTTP/2."""

    def __init__(self, connection: ssl.SSLSocket | socket.socket, count: int):
        self.connection, self.count = connection, count
        self.http = H2Connection(H2Configuration(client_side=True))
        self.body = b""
        self.statuses: dict[int, int] = {}

    def begin(self, name: str, path: str, body: bytes) -> None:
        """Send each request's headers, and all of its body but the last byte. Raises OSError."""
        self.body = body
        self.http.initiate_connection()
        asked = [(":method", "POST"), (":scheme", "https"), (":authority", name), (":path", path)]
        headers = [*asked, ("content-type", "application/json"), ("content-length", str(len(body)))]
        for _ in range(self.count):
            stream = self.http.get_next_available_stream_id()
            self.http.send_headers(stream, headers)
            self.http.send_data(stream, body[:-1])
        self.connection.sendall(self.http.data_to_send())

    def end(self) -> list[int]:
        """Send the last bytes; return the status of each answer, or CUT. Raises OSError, including NotHttp2."""
        for stream in range(1, 2 * self.count, 2):
            self.http.send_data(stream, self.body[-1:], end_stream=True)
        while len(self.statuses) < self.count:
            self.connection.sendall(self.http.data_to_send())
            self.read()
        return [*self.statuses.values()]

    def so_far(self) -> list[int]:
        """The statuses of those answered before their last byte was sent. Raises OSError, including NotHttp2."""
        self.connection.settimeout(READY)
        with contextlib.suppress(TimeoutError):
            while True:
                self.read()
        return [*self.statuses.values()]

    def hang_up(self) -> None:
        """Close the connection in the midst of the requests, as a phone does that lost its signal."""
        self.connection.close()

    def read(self) -> None:
        """Read what has come. Raises OSError, including NotHttp2."""
        for event in http2.received(self.http, self.connection):
            self.note(event)

    def note(self, event: Event) -> None:
        """Keep the status of a request that was answered or cut. Raises NotHttp2 if the whole connection ends."""
        if isinstance(event, ResponseReceived):
            self.statuses[event.stream_id] = int(dict(event.headers)[b":status"])
        elif isinstance(event, StreamReset):
            # A server that answered early resets what it does not want to read any more.
            self.statuses.setdefault(event.stream_id, CUT)
        elif isinstance(event, ConnectionTerminated):
            raise NotHttp2(f"the server ended it (error {event.error_code})")


@contextlib.contextmanager
def connected(
    address: tuple[str, int], name: str, trust: ssl.SSLContext, within: float, count: int
) -> Iterator[HeldRequests | None]:
    """A connection to a host for `count` requests, with `within` seconds per step; None if it chose no HTTP/2.

    Raises OSError if there is none; `trust` offers http2.OFFERED from then on.
    """
    with http2.connected(address, name, trust, within) as to:
        yield HeldRequests(to, count) if to.selected_alpn_protocol() == "h2" else None
