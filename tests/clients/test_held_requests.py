"""Many requests over one HTTP/2 connection, tested against a server."""

import contextlib
import socket
import threading

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from acceptance.clients.held_requests import CUT, HeldRequests
from acceptance.clients.http2 import NotHttp2

BODY = b'{"token": "none"}'


class Server:
    """A server that does `answer(http, stream)` once a request is whole, and `early(http, stream)` when it begins."""

    def __init__(self, answer, early=None):
        self.answer, self.early, self.bodies = answer, early, {}
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(5)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        """Answer until the client has gone."""
        http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        with self.theirs, contextlib.suppress(ProtocolError, OSError):
            while received := self.theirs.recv(1 << 16):
                for event in http.receive_data(received):
                    self.note(http, event)
                self.theirs.sendall(http.data_to_send())

    def note(self, http, event):
        """Keep what was received of a body, and answer."""
        if isinstance(event, RequestReceived):
            assert dict(event.headers)["content-length"] == str(len(BODY)), event.headers
            if self.early:
                self.early(http, event.stream_id)
        elif isinstance(event, DataReceived):
            self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
        elif isinstance(event, StreamEnded) and self.answer:
            self.answer(http, event.stream_id)


def status(code):
    """An answer with a status."""
    return lambda http, stream: http.send_headers(stream, [(":status", str(code))], end_stream=True)


def asked(server, count=5):
    """What each of some requests gets."""
    with server.ours:
        held = HeldRequests(server.ours, count)
        held.begin("auth", "/api/auth/validate", BODY)
        return held.end()


def test_each_request_comes_whole_and_gets_its_answer():
    server = Server(status(401))
    assert asked(server) == [401] * 5
    assert [*server.bodies.values()] == [BODY] * 5


def test_some_may_get_another_answer():
    found = asked(Server(lambda http, stream: status(503 if stream > 6 else 200)(http, stream)))
    assert sorted(found) == [200, 200, 200, 503, 503]


def test_an_answer_that_comes_before_the_end_counts():
    def early(http, stream):
        status(405)(http, stream)
        # The rest may have come together with the beginning.
        with contextlib.suppress(ProtocolError):
            http.reset_stream(stream, 0)

    assert asked(Server(None, early)) == [405] * 5


def test_requests_that_are_cut_are_told():
    assert asked(Server(lambda http, stream: http.reset_stream(stream, 7))) == [CUT] * 5


@pytest.mark.parametrize("answer", [lambda http, _: http.close_connection(11)])
def test_a_connection_that_ends_is_no_answer(answer):
    with pytest.raises(NotHttp2):
        asked(Server(answer))


def test_answers_that_have_come_early_can_be_read_before_hanging_up():
    server = Server(status(401), lambda http, stream: stream > 6 and status(503)(http, stream))
    with server.ours:
        held = HeldRequests(server.ours, 5)
        held.begin("auth", "/api/auth/validate", BODY)
        assert held.so_far() == [503, 503]


def test_what_is_not_http_2_is_told_before_the_end_too():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        held = HeldRequests(ours, 1)
        held.begin("auth", "/api/auth/validate", BODY)
        theirs.sendall(bytes(9))
        with pytest.raises(NotHttp2, match="not HTTP/2"):
            held.so_far()
