"""Requests that take seconds to arrive, sent to a server that waits and to one that does not."""

import contextlib
import http.server
import json
import time
from types import SimpleNamespace as Thing

import pytest
import requests
from tests_support import http_server

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.slow_requests import LINES, SlowLoop, Slowly, cut_off, padded, question, send


@contextlib.contextmanager
def a_server(patience):
    """A server that waits so many seconds for each piece of a request, and its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = patience

        def do_POST(self):
            try:
                body, status = self.rfile.read(int(self.headers["Content-Length"])), 200
            except TimeoutError:
                body, status = b"", 504
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield f"http://{address}/"


def both(patience):
    body = b'{"query": "{ __typename }"}'
    with a_server(patience) as address, requests.Session() as users:
        users.trust_env = False
        return send(users, address, body), send(users, address, Slowly(body, 1))


def test_who_is_waited_for_gets_the_same_answer():
    at_once, slowly = both(5)
    assert slowly.content == at_once.content == b'{"query": "{ __typename }"}'
    assert slowly.request.headers["Content-Length"] == str(len(slowly.content))
    assert slowly.elapsed.total_seconds() > 0.8 > at_once.elapsed.total_seconds()
    assert cut_off(at_once, slowly) == ""


def test_who_is_not_waited_for_is_told_with_both_answers():
    at_once, slowly = both(0.05)
    assert "answered 504" in cut_off(at_once, slowly) and "answered 200" in cut_off(at_once, slowly)


def test_a_connection_that_is_closed_meanwhile_is_a_failure():
    def closed(*_, **__):
        raise requests.ConnectionError("reset")

    with pytest.raises(AssertionError, match="sent slowly: reset"):
        send(Thing(post=closed), "https://api.example.test/", Slowly(b"x", 0))


def test_two_answers_that_say_that_nobody_was_reached_are_no_pass():
    lost = Thing(status_code=504, request=Thing(method="POST"), url="https://api.example.test/", text="")
    assert cut_off(lost, lost)


@pytest.mark.parametrize(("host", "path"), [("api", "/graphql"), ("auth", "/api/auth/validate"), ("www", "/")])
def test_each_host_is_sent_a_body_where_its_service_reads_one(host, path):
    where, body = question(Thing(services=ServiceSettings()), host)
    assert where == path and len(body) > 10


@pytest.mark.parametrize(("patience", "is_good"), [(5, True), (0.05, False)])
def test_requests_that_come_slowly_all_the_time_are_all_answered_or_told(patience, is_good):
    with a_server(patience) as address, requests.Session() as users:
        users.trust_env = False
        with SlowLoop(users, address, b'{"query": "{ __typename }"}', 1) as loop:
            time.sleep(1.5)
        if is_good:
            assert loop.assert_nothing_lost()["answered"] >= LINES
        else:
            with pytest.raises(AssertionError, match="requests that took 1 s to arrive were cut off"):
                loop.assert_nothing_lost()


def test_a_loop_that_hardly_ran_proves_nothing():
    with a_server(5) as address, requests.Session() as users:
        users.trust_env = False
        loop = SlowLoop(users, address, b"{}", 0.1)
        loop.threads = []
        with pytest.raises(AssertionError, match="answers or more, saw 0"):
            loop.assert_nothing_lost()


def test_a_padded_body_says_the_same_and_comes_in_pieces_that_are_passed_on():
    body = json.dumps({"query": "{ __typename }"}).encode()
    assert json.loads(padded(body)) == json.loads(body)
    assert all(len(piece) > 4096 for piece in [*Slowly(padded(body), 0)][:-1]) and len(padded(body)) < 64 * 1024
