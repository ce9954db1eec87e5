"""HTTP/2, as far as one GET needs it."""

import pytest

from acceptance.clients.http2 import (
    ACKNOWLEDGES,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    RESET,
    SETTINGS,
    STREAM,
    NotHttp2,
    first_status,
    frame,
    frames,
    reader,
    request,
    status_of,
)


class Wire:
    """A server that sends these bytes, a few at a time, and hangs up."""

    def __init__(self, data):
        self.data, self.got = data, b""

    def recv(self, most):
        part, self.data = self.data[: min(most, 5)], self.data[min(most, 5) :]
        return part

    def sendall(self, data):
        self.got += data

    def status(self):
        return status_of(frames(reader(self)), self.sendall)


def answer(fields, flags=END_HEADERS):
    return frame(HEADERS, flags, STREAM, fields)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"\x88", 200),
        (b"\x8d\x0f\x0d\x01\x30", 404),
        (b"\x20\x3e\x88", 200),
        # The three ways to write a field whose name is in the table, and Huffman's code: RFC 7541, C.5 and C.6.
        (b"\x48\x03302", 302),
        (b"\x08\x03503", 503),
        (b"\x18\x03401", 401),
        (b"\x48\x82\x64\x02", 302),
        (b"\x48\x83\x64\x0e\xff", 307),
    ],
)
def test_a_status_is_read_however_it_is_written(fields, status):
    assert first_status(fields) == status


@pytest.mark.parametrize("fields", [b"", b"\x82", b"\x48", b"\x41\x03302", b"\x48\x03abc"])
def test_an_answer_without_a_status_is_none(fields):
    with pytest.raises(NotHttp2, match="status"):
        first_status(fields)


def test_the_answer_comes_after_settings_that_are_acknowledged():
    wire = Wire(frame(SETTINGS, 0, 0, b"\0\3\0\0\0\x64") + frame(PING, 0, 0, b"12345678") + answer(b"\x88"))
    assert wire.status() == 200
    assert wire.got == frame(SETTINGS, ACKNOWLEDGES, 0, b"") + frame(PING, ACKNOWLEDGES, 0, b"12345678")


def test_padding_priority_and_an_early_hint_are_passed_over():
    padded = b"\x02" + b"\0\0\0\0\x10" + b"\x8d" + b"\0\0"
    assert Wire(answer(padded, END_HEADERS | PADDED | PRIORITY)).status() == 404
    assert Wire(answer(b"\x08\x03103") + answer(b"\x88")).status() == 200


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\nInvalid HTTP request received.", "no frame of HTTP/2: b'HTTP/1.1 '"),
        (b"", "the connection ended"),
        (frame(SETTINGS, 0, 0, b""), "the connection ended"),
        (frame(RESET, 0, STREAM, b"\0\0\0\2"), "error 2"),
        (frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0bmore"), "error 11"),
    ],
)
def test_who_does_not_answer_is_told(data, says):
    with pytest.raises(NotHttp2, match=says):
        Wire(data).status()


def test_a_request_is_a_preface_settings_and_headers():
    sent = request("auth.example.test", "/api/health?mark-1")
    assert sent.startswith(PREFACE)
    (settings, headers) = (lambda found: [next(found), next(found)])(frames(reader(Wire(sent[len(PREFACE) :]))))
    assert settings == (SETTINGS, 0, b"")
    assert headers[2] == b"\x82\x87\x01\x11auth.example.test\x04\x12/api/health?mark-1"
    with pytest.raises(AssertionError, match="too long"):
        request("auth.example.test", "/" * 127)
