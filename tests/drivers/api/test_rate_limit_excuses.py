"""Requests that ask to be excused from a rate limit, to auth services that excuse some or none."""

import json
from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import rate_limit_excuses
from acceptance.drivers.api.path_variants import WITH_QUERY
from acceptance.drivers.api.rate_limit_excuses import call_with_excuses, nameless_client, served_at_other_paths
from acceptance.drivers.api.rate_limits import RateClient

LIMIT = 20


class Auth:
    """An auth that counts all calls as one client's, except those that an excuse holds for; and Redis."""

    def __init__(self, excused=lambda headers: False):
        self.excused, self.count, self.removed = excused, 0, []

    def post(self, path, body=None, headers=None):
        self.count += not self.excused(headers)
        return json_answer(429 if self.count > LIMIT and not self.excused(headers) else 401, {})

    def get(self, path, **_):
        return json_answer(200, {})

    def __call__(self, _, __, word, key):
        if word == "DEL":
            self.removed.append(key)
        return json.dumps({"GET": self.count, "TTL": 60, "EXPIRETIME": 1795896000}.get(word))


EXCUSES = [
    lambda headers: headers.get("Origin") == "https://www.example.org",
    lambda headers: headers.get("Referer", "").startswith("https://www.example.org/"),
    lambda headers: headers.get("User-Agent", "").startswith("kube-probe/"),
    lambda headers: "Authorization" in headers,
    lambda headers: headers.get("Authorization") == "Bearer its JWT",
    lambda headers: headers.get("X-Client-Ip") == "127.0.0.1",
    lambda headers: headers.get("Forwarded") == "for=127.0.0.1",
    lambda headers: "X-Skip-Auth" in headers,
    lambda headers: "session=" in headers.get("Cookie", ""),
    lambda headers: "X-Internal" in headers,
    lambda headers: "X-Middleware-Subrequest" in headers,
    lambda headers: headers.get("X-Original-Url") == "/health",
]


@pytest.mark.parametrize("excused", [*EXCUSES, lambda headers: False])
def test_an_excuse_that_auth_accepts_is_seen(excused):
    auth, settings = Auth(excused), ServiceSettings(client_header="X-Client-Id")
    client = RateClient(auth, settings, auth, "me", by_header=True)
    client.call_until_refused()
    assert client.served == LIMIT
    seen = call_with_excuses(client, "www.example.org", "its JWT")
    assert len(seen) == 2 and (401 in seen.values()) is (excused in EXCUSES)


@pytest.mark.parametrize("excused", EXCUSES[-7:])
def test_a_client_inside_the_cluster_does_not_call_itself_internal(excused):
    auth = Auth(excused)
    client = RateClient(auth, ServiceSettings(), auth, "10.0.0.9", by_header=False)
    client.call_until_refused()
    assert {*call_with_excuses(client, "www.example.org", "its JWT").values()} == {429}


@pytest.mark.parametrize(("uncounted", "status"), [(True, 401), (False, 429)])
def test_a_client_without_a_name_reaches_the_limit(monkeypatch, uncounted, status):
    auth, ended = Auth(lambda headers: uncounted and "X-Client-Id" not in headers), []

    class Pod:
        """A pod that stands for the client."""

        namespace = None

        def __init__(self, *_):
            self.close = self.delete = lambda: ended.append(self)

        def way_to(self, *_):
            return "127.0.0.1:1"

        def address(self):
            return "10.0.0.9"

    auth.namespace = None
    monkeypatch.setattr(rate_limit_excuses, "PodClient", Pod)
    monkeypatch.setattr(rate_limit_excuses, "Api", lambda _: auth)
    with nameless_client(ServiceSettings(client_header="X-Client-Id"), auth, ("auth-service", 3001)) as client:
        client.call_until_refused()
    assert client.last.status_code == status and client.headers == {}
    assert auth.removed == ["rate-limit:10.0.0.9"] and len(ended) == 2


class Routed:
    """An auth whose client is over its limit, with an answer of its own for some paths; no other one is known."""

    base = "http://auth"

    def __init__(self, **own):
        self.own, self.calls = {f"{self.base}/api/auth/siwe{path}": status for path, status in own.items()}, 0

    def post(self, path, body=None, headers=None, auth=None, **_):
        self.calls += 1
        request = Thing(url=self.base + path)
        url = auth(request).url if auth else request.url
        if not auth:
            return json_answer(401 if self.calls <= LIMIT else 429, {"detail": "wrong"})
        status = self.own.get(url, 429 if "?" in url else 404)
        return json_answer(status, {"detail": "wrong"})

    def __call__(self, _, __, word, key):
        return json.dumps({"GET": self.calls, "TTL": 60, "EXPIRETIME": 1795896000}.get(word))


@pytest.mark.parametrize(
    ("own", "wrong"),
    [
        ({}, []),
        ({"/": 429}, []),
        ({"/": 401}, ["with a slash behind it"]),
        ({"/": 201}, ["with a slash behind it"]),
        ({"/": 400}, []),
        ({"/": 307}, []),
        ({"?x=1": 401}, [WITH_QUERY]),
        ({"?x=1": 404}, [WITH_QUERY]),
    ],
)
def test_a_spelling_of_the_path_that_is_served_over_the_limit_is_seen(own, wrong):
    auth = Routed(**own)
    client = RateClient(auth, ServiceSettings(client_header="X-Client-Id"), auth, "me", by_header=True)
    client.call_until_refused()
    assert [*served_at_other_paths(client)] == wrong
