"""The protected query over web sockets, to servers that check a token there or do not."""

import base64
import hashlib
import json
import re
import socketserver
import threading

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.socket_queries import behind_ingress, has_data, let_in_by_sockets
from acceptance.drivers.services.service import Api

KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DATA = {"id": "1", "type": "next", "payload": {"data": {"protectedQuery": "? sees 2"}}}


@pytest.fixture
def served():
    """A function that starts a server of web sockets, which answers each text as it is told; None: it refuses them."""
    servers = []

    def start(answer):
        class Backend(socketserver.StreamRequestHandler):
            def handle(self):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += self.rfile.readline()
                if answer is None:
                    self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    return
                key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)[1]
                protocol = re.search(rb"(?i)sec-websocket-protocol: (\S+)", head)[1]
                proof = base64.b64encode(hashlib.sha1(key + KEY).digest())
                self.wfile.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + proof + b"\r\nSec-WebSocket-Protocol: " + protocol + b"\r\n\r\n"
                )
                seen = []
                while (head := self.rfile.read(2)) and head[0] == 129:
                    size = head[1] & 127
                    size = int.from_bytes(self.rfile.read(2), "big") if size == 126 else size
                    mask, text = self.rfile.read(4), self.rfile.read(size)
                    text = bytes(letter ^ mask[place % 4] for place, letter in enumerate(text)).decode()
                    seen.append(json.loads(text)["type"])
                    if said := answer(protocol.decode(), seen):
                        data = json.dumps(said).encode()
                        self.wfile.write(bytes([129, len(data)]) + data)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Backend)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Api(f"127.0.0.1:{server.server_address[1]}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "ways"),
    [
        (None, []),
        (lambda protocol, seen: {"type": "connection_ack"}, []),
        (lambda protocol, seen: DATA if seen[-1] in ("subscribe", "start") and len(seen) > 1 else None, ["its", "its"]),
        (lambda protocol, seen: DATA if seen == ["start"] else None, ["graphql-ws, without"]),
    ],
)
def test_data_without_a_token_is_seen(served, answer, ways):
    found = let_in_by_sockets(served(answer), ServiceSettings(), None)
    assert len(found) == len(ways) and all(way in how for way, how in zip(ways, found, strict=True))


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (DATA, True),
        ({"type": "data", "payload": {"data": {"protectedQuery": None}, "errors": [{}]}}, False),
        ({"type": "error", "payload": [{"message": "Unauthorized"}]}, False),
        ({"type": "connection_ack"}, False),
    ],
)
def test_a_message_with_data_is_told_from_others(message, found):
    assert has_data(json.dumps(message)) is found and not has_data("no JSON")


def test_the_service_is_asked_behind_the_ingress():
    assert behind_ingress({"HTTPS": "a", "the Service": "b", "a pod": "c"}) == "b"
