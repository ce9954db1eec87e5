"""What the log of a TLS port says about its clients."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.api import tls_auth
from acceptance.drivers.api.tls_auth import CLEAR, NOTHING, TLS, TlsAuth, said_first

BEGIN = "2026/11/30 12:00:00 http: TLS handshake error from 10.244.1.7:43210: "
UNKNOWN = BEGIN + "remote error: tls: unknown certificate authority"
HTTP = BEGIN + "client sent an HTTP request to an HTTPS server"
OLDER = BEGIN + "tls: first record does not look like a TLS handshake"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["serving"], NOTHING),
        (["serving", UNKNOWN, BEGIN + "EOF"], TLS),
        (["serving", HTTP], CLEAR),
        (["serving", UNKNOWN, OLDER], CLEAR),
    ],
)
def test_a_client_that_speaks_in_clear_text_is_seen(lines, said):
    assert said_first(lines) == said


@pytest.mark.parametrize(("later", "said"), [(UNKNOWN, TLS), (HTTP, CLEAR), ("", NOTHING)])
def test_a_line_is_waited_for_but_not_for_ever(monkeypatch, later, said):
    slept = []
    monkeypatch.setattr(tls_auth.time, "sleep", slept.append)
    monkeypatch.setattr(tls_auth.time, "monotonic", lambda: sum(slept))
    core = Thing(read_namespaced_pod_log=lambda *_: f"serving\n{later if slept else ''}")
    pod = Thing(status=Thing(pod_ip="10.0.0.1"))
    auth = TlsAuth(Thing(cluster=Thing(core=core), name="scenario-1", pod=lambda _: pod), "auth")
    assert auth.heard() == said and sum(slept) == (0.5 if later else tls_auth.SEEN)
    assert auth.url == "https://10.0.0.1:8443"


def test_the_pod_is_removed_at_the_end(monkeypatch):
    done = []
    monkeypatch.setattr(tls_auth, "run_client", lambda *what: done.append(what[1:]))
    monkeypatch.setattr(tls_auth, "delete_now", lambda _, name: done.append(name))
    with tls_auth.over_tls(None) as auth:
        assert done == [(auth.name, "serve")]
    assert done[1:] == [auth.name]
