"""Malformed requests to the services' public endpoints: what a scanner, a broken client or a fuzzer sends.

Each must be answered with 2xx, 3xx or 4xx; anything else is a fault. Left out are requests that HTTP itself answers
with a 5xx (another version: 505, another transfer coding: 501; RFC 9110), and incomplete ones: a server waits for more.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.raw_http import Answer
from acceptance.drivers.api.wallet import Wallet, new_nonce

WITHIN = 5.0
"""Seconds that an answer may take."""
PARALLEL = 4


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the services at a host, and the JSON fields that it accepts."""

    host: str
    method: str
    path: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.host} {self.path}"


@dataclass(frozen=True)
class Malformed:
    """A malformed request: its endpoint, what is wrong with it, and its bytes."""

    endpoint: Endpoint
    what: str
    data: bytes


class Send(Protocol):
    """Sends the bytes of a request to a host."""

    def __call__(self, host: str, data: bytes) -> Answer: ...


def endpoints(settings: ServiceSettings) -> list[Endpoint]:
    """Every public endpoint of the three services."""
    graphql = ("query", "variables", "operationName", "extensions")
    return [
        Endpoint("www", "GET", "/"),
        Endpoint("www", "GET", "/products/web-services"),
        Endpoint("api", "GET", "/health"),
        Endpoint("api", "GET", settings.graphql_path),
        Endpoint("api", "POST", settings.graphql_path, graphql),
        Endpoint("auth", "GET", settings.auth_health_path),
        Endpoint("auth", "GET", settings.nonce_path),
        Endpoint("auth", "POST", settings.siwe_path, ("message", "signature")),
        Endpoint("auth", "POST", settings.validate_path, ("token",)),
    ]


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

VALUES: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "a fraction": b"-1.5",
    "a number beyond all floats": b"1e999",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a number of 5000 digits": b"9" * 5000,
    "an empty string": b'""',
    "a string": b'"x"',
    "a blank": b'" "',
    "a NUL": b'"\\u0000"',
    "half of a character": b'"\\ud800"',
    "half of a character in a string": b'"a \\udfff b"',
    "bytes that are not UTF-8": b'"\xff"',
    "half a UTF-8 sequence": b'"\xe2\x82"',
    "a string of 5000 characters": b'"' + b"a" * 5000 + b'"',
    "an empty list": b"[]",
    "a list": b'[1, "x", null]',
    "a list in a list": b"[[]]",
    "a list of an object": b'[{"query": "{ __typename }"}]',
    "an empty object": b"{}",
    "an object": b'{"a": {"b": [null]}}',
    "an object with an odd key": b'{"\\ud800": 1, "": 2, "__proto__": 3}',
    "lists 500 deep": b"[" * 500 + b"]" * 500,
    "lists 5000 deep": b"[" * 5000 + b"]" * 5000,
    "objects 5000 deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
}

BODIES: dict[str, bytes] = {
    **{f"a body of {what}": body for what, body in VALUES.items()},
    "no body": b"",
    "a body of blanks": b"  \r\n\t ",
    "half an object": b'{"query": "{',
    "an open list 100000 deep": b"[" * 100_000,
    "two documents": b"{}{}",
    "a comment": b"{} // x",
    "single quotes": b"{'query': 'x'}",
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "UTF-32": '{"query": "{ __typename }"}'.encode("utf-32"),
    "bytes": bytes(range(256)),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a form": b"query=%7B__typename%7D&token=a&message=b",
    "a form in parts": b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\nnull\r\n--x--\r\n',
    "two megabytes of a string": b'{"query": "' + b"a" * 2_000_000 + b'"}',
    "two megabytes of blanks": b" " * 2_000_000,
    "two megabytes of a list": b"[" + b"1," * 1_000_000 + b"1]",
}

DOCUMENTS = {
    "only a comment": "# x",
    "an open brace": "{",
    "no selection": "{}",
    "half a selection": "{ products",
    "a field that there is not": "{ nobody }",
    "a selection of a text": "{ protectedQuery { x } }",
    "no selection of an object": "{ products }",
    "an argument that there is not": "{ products(first: 1) { slug } }",
    "a mutation": "mutation { x }",
    "a subscription": "subscription { x }",
    "two operations without names": "{ __typename } { __typename }",
    "two operations of one name": "query a { __typename } query a { __typename }",
    "two operations, none chosen": "query a { __typename } query b { __typename }",
    "a fragment in itself": "{ ...a } fragment a on Query { ...a }",
    "fragments in a ring": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "a fragment that there is not": "{ ...nobody }",
    "a directive that there is not": "{ __typename @nobody }",
    "a directive with a wrong value": '{ __typename @skip(if: "x") }',
    "a thousand directives": "{ __typename " + "@skip(if: false) " * 1000 + "}",
    "a variable that is missing": "query ($a: Boolean!) { __typename @skip(if: $a) }",
    "a variable of no type": "query ($a: Nobody) { __typename }",
    "a type definition": "type Query { x: Int }",
    "an open string": '{ products(a: "x) { slug } }',
    "an open block string": '{ products(a: """x) { slug } }',
    "half of a character, escaped": '{ products(a: "\\ud800") { slug } }',
    "a character beyond Unicode": '{ products(a: "\\u{110000}") { slug } }',
    "a NUL": "{ \0 }",
    "letters of no name": "{ é }",
    "half of a character": "{ \ud800 }",
    "a number of 5000 digits": "{ products(a: " + "9" * 5000 + ") { slug } }",
    "selections 100 deep": "{a" * 100 + "}" * 100,
    "selections 400 deep": "{a" * 400 + "}" * 400,
    "selections 5000 deep": "{a" * 5000 + "}" * 5000,
    "lists 900 deep": "{ products(a: " + "[" * 900 + "]" * 900 + ") { slug } }",
    "lists 20000 deep": "{ products(a: " + "[" * 20000 + "]" * 20000 + ") { slug } }",
    "types 900 deep": "query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }",
    "inline fragments 300 deep": "{" + "...{" * 300 + "__typename" + "}" * 301,
    "ten thousand fields": "{ products {" + " slug" * 10000 + " } }",
    "a thousand aliases": "{" + " ".join(f"a{number}: __typename" for number in range(1000)) + "}",
    "an introspection 30 deep": "{ __schema { types { fields {"
    + " type { ofType {" * 15
    + "name"
    + "} }" * 15
    + "}}}}",
}


def signatures() -> dict[str, str]:
    """Signatures that are no wallet's, by what is wrong with them."""
    zeros = {f"{count} zero bytes": "0x" + "00" * count for count in (1, 32, 63, 64, 65, 66, 96)}
    recovery = {
        f"65 bytes with the recovery {v}": "0x" + "11" * 64 + f"{v:02x}" for v in (0, 1, 2, 26, 27, 28, 35, 255)
    }
    return zeros | recovery | {
        "nothing but 0x": "0x",
        "0X": "0X" + "11" * 65,
        "zz": "zz",
        "0xzz": "0xzz",
        "130 letters that are no digits": "0x" + "zz" * 65,
        "an odd length": "0x" + "1" * 129,
        "another odd length": "0x" + "1" * 131,
        "no 0x": "11" * 65,
        "numbers over the curve's order": "0x" + "ff" * 64 + "1b",
        "zero and one": "0x" + "00" * 32 + "11" * 32 + "1b",
        "one and zero": "0x" + "11" * 32 + "00" * 32 + "1b",
        "blanks": " " * 132,
        "a line break at the end": "0x" + "11" * 65 + "\n",
        "digits that are not ASCII": "0x" + "\N{FULLWIDTH DIGIT ONE}" * 130,
        "half of a character": "0x" + "11" * 64 + "\ud800",
        "a NUL": "0x" + "11" * 64 + "\0\0",
        "200 characters": "0x" + "1" * 198,
        "201 characters": "0x" + "1" * 199,
    }  # fmt: skip


MISWRITTEN: dict[str, tuple[str, str]] = {
    "an empty address": (r"0x\w{40}", ""),
    "an address of zeros": (r"0x\w{40}", "0x" + "0" * 40),
    "an address in capitals": (r"0x\w{40}", "0X" + "A" * 40),
    "an address that is too long": (r"0x\w{40}", "0x" + "a" * 41),
    "a domain that is not ASCII": (r"^\S+", "www.é.example"),
    "an empty domain": (r"^\S+", ""),
    "a domain with a line break": (r"^\S+", "a\nb"),
    "a relative URI": ("URI: .*", "URI: x"),
    "a URI that is half an address": ("URI: .*", "URI: https://["),
    "a URI with a port that is no number": ("URI: .*", "URI: https://a:b"),
    "an empty URI": ("URI: .*", "URI: "),
    "version 2": ("Version: .*", "Version: 2"),
    "a chain below zero": ("Chain ID: .*", "Chain ID: -1"),
    "chain zero": ("Chain ID: .*", "Chain ID: 0"),
    "a chain of 100 digits": ("Chain ID: .*", "Chain ID: " + "9" * 100),
    "a chain of 3500 digits": ("Chain ID: .*", "Chain ID: " + "9" * 3500),
    "a chain that is no number": ("Chain ID: .*", "Chain ID: x"),
    "a short nonce": ("Nonce: .*", "Nonce: a"),
    "a nonce with a glob": ("Nonce: .*", "Nonce: ********"),
    "a nonce of 3500 letters": ("Nonce: .*", "Nonce: " + "a" * 3500),
    "a day that there is not": ("Issued At: .*", "Issued At: 2026-02-30T00:00:00Z"),
    "a time that there is not": ("Issued At: .*", "Issued At: 2026-01-01T25:61:61Z"),
    "a leap second": ("Issued At: .*", "Issued At: 2016-12-31T23:59:60Z"),
    "the year 0": ("Issued At: .*", "Issued At: 0000-01-01T00:00:00Z"),
    "a time without zone": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00"),
    "a zone beyond a day": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00+99:99"),
    "the end of time": ("Expiration Time: .*", "Expiration Time: 9999-12-31T23:59:59-23:59"),
    "the beginning of time": ("Expiration Time: .*", "Expiration Time: 0001-01-01T00:00:00+23:59"),
    "a time of many digits": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00." + "9" * 500 + "Z"),
    "not before an hour": ("$", "\nNot Before: 2126-01-01T00:00:00Z"),
    "a resource that is no URI": ("$", "\nResources:\n- x y"),
    "resources that can be read in two ways": ("$", "\nResources:" + "\n- a:b" * 100 + "\n- x y"),
    "a hundred resources": ("$", "\nResources:" + "\n- https://a.example/b" * 100),
    "a statement of 3000 letters": ("Sign in to.*", "a" * 3000),
    "a statement that is not ASCII": ("Sign in to.*", "é \N{GRINNING FACE}"),
    "a statement with half of a character": ("Sign in to.*", "\ud800"),
    "no statement": ("Sign in to.*\n", ""),
    "line breaks of Windows": ("\n", "\r\n"),
    "no line breaks": ("\n", " "),
    "half of it": (r"(?s)Version:.*", ""),
    "a line more": ("$", "\nx: y"),
    "5000 characters": ("$", "a" * 5000),
    "brackets": (r"(?s).*", "[" * 2000),
    "slashes and dots": (r"^\S+", "../" * 500),
}


def sign_ins(domain: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Bodies of sign-ins that are valid JSON: a good message with a wrong signature, and the reverse."""
    wallet = Wallet()
    good = wallet.message(f"www.{domain}", new_nonce())
    signed = wallet.sign(good)
    for what, signature in signatures().items():
        yield f"a signature of {what}", {"message": good, "signature": signature}
    for what, (pattern, text) in MISWRITTEN.items():
        # One match is replaced; of line breaks, all.
        count = 0 if pattern == "\n" else 1
        message = re.sub(pattern.replace("$", r"\Z"), text, good, count=count)
        yield f"a message with {what}", {"message": message, "signature": signed}


def malformed(settings: ServiceSettings, domain: str) -> list[Malformed]:
    """Every malformed request to every public endpoint."""
    return [request for endpoint in endpoints(settings) for request in to(endpoint, settings, domain)]


def to(endpoint: Endpoint, settings: ServiceSettings, domain: str) -> Iterator[Malformed]:
    """The malformed requests to an endpoint."""
    host = f"{endpoint.host}.{domain}"
    numbers = iter(range(1_000_000))

    def made(
        what: str,
        method: str = "",
        tail: str = "",
        headers: Iterable[tuple[str, bytes]] = (),
        body: bytes | None = None,
    ) -> Malformed:
        """A request with only the named fault. For the rate limit, each comes from a different client."""
        chosen = {"Host": host.encode()}
        if settings.client_header:
            chosen[settings.client_header] = f"malformed-{next(numbers)}".encode()
        if body is not None:
            chosen |= {"Content-Type": b"application/json", "Content-Length": str(len(body)).encode()}
        chosen |= dict(headers)
        chosen["Connection"] = b"Upgrade" if "Upgrade" in chosen else b"close"
        lines = [f"{method or endpoint.method} {endpoint.path}{tail} HTTP/1.1".encode()]
        lines += [name.encode() + b": " + value for name, value in chosen.items()]
        return Malformed(endpoint, what, b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""))

    ordinary = {"query": settings.protected_query} if "query" in endpoint.fields else {}
    body = json.dumps(ordinary).encode() if endpoint.fields else None
    for method in METHODS:
        if method != endpoint.method:
            yield made(f"the method {method}", method, body=body)
    for what, tail in TAILS.items():
        yield made(what, tail=tail, body=body)
    for name, values in HEADERS.items():
        for what, value in values:
            yield made(f"{name}: {what}", headers=[(name, value)], body=body)
    yield made("a header that is not one", headers=[("a b", b"c")], body=body)
    yield made("500 headers", headers=[(f"X-{number}", b"a") for number in range(500)], body=body)
    yield made("a body where none belongs", body=b"x" * 1000)
    if not endpoint.fields:
        return
    for what, text in BODIES.items():
        yield made(what, body=text)
    for field in endpoint.fields:
        others = {"query": "{ __typename }"} if "query" in endpoint.fields and field != "query" else {}
        others |= dict.fromkeys((name for name in ("message", "signature") if name in endpoint.fields), "x")
        others.pop(field, None)
        rest = "".join(f", {json.dumps(key)}: {json.dumps(value)}" for key, value in others.items()).encode()
        for what, value in VALUES.items():
            yield made(f"{field}: {what}", body=b"{" + json.dumps(field).encode() + b": " + value + rest + b"}")
    if "query" in endpoint.fields:
        for what, document in DOCUMENTS.items():
            yield made(f"a document with {what}", body=json.dumps({"query": document}).encode())
    if "token" in endpoint.fields:
        for what, token in TOKENS.items():
            yield made(f"a token with {what}", body=json.dumps({"token": token}).encode())
    if "signature" in endpoint.fields:
        for what, sign_in in sign_ins(domain):
            yield made(what, body=json.dumps(sign_in).encode())


def send_all(requests: list[Malformed], send: Send) -> list[tuple[Malformed, Answer]]:
    """Send requests, several at a time; return each with its answer."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = pool.map(lambda request: send(request.endpoint.host, request.data), requests)
        return list(zip(requests, answers, strict=True))


def faults(answered: list[tuple[Malformed, Answer]]) -> list[str]:
    """The requests that were answered wrongly, in words: not with 2xx to 4xx, not in time, or with a traceback."""
    found = []
    for request, answer in answered:
        if answer.status is None:
            seen = f"no answer ({answer.body})"
        elif not 200 <= answer.status < 500:
            seen = f"{answer.status}: {answer.body[:200]}"
        elif "Traceback (most recent call last)" in answer.body:
            seen = f"{answer.status} with a traceback"
        elif answer.seconds > WITHIN:
            seen = f"{answer.status} after {answer.seconds:.0f} s"
        else:
            continue
        found.append(f"{request.endpoint} with {request.what}: {seen}")
    return found


def no_tokens(answered: list[tuple[Malformed, Answer]], settings: ServiceSettings) -> list[tuple[Malformed, Answer]]:
    """The requests whose bearer is no token, to the endpoints that take one: validation and the protected query."""
    asked = {("api", "POST", settings.graphql_path), ("auth", "POST", settings.validate_path)}
    return [
        (request, answer)
        for request, answer in answered
        if (request.endpoint.host, request.endpoint.method, request.endpoint.path) in asked
        and request.what.startswith("Authorization: ")
        # HTTP itself forbids control characters in a header (RFC 9110, 5.5): a proxy in front may answer 400.
        and "control character" not in request.what
    ]
