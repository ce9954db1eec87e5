"""Ports of this machine that forward to addresses inside the cluster, as a pod there reaches them."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any

PORT = 8082
"""The port on which images/probe's `relay` listens, on its pod's loopback."""
TIMEOUT = 10.0
"""Seconds that connecting through the relay may take."""
CHUNK = 65536


class Relay:
    """A port of 127.0.0.1; for each connection to it, a pod connects to `target` (HOST:PORT, as that pod knows it).

    `entry` is where to reach the pod's relay (a port-forward). The target sees the pod as its client: its address, the
    name that it resolved, the network between them. `said` is the last reason why the pod could not connect.
    """

    def __init__(self, entry: Callable[[], str], target: str):
        self.entry, self.target, self.said = entry, target, ""
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                relay.connect(self.request)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.server.server_address[1]}"

    def connect(self, client: socket.socket) -> None:
        """Serve one connection until both sides have ended it; if the target cannot be reached, close it at once."""
        host, _, port = self.entry().rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), TIMEOUT) as pod:
            pod.sendall(f"{self.target}\n".encode())
            answer = read_line(pod)
            if answer != "ok":
                self.said = answer or "the relay's pod closed the connection"
                return
            pod.settimeout(None)
            for side in (client, pod):
                # Else a short message waits for the acknowledgement of the one before, which is delayed by 40 ms.
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=pump, args=(pod, client), daemon=True)
            back.start()
            pump(client, pod)
            back.join()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def read_line(connection: socket.socket) -> str:
    """Read one line, byte by byte: what follows it is for others."""
    read = b""
    while not read.endswith(b"\n") and (byte := connection.recv(1)):
        read += byte
    return read.decode(errors="replace").strip()


def pump(source: socket.socket, target: Any) -> None:
    """Forward data until the source ends, then signal the end."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
