"""One GET over HTTP/2, which browsers use if a server offers it; requests only speaks HTTP/1.1. Source: RFC 9113."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event, ResponseReceived, StreamReset
from h2.exceptions import ProtocolError

OFFERED = ["h2", "http/1.1"]
"""What browsers offer, in order (RFC 7301); the server chooses."""
READ = 1 << 16
"""Maximum bytes read at a time."""


class NotHttp2(ConnectionError):
    """The server does not speak HTTP/2 although it said so, or ended the request without an answer."""


@contextlib.contextmanager
def connected(address: tuple[str, int], name: str, trust: ssl.SSLContext, within: float) -> Iterator[ssl.SSLSocket]:
    """A connection to a host at an address that offered OFFERED, with `within` seconds per step; closed at the end.

    Raises OSError if there is none; `trust` offers OFFERED from then on.
    """
    trust.set_alpn_protocols(OFFERED)
    with (
        socket.create_connection(address, timeout=within) as plain,
        trust.wrap_socket(plain, server_hostname=name) as to,
    ):
        yield to


def get(address: tuple[str, int], name: str, path: str, trust: ssl.SSLContext, within: float) -> tuple[str, int]:
    """GET `path` of `name` at an address, with `within` seconds per step; return the protocol chosen and the status.

    The status is 0 if the server did not choose HTTP/2. Raises OSError, or its subclass NotHttp2, if there is no
    answer; `trust` offers OFFERED from then on.
    """
    with connected(address, name, trust, within) as to:
        chosen = to.selected_alpn_protocol() or "http/1.1"
        return chosen, status_over(to, name, path) if chosen == "h2" else 0


def status_over(connection: ssl.SSLSocket | socket.socket, name: str, path: str) -> int:
    """The status of a GET over a connection that negotiated HTTP/2. Raises OSError, including NotHttp2."""
    http = H2Connection(H2Configuration(client_side=True))
    http.initiate_connection()
    asked = [(":method", "GET"), (":scheme", "https"), (":authority", name), (":path", path)]
    http.send_headers(http.get_next_available_stream_id(), asked, end_stream=True)
    while True:
        connection.sendall(http.data_to_send())
        if status := status_in(received(http, connection)):
            return status


def received(http: H2Connection, connection: ssl.SSLSocket | socket.socket) -> list[Event]:
    """What comes next over a connection. Raises OSError, and NotHttp2 if nothing does or if it is not HTTP/2."""
    data = connection.recv(READ)
    if not data:
        raise NotHttp2("the connection ended without an answer")
    try:
        return list(http.receive_data(data))
    except ProtocolError as error:
        raise NotHttp2(f"what came is not HTTP/2: {error}") from error


def status_in(events: list[Event]) -> int:
    """The status among the events received; 0 if it is still to come. Raises NotHttp2 if it never will."""
    for event in events:
        if isinstance(event, ResponseReceived):
            return int(dict(event.headers)[b":status"])
        if isinstance(event, ConnectionTerminated | StreamReset):
            raise NotHttp2(f"the server ended it (error {event.error_code})")
    return 0
