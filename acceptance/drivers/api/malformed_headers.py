"""Malformed methods, paths, tokens and headers, by what is wrong with each."""

from __future__ import annotations

import base64
import json
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get")

TAILS = {
    "a NUL in the path": "%00",
    "a path that is not UTF-8": "%ff%fe",
    "a path with an incomplete escape": "%",
    "a path with a line break": "%0d%0aSet-Cookie:%20a=b",
    "a path with a line break and a slash": "%0d%0aSet-Cookie:%20a=b/",
    "a path with ..": "/../../../../etc/passwd",
    "a path with .., escaped": "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "a path with .., escaped twice": "/%252e%252e/%252e%252e/etc/passwd",
    "two slashes": "//",
    "a trailing slash": "/",
    "a path of 300 characters": "/" + "a" * 300,
    "a path of 7000 characters": "/" + "a" * 7000,
    "a path with a thousand slashes": "/a" * 1000,
    "a query that is not UTF-8": "?query=%ff&variables=%ff",
    "a query with an incomplete escape": "?query=%zz%",
    "a query of null": "?query=null&variables=null&extensions=null&operationName=null",
    "variables that are a list": "?query=%7B__typename%7D&variables=[1]",
    "variables that are a number": "?query=%7B__typename%7D&variables=1",
    "variables that are not JSON": "?query=%7B__typename%7D&variables=x",
    "extensions that are a string": "?query=%7B__typename%7D&extensions=%22x%22",
    "variables nested 1500 deep": "?query=%7B__typename%7D&variables=" + "[" * 1500,
    "an unknown operation": "?query=%7B__typename%7D&operationName=Nobody",
    "a mutation by GET": "?query=mutation%7Bx%7D",
    "a hundred times the same parameter": "?" + "&".join(["query=x"] * 100),
    "a thousand parameters": "?" + "&".join(f"a{number}=1" for number in range(1000)),
}


def nested_header(depth: int) -> str:
    """A JWT whose header is a deeply nested list."""
    return base64.urlsafe_b64encode(b"[" * depth).rstrip(b"=").decode() + ".e30.c2ln"


def headed(header: Any) -> str:
    """A JWT with this header and an invalid signature."""
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + ".e30.c2ln"


TOKENS = {
    "two dots": "..",
    "no dot": "a",
    "ten dots": "." * 10,
    "padding": "====",
    "a header of null": headed(None),
    "a header of a list": headed([]),
    "a header of a number": headed(1),
    "a header without algorithm": headed({}),
    "an algorithm of null": headed({"alg": None}),
    "an algorithm that is a list": headed({"alg": ["HS256"]}),
    "an algorithm that is an object": headed({"alg": {"a": 1}}),
    "a kid that is a number": headed({"alg": "HS256", "kid": 1}),
    "an unknown crit": headed({"alg": "HS256", "crit": ["x"], "x": 1}),
    "a detached payload": headed({"alg": "HS256", "b64": False}),
    "a header nested 1500 deep": nested_header(1500),
    "a header nested 4500 deep": nested_header(4500),
    "a header that is not UTF-8": "_____w.e30.c2ln",
    "7000 characters": "a" * 7000,
    "9000 characters": "a" * 9000,
    "characters that tokens may not contain": "a b c",
}

Values = list[tuple[str, bytes]]
HEADERS: dict[str, Values] = {
    "Authorization": [
        ("a bearer that is not UTF-8", b"Bearer \xff"),
        ("a bearer of UTF-8", "Bearer é".encode()),
        ("a bearer of emoji", "Bearer \N{GRINNING FACE}".encode()),
        ("a bearer with a non-ASCII end", b"Bearer abc.def.gh\xe9"),
        ("a bearer with a tab", b"Bearer a\tb"),
        ("a bearer without a token", b"Bearer"),
        ("a bearer of spaces", b"Bearer    "),
        ("a bearer twice", b"Bearer Bearer a.b.c"),
        ("a bearer with a comma", b"Bearer a.b.c, Bearer d.e.f"),
        ("a bearer in quotes", b'Bearer "a.b.c"'),
        ("a bearer of a control character", b"Bearer a\x01b"),
        ("a bearer of 30000 characters", b"Bearer " + b"a" * 30000),
        ("another scheme", b"Basic YTpi"),
        ("a scheme that is not UTF-8", b"\xff\xfe x"),
        ("an empty value", b""),
        *((f"a bearer with {what}", f"Bearer {token}".encode()) for what, token in TOKENS.items()),
    ],
    "Content-Type": [
        ("an empty value", b""),
        ("text", b"text/plain"),
        ("a form", b"application/x-www-form-urlencoded"),
        ("a multipart form without boundary", b"multipart/form-data"),
        ("a multipart form", b"multipart/form-data; boundary=x"),
        ("an incomplete type", b"application/"),
        ("semicolons", b";;;;"),
        ("JSON in an unknown charset", b"application/json; charset=no-such"),
        ("JSON in UTF-16", b"application/json; charset=utf-16"),
        ("invalid UTF-8", b"application/json\xff"),
        ("parameters encoded by RFC 2231", b"application/json; a*0*=x'y'%ff; a*1=%zz"),
        ("2000 parameters", b"application/json" + b"; a=b" * 2000),
    ],
    "Accept": [
        ("invalid UTF-8", b"\xff"),
        ("an event stream", b"text/event-stream"),
        ("a multipart response", b"multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"),
        ("a weight that is not a number", b"text/html;q=x,*/*;q=-1"),
    ],
    "Content-Length": [("a negative number", b"-1"), ("not a number", b"abc"), ("two numbers", b"1, 2")],
    "Content-Encoding": [("gzip for a body that is not compressed", b"gzip"), ("an unknown encoding", b"no-such")],
    "Cookie": [("invalid UTF-8", b"a=\xff; =; ;;"), ("20000 characters", b"a=" + b"b" * 20000)],
    "Range": [("an invalid range", b"bytes=9-1"), ("many", b"bytes=" + b"0-1," * 500 + b"0-1")],
    "If-Modified-Since": [("not a date", b"yesterday \xff")],
    "Expect": [("an unknown expectation", b"a-miracle")],
    "X-Forwarded-For": [("invalid UTF-8", b"\xff, \xfe"), ("not an address", b"' OR 1=1 --")],
    "X-Forwarded-Host": [("an incomplete address", b"["), ("another site", b"somewhere-else.example")],
    "X-Real-Ip": [("invalid UTF-8", b"\xff")],
    "Upgrade": [("to an unknown protocol", b"no-such"), ("to a WebSocket, without its other headers", b"websocket")],
    "Host": [
        ("an incomplete address", b"["),
        ("an invalid port", b"a:b"),
        ("invalid UTF-8", b"\xff"),
        ("an empty value", b""),
    ],
}


def headers(client_header: str) -> dict[str, Values]:
    """The values of each header; `client_header` tells clients apart, if there is such a header."""
    return {**HEADERS, client_header or "X-Client-Id": [("invalid UTF-8", b"\xff\xfe"), ("an empty value", b"")]}
