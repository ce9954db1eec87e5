"""One GET over HTTP/2, tested against a server."""

import socket
import threading

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.exceptions import ProtocolError

from acceptance.clients.http2 import NotHttp2, status_over


def served(answer):
    """What a GET gets from a server that does `answer(http, connection, stream)` once it has been asked."""
    ours, theirs = socket.socketpair()

    def serve():
        http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        theirs.sendall(http.data_to_send())
        while received := theirs.recv(1 << 16):
            try:
                events = http.receive_data(received)
            except ProtocolError:
                # The client went on before it knew that an answer had ended the connection.
                break
            for event in events:
                if isinstance(event, RequestReceived):
                    assert (
                        dict(event.headers)[":path"] == "/health?mark" and dict(event.headers)[":authority"] == "auth"
                    )
                    answer(http, theirs, event.stream_id)
                    theirs.sendall(http.data_to_send())
                    theirs.shutdown(socket.SHUT_WR)
        theirs.close()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    ours.settimeout(5)
    with ours:
        return status_over(ours, "auth", "/health?mark")


@pytest.mark.parametrize("status", [200, 201, 301, 404, 418, 503])
def test_the_status_is_read(status):
    headers = [(":status", str(status)), ("server", "a server")]
    assert served(lambda http, _, stream: http.send_headers(stream, headers, end_stream=True)) == status


def test_what_only_says_that_an_answer_comes_is_none():
    def answer(http, _, stream):
        http.send_headers(stream, [(":status", "103")])
        http.send_headers(stream, [(":status", "200")], end_stream=True)

    assert served(answer) == 200


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda http, _, stream: http.reset_stream(stream, 7), "ended it"),
        (lambda http, *_: http.close_connection(11), "ended it"),
        (lambda *_: None, "without an answer"),
        (lambda _, connection, __: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "without an answer"),
        (lambda _, connection, __: connection.sendall(bytes(9)), "not HTTP/2"),
    ],
)
def test_a_server_that_does_not_answer_is_told(answer, said):
    with pytest.raises(NotHttp2, match=said):
        served(answer)
