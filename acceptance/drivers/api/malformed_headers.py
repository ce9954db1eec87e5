"""Malformed methods, paths, tokens and headers, by what is wrong with each."""

from __future__ import annotations

import base64
import json
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get")

TAILS = {
    "a NUL in the path": "%00",
    "a path that is not UTF-8": "%ff%fe",
    "a path with half of an escape": "%",
    "a path with a line break": "%0d%0aSet-Cookie:%20a=b",
    "a path with a line break and a slash": "%0d%0aSet-Cookie:%20a=b/",
    "a path that climbs": "/../../../../etc/passwd",
    "a path that climbs, escaped": "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "a path that climbs, escaped twice": "/%252e%252e/%252e%252e/etc/passwd",
    "two slashes": "//",
    "a trailing slash": "/",
    "a path of 300 characters": "/" + "a" * 300,
    "a path of 7000 characters": "/" + "a" * 7000,
    "a path with a thousand slashes": "/a" * 1000,
    "a query that is not UTF-8": "?query=%ff&variables=%ff",
    "a query with half of an escape": "?query=%zz%",
    "a query of null": "?query=null&variables=null&extensions=null&operationName=null",
    "variables that are a list": "?query=%7B__typename%7D&variables=[1]",
    "variables that are a number": "?query=%7B__typename%7D&variables=1",
    "variables that are no JSON": "?query=%7B__typename%7D&variables=x",
    "extensions that are a string": "?query=%7B__typename%7D&extensions=%22x%22",
    "variables nested 1500 deep": "?query=%7B__typename%7D&variables=" + "[" * 1500,
    "an operation that is not there": "?query=%7B__typename%7D&operationName=Nobody",
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
    "a crit that nobody knows": headed({"alg": "HS256", "crit": ["x"], "x": 1}),
    "a detached payload": headed({"alg": "HS256", "b64": False}),
    "a header nested 1500 deep": nested_header(1500),
    "a header nested 4500 deep": nested_header(4500),
    "a header that is not UTF-8": "_____w.e30.c2ln",
    "7000 characters": "a" * 7000,
    "9000 characters": "a" * 9000,
    "characters of no token": "a b c",
}

HEADERS: dict[str, list[tuple[str, bytes]]] = {
    "Authorization": [
        ("a bearer that is not UTF-8", b"Bearer \xff"),
        ("a bearer of UTF-8", "Bearer é".encode()),
        ("a bearer of emoji", "Bearer \N{GRINNING FACE}".encode()),
        ("a bearer with a non-ASCII end", b"Bearer abc.def.gh\xe9"),
        ("a bearer with a tab", b"Bearer a\tb"),
        ("a bearer without a token", b"Bearer"),
        ("a bearer of blanks", b"Bearer    "),
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
        ("a form in parts without boundary", b"multipart/form-data"),
        ("a form in parts", b"multipart/form-data; boundary=x"),
        ("half a type", b"application/"),
        ("semicolons", b";;;;"),
        ("JSON of a charset that there is not", b"application/json; charset=no-such"),
        ("JSON of UTF-16", b"application/json; charset=utf-16"),
        ("what is not UTF-8", b"application/json\xff"),
        ("parameters encoded by RFC 2231", b"application/json; a*0*=x'y'%ff; a*1=%zz"),
        ("2000 parameters", b"application/json" + b"; a=b" * 2000),
    ],
    "Accept": [
        ("what is not UTF-8", b"\xff"),
        ("a stream of events", b"text/event-stream"),
        ("a response in parts", b"multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"),
        ("a weight that is no number", b"text/html;q=x,*/*;q=-1"),
    ],
    "Content-Length": [("a negative number", b"-1"), ("no number", b"abc"), ("two numbers", b"1, 2")],
    "Content-Encoding": [("gzip of what is none", b"gzip"), ("what there is not", b"no-such")],
    "Cookie": [("what is not UTF-8", b"a=\xff; =; ;;"), ("20000 characters", b"a=" + b"b" * 20000)],
    "Range": [("what is none", b"bytes=9-1"), ("many", b"bytes=" + b"0-1," * 500 + b"0-1")],
    "If-Modified-Since": [("no date", b"yesterday \xff")],
    "Expect": [("what nobody can do", b"a-miracle")],
    "X-Forwarded-For": [("what is not UTF-8", b"\xff, \xfe"), ("no address", b"' OR 1=1 --")],
    "X-Forwarded-Host": [("half an address", b"["), ("another site", b"somewhere-else.example")],
    "X-Real-Ip": [("what is not UTF-8", b"\xff")],
    "X-Client-Id": [("what is not UTF-8", b"\xff\xfe"), ("an empty value", b"")],
    "Upgrade": [("to what there is not", b"no-such"), ("to a socket, without the rest", b"websocket")],
    "Host": [("half an address", b"["), ("no port", b"a:b"), ("what is not UTF-8", b"\xff"), ("an empty value", b"")],
}
