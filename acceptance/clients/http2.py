"""One GET over HTTP/2, as browsers speak it where a server offers it. Sources: RFC 9113 (frames), RFC 7541 (headers).

It knows as much as one request needs: requests speaks HTTP/1.1 alone, and no package that does is among ours.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

OFFERED = ["h2", "http/1.1"]
"""What browsers offer, in their order (RFC 7301); a server chooses."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
ACKNOWLEDGES, END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 32
STREAM = 1
LARGEST = 1 << 14
"""Bytes of a frame, at most, unless one side has allowed more; this one does not."""
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
"""The entries of the static table that are a status (RFC 7541, appendix A)."""
DIGITS = {f"{n:05b}": str(n) for n in range(3)} | {f"{n + 22:06b}": str(n) for n in range(3, 10)}
"""Huffman codes of digits (RFC 7541, appendix B)."""


class NotHttp2(ConnectionError):
    """What answers does not speak HTTP/2 though it said so, or ended the request without an answer."""


def get(address: tuple[str, int], name: str, path: str, trust: ssl.SSLContext, within: float) -> tuple[str, int]:
    """Ask `name` for `path` at an address, in `within` seconds for each step; the protocol chosen, and the status.

    The status is 0 where the server did not choose HTTP/2. Raises OSError, or NotHttp2, which is one, where there is
    no answer; `trust` offers OFFERED from then on.
    """
    trust.set_alpn_protocols(OFFERED)
    with (
        socket.create_connection(address, timeout=within) as plain,
        trust.wrap_socket(plain, server_hostname=name) as to,
    ):
        chosen = to.selected_alpn_protocol() or "http/1.1"
        if chosen != "h2":
            return chosen, 0
        to.sendall(request(name, path))
        return chosen, status_of(frames(reader(to)), to.sendall)


def request(name: str, path: str) -> bytes:
    """All that a client sends for a GET: nothing of it is compressed but the names."""
    fields = b"\x82\x87" + literal(1, name) + literal(4, path)
    return PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, END_STREAM | END_HEADERS, STREAM, fields)


def literal(index: int, value: str) -> bytes:
    """A field whose name is in the static table; its value is shorter than 127 bytes."""
    data = value.encode()
    assert len(data) < 127, f"{value} is too long to be asked for"
    return bytes([index, len(data)]) + data


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def reader(connection: socket.socket) -> Callable[[int], bytes]:
    """Reads exactly so many bytes of a connection. Raises NotHttp2 if it ends before."""

    def read(count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = connection.recv(count - len(found))
            if not more:
                raise NotHttp2(f"the connection ended after {found!r}")
            found += more
        return found

    return read


def frames(read: Callable[[int], bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Kind, flags and payload of each frame. Raises NotHttp2 at what is none."""
    while True:
        head = read(9)
        length = int.from_bytes(head[:3])
        if length > LARGEST:
            raise NotHttp2(f"what came is no frame of HTTP/2: {head!r}")
        yield head[3], head[4], read(length)


def status_of(received: Iterator[tuple[int, int, bytes]], send: Callable[[bytes], object]) -> int:
    """The status of the answer, past those that only say that it is to come. Raises NotHttp2 if the server ends it."""
    for kind, flags, payload in received:
        if kind in (SETTINGS, PING) and not flags & ACKNOWLEDGES:
            send(frame(kind, ACKNOWLEDGES, 0, payload if kind == PING else b""))
        elif kind in (RESET, GOAWAY):
            raise NotHttp2(
                f"the server ended it (error {int.from_bytes(payload[-4:] if kind == RESET else payload[4:8])})"
            )
        elif kind == HEADERS and (status := first_status(unpadded(flags, payload))) >= 200:
            return status
    raise NotHttp2("the connection ended without an answer")


def unpadded(flags: int, payload: bytes) -> bytes:
    """The fields of a frame of headers, without its padding and priority."""
    if flags & PADDED:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[5:] if flags & PRIORITY else payload


def first_status(fields: bytes) -> int:
    """The status, which comes before all fields that have a name. Raises NotHttp2 if there is none."""
    # A change of the table's size may come before; those that one byte says are all that a client gets which said none.
    while fields and fields[0] & 0xE0 == 0x20:
        fields = fields[1:]
    first = fields[0] if fields else 0
    if first & 0x80 and first & 0x7F in STATUSES:
        return STATUSES[first & 0x7F]
    index = first & 0x3F if first & 0xC0 == 0x40 else first & 0x0F
    if index not in STATUSES or len(fields) < 2:
        raise NotHttp2(f"an answer without a status: {fields[:16]!r}")
    value = fields[2 : 2 + (fields[1] & 0x7F)]
    text = digits_of(value) if fields[1] & 0x80 else value.decode("latin-1")
    if not text.isdigit():
        raise NotHttp2(f"an answer whose status is no number: {fields[:16]!r}")
    return int(text)


def digits_of(value: bytes) -> str:
    """Digits that are written in the Huffman code; what is left of the last byte is filled with ones."""
    bits, text = "".join(f"{byte:08b}" for byte in value), ""
    while code := next((code for code in DIGITS if bits.startswith(code)), ""):
        bits, text = bits[len(code) :], text + DIGITS[code]
    return text
