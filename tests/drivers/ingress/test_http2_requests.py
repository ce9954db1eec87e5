"""A browser's HTTP/2 request compared with the same one over HTTP/1.1."""

import ssl
from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.ingress import http2_requests
from acceptance.drivers.ingress.http2_requests import ask_both, unlike


class Users:
    """Users whose every request over HTTP/1.1 is answered with 200."""

    verify = False

    def __init__(self, spelt=200):
        self.spelt = spelt

    def request(self, *_, headers=(), **__):
        found = requests.Response()
        found.status_code = self.spelt if "Host" in headers and headers["Host"] == "AUTH.EXAMPLE.TEST:443" else 200
        return found


def asked(monkeypatch, outcome, users=None):
    def get(address, name, path, trust, within):
        assert (address, name) == (("127.0.0.1", 443), "auth.example.test") and path.startswith("/api/health?mark-")
        wanted = outcome(trust) if callable(outcome) else outcome
        if isinstance(wanted, OSError):
            raise wanted
        return wanted

    monkeypatch.setattr(http2_requests.http2, "get", get)
    monkeypatch.setattr(http2_requests, "known_paths", lambda _: {"auth": ["/api/health"]})
    environment = Thing(domain="example.test", infrastructure=None)
    outputs = Thing(load_balancer=Thing(address="127.0.0.1", https_port=443))
    return ask_both(users or Users(), environment, outputs, "auth")


def test_a_browser_that_is_answered_alike_is_let_pass(monkeypatch):
    both = asked(monkeypatch, ("h2", 200))
    assert unlike(both) == "" and len(both.answers) == len(both.asked) == 7
    assert [what for what in both.asked.values() if what.endswith("over HTTP/2")]


@pytest.mark.parametrize(
    ("outcome", "said"), [(ssl.SSLError("protocol version"), "TLS 1.2: .*version"), (("h2", 421), "")]
)
def test_an_older_browser_that_is_turned_away_is_told(monkeypatch, outcome, said):
    def get(trust):
        return outcome if trust.maximum_version == ssl.TLSVersion.TLSv1_2 else ("h2", 200)

    if said:
        with pytest.raises(AssertionError, match=said):
            asked(monkeypatch, get)
    else:
        assert "TLS 1.2': 421" in unlike(asked(monkeypatch, get))


@pytest.mark.parametrize(
    ("how", "refused"),
    [
        ("TLS 1.3", lambda trust: trust.minimum_version == ssl.TLSVersion.TLSv1_3),
        ("AES-GCM", lambda trust: not any("CHACHA20" in one["name"] for one in before_1_3(trust))),
    ],
)
def test_a_client_that_speaks_nothing_else_is_told(monkeypatch, how, refused):
    def get(trust):
        return ssl.SSLError("handshake failure") if refused(trust) else ("h2", 200)

    with pytest.raises(AssertionError, match=f"{how}: .*handshake failure"):
        asked(monkeypatch, get)


def before_1_3(trust):
    """The ciphers that a context offers to servers without TLS 1.3."""
    return [one for one in trust.get_ciphers() if one["protocol"] != "TLSv1.3"]


def test_a_client_with_one_curve_is_among_them(monkeypatch):
    limited = []
    monkeypatch.setattr(ssl.SSLContext, "set_ecdh_curve", lambda _, name: limited.append(name))
    asked(monkeypatch, ("h2", 200))
    assert limited == ["prime256v1"]


def test_a_browser_that_is_answered_otherwise_is_told(monkeypatch):
    assert "over HTTP/2': 404" in unlike(asked(monkeypatch, ("h2", 404)))


def test_where_the_server_chooses_http_1_browsers_speak_that(monkeypatch):
    both = asked(monkeypatch, ("http/1.1", 0))
    assert unlike(both) == "" and len(both.answers) == len(both.asked) == 2


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("timed out")])
def test_a_browser_that_is_not_answered_is_told(monkeypatch, error):
    with pytest.raises(AssertionError, match=r"over HTTP/2: (reset|timed out)"):
        asked(monkeypatch, error)


def test_a_host_that_is_only_known_in_one_spelling_is_told(monkeypatch):
    both = asked(monkeypatch, ("h2", 200), Users(spelt=400))
    assert "with the Host AUTH.EXAMPLE.TEST:443': 400" in unlike(both)
