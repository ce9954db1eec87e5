"""Raw HTTP: requests that no well-behaved client would send, each over its own connection."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from dataclasses import dataclass

LONGEST_ANSWER = 1 << 20
"""Maximum bytes read of an answer; no answer here is longer."""


@dataclass(frozen=True)
class Answer:
    """An answer, and how long it took. No status: the connection ended, or stayed silent, and `body` says how."""

    status: int | None
    body: str
    seconds: float


def exchange(
    address: tuple[str, int], data: bytes, *, within: float, tls: ssl.SSLContext | None = None, name: str = ""
) -> Answer:
    """Send `data` and read the answer, in `within` seconds; over TLS, the server must prove that it is `name`."""
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection(address, timeout=within))
            if tls:
                connection = stack.enter_context(tls.wrap_socket(connection, server_hostname=name))
            # A server may answer, and hang up, before it has read everything.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.sendall(data)
            # http.client only skips the body of an answer to HEAD if told to.
            answer = http.client.HTTPResponse(connection, method=data.partition(b" ")[0].decode("latin-1"))
            answer.begin()
            body = answer.read(LONGEST_ANSWER).decode(errors="replace")
            return Answer(answer.status, body, time.monotonic() - began)
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, f"{type(error).__name__}: {error}", time.monotonic() - began)
