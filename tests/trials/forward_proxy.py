"""A forward proxy on the loopback, as a company runs one: it reaches the outside world, and nothing on the inside."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

HEAD_LIMIT = 65536
IDLE = 300.0
"""Seconds after which a silent connection is closed."""


def is_inside(host: str, domains: tuple[str, ...]) -> bool:
    """Whether a host is this machine, a private address, a name without a dot, or in one of the platform's domains."""
    host = host.strip("[]").lower()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or any(f".{host}".endswith(f".{domain}") for domain in ("local", "svc", *domains))


class ForwardProxy:
    """The proxy. `refused`: hosts on the inside that it was asked for; `served`: how many requests it passed on."""

    def __init__(self, domains: tuple[str, ...]):
        self.domains = domains
        self.refused: list[str] = []
        self.served = 0
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: a tunnel, or one plain request."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            url = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = url.hostname or "", url.port or 80
            if is_inside(host, self.domains):
                self.refused.append(f"{method} {target}")
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
            else:
                await self.forward(reader, writer, method, head, (host, port), url.path or "/")
        writer.close()

    async def forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        method: str,
        head: bytes,
        address: tuple[str, int],
        path: str,
    ) -> None:
        """Connect a client with the outside."""
        there, back = await asyncio.wait_for(asyncio.open_connection(*address), 30)
        self.served += 1
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            _, rest = head.split(b"\r\n", 1)
            back.write(f"{method} {path} HTTP/1.1\r\nConnection: close\r\n".encode() + rest)
        await asyncio.gather(copy(reader, back), copy(there, writer))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end."""
    with contextlib.suppress(OSError, TimeoutError):
        while data := await asyncio.wait_for(reader.read(HEAD_LIMIT), IDLE):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


@contextlib.contextmanager
def forward_proxy(*domains: str) -> Iterator[ForwardProxy]:
    """Run the proxy on a free port of the loopback."""
    proxy = ForwardProxy(domains)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(proxy.handle, "127.0.0.1", 0, limit=HEAD_LIMIT))
    proxy.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
