"""Lines of a service's log: those about an unreachable service, and those for developers only."""

import json

import pytest

from acceptance.drivers.services.log_lines import (
    for_developers,
    is_record,
    printed,
    printed_while_serving,
    prints,
    says_unreachable,
    showing,
)

WHO = {"logger": "backend_service.auth", "service": "backend_service"}
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIweDEifQ.c2lnbmF0dXJlLW9mLXRoaXM"


def line(level="ERROR", **what):
    return json.dumps({"level": level, **WHO, **what})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (line(message="auth service cannot be reached", url="http://auth-service:3001/", error="ReadTimeout:"), True),
        (line(message="request failed", error="ConnectTimeout: http://auth-service:3001"), True),
        (line(level="warn", msg="auth: connect ECONNREFUSED 10.96.0.5:3001"), True),
        (line(message="auth timed out"), True),
        (line(level="error", msg="auth request failed", err="read ECONNRESET"), True),
        (line(level="error", msg="auth: socket hang up"), True),
        (line(level="error", msg="auth: read tcp 10.0.0.1: reset by peer"), True),
        (line(message="request failed"), False),
        (line(message="request failed", exc_info="auth.py: ConnectTimeout"), False),
        (line(message="database cannot be reached"), False),
        (line(level="WARNING", message="error connecting: password authentication failed for user platform"), False),
        (line(message="authentication service unreachable"), True),
        (line(message="auth says no"), False),
        (line(level="INFO", message="auth service cannot be reached"), False),
        ("auth cannot be reached", False),
        (line(level=50, msg="auth: connect ECONNREFUSED 10.96.0.5:3001"), True),
        (line(level=30, msg="auth: connect ECONNREFUSED 10.96.0.5:3001"), False),
        ('{"severity": "ERROR", "message": "auth cannot be reached"}', True),
        ("2026-11-28 22:00:01 ERROR auth cannot be reached", True),
        ("[error] auth cannot be reached", True),
        ("warn: auth timed out", True),
        ('time=2026-11-28T22:00:01Z level=warn msg="auth timed out"', True),
        ('ts=1 lvl="error" msg="auth cannot be reached"', True),
        ("log.level=err severity=x auth cannot be reached", True),
        ('level=info msg="auth cannot be reached, no error"', False),
        ("level=information auth cannot be reached", False),
        ("INFO auth cannot be reached, no error", False),
        ("ERROR something failed", False),
    ],
)
def test_a_line_that_says_that_auth_cannot_be_reached(text, says):
    assert says_unreachable(text, "auth") is says


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (line(level="DEBUG", message="auth says no"), True),
        (line(level="INFO", message="debug: asks auth"), True),
        (line(level="INFO", msg="[DBG] asks auth"), True),
        (f"asks auth, token={TOKEN}", True),
        (line(level="INFO", message="asks auth", token=TOKEN), True),
        ("DBG ask auth", True),
        (line(level="VERBOSE", message="answered"), True),
        (line(level="silly", message="answered"), True),
        ("verbose: asks auth", True),
        ("2026-11-28 22:00:01 [VERBOSE] asks auth", True),
        ('time=2026-11-28T22:00:01Z level=verbose msg="asks auth"', True),
        ("Trace: products were read", True),
        (line(level="INFO", message="trace: asks auth"), True),
        ("TRACE products were read", True),
        ("[trace] products were read", True),
        ("level=trace msg=read", True),
        ("2026-11-28 22:00:01 TRACE products were read", True),
        ("2026-11-28T22:00:01.123Z [TRACE] products were read", True),
        ("trace: 0af7651916cd43dd8448eb211c80319c", False),
        ("trace=0af7651916cd43dd GET /health 200", False),
        ("2026-11-28 22:00:01 INFO tracing is off", False),
        ("verbose: false", False),
        (line(level="INFO", message="verbose: asks auth"), False),
        (line(level="INFO", message="settings", verbose=False), False),
        ('level=info msg="a verbose answer"', False),
        (line(level="INFO", message="validated by auth service", subject="0x1"), False),
        (line(level="INFO", message="trace-id=1 POST /graphql"), False),
        ("GET /health 200", False),
        ("", False),
    ],
)
def test_a_line_for_developers(text, is_one):
    assert for_developers(text, [TOKEN, "no.such-token"]) is is_one


def test_who_writes_a_token_or_the_signature_of_a_jwt_is_told():
    logs = {
        "a": [line(message="signed in", token="af_secret"), line(message="signed in", address="0xabc")],
        "b": [f"validated c2lnbmF0dXJlLW9mLXRoaXM of {TOKEN.partition('.')[0]}", "GET /health 200"],
        "c": [line(message="signed in", header=TOKEN.partition(".")[0]), "af_other"],
    }
    assert showing(logs, ["af_secret", TOKEN]) == {"a": 1, "b": 1}


def test_a_token_is_shown_without_its_beginning_and_as_bytes_too_but_not_by_a_hint():
    token = "af_" + "k7Qz" * 9
    logs = {
        "a": [line(message="signed in", token=token.removeprefix("af_"))],
        "b": [f"stored {token.encode().hex()}"],
        "c": [line(message="signed in", hint=token[-12:])],
    }
    assert showing(logs, [token]) == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("text", "of_logger"),
    [
        ('b\'{"query": "# MARK\\\\n{ products }"}\'', False),
        ('{"query": "# MARK { products }"}', False),
        ("asks: # MARK { products }", False),
        (line(level="INFO", message="query", query="# MARK"), True),
        ('{"time": "2026-11-29T12:00:00Z", "query": "# MARK"}', True),
        ('{"level": 30, "query": "# MARK"}', True),
        ("INFO:     query # MARK", True),
        ("[info] query # MARK", True),
        ('level=info msg="# MARK"', True),
        ("I1129 12:00:00.000000 1 graphql.go:12] # MARK", True),
        ("2026-11-29 12:00:00 POST /graphql # MARK", True),
        ("[29/Nov/2026:12:00:00 +0000] POST # MARK", True),
        ('10.0.0.1 - - [29/Nov/2026:12:00:00 +0000] "POST /graphql" 200', True),
    ],
)
def test_what_was_printed_is_told_from_what_was_logged(text, of_logger):
    assert is_record(text) is of_logger
    assert prints(text, "MARK") is ("MARK" in text and not of_logger)


LOGGED = [line(level="INFO", message="started"), line(level="INFO", message="POST /graphql 200")]
BANNER = ["> backend@1.0.0 start", "> node server.js", "Server ready at http://localhost:4000/"]
MORGAN = "POST /graphql 200 3.123 ms - 15"


@pytest.mark.parametrize(
    ("before", "since", "found"),
    [
        (LOGGED, ["rows: 2"], ["rows: 2"]),
        (LOGGED, ["protectedQuery 0xabc", LOGGED[1]], ["protectedQuery 0xabc"]),
        ([*LOGGED, *LOGGED, "rows: 2"], ["rows: 2", LOGGED[1]], ["rows: 2"]),
        (["GET /ready 200", MORGAN, "Server ready"], ["rows: 2", MORGAN], ["rows: 2"]),
        (LOGGED, LOGGED, []),
        (LOGGED, ["2026-11-29 12:00:00 asked", "[info] asked", MORGAN, "", "---", "}"], []),
        (LOGGED, ["Traceback (most recent call last):", "  File 'a.py'", "psycopg.OperationalError: away"], []),
        (LOGGED, ["TypeError: x is not a function", "    at a (b.js:1)"], []),
        (LOGGED, ["[", "  {", '    "id": 1,', '    "name": "a"', "  }", "]"], ['[ { "id": 1, "name": "a" } ]']),
        (LOGGED, ["{", "  id: 1,", LOGGED[1], "  name: 2", "}"], ["{ id: 1,"]),
        (LOGGED, ["[", '  "a"'], ['[ "a"']),
        (LOGGED, ["{", '  "level": "info",', '  "message": "asked"', "}", LOGGED[1]], []),
        (LOGGED, ["2026-11-29 12:00:00 INFO asked", "  {", '    "id": 1', "  }"], []),
        (LOGGED, ["TypeError: x is not a function", "    at a (b.js:1) {", "  code: 7", "}"], []),
        (BANNER, ["Query executed"], []),
        ([*BANNER, *BANNER, LOGGED[1]], ["Query executed"], []),
        ([], ["rows: 2"], []),
    ],
)
def test_what_is_printed_beside_a_log_is_told_from_a_log_of_plain_lines(before, since, found):
    assert printed([*before, *since], len(before)) == found


SERVED = [line(level="INFO", message=f'10.0.0.{number}:1 - "POST /graphql HTTP/1.1" 200') for number in range(9)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([*BANNER, *SERVED], []),
        (
            [*SERVED, "pool: 4 of 10 in use", *SERVED, "pool: 5 of 10 in use"],
            ["pool: 4 of 10 in use", "pool: 5 of 10 in use"],
        ),
        ([*SERVED, "[", "  4,", "]"], ["[ 4, ]"]),
        ([*LOGGED[:1], *BANNER], []),
        ([*SERVED, "Traceback (most recent call last):", "  File 'a.py'", "psycopg.OperationalError: away"], []),
        (["POST /graphql", *BANNER, *BANNER], []),
        ([], []),
    ],
)
def test_what_a_deployed_service_prints_is_told(lines, found):
    assert printed_while_serving(lines) == found
