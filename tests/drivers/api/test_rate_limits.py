"""A client that makes many concurrent calls, to an auth that counts each call, and to one that loses some."""

import json
import threading
import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
import requests
import yaml
from tests_support import json_answer

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import rate_limits
from acceptance.drivers.api.rate_limits import End, RateClient, forgiven, never_ends, wrong_count, wrong_end

LIMIT = 20


class Auth:
    """Auth that allows LIMIT calls; without `together` it reads a counter and writes it back, as two steps."""

    def __init__(self, together, status=422):
        self.together, self.status, self.count = together, status, 0
        self.lock = threading.Lock()

    def counted(self):
        if self.together:
            with self.lock:
                self.count += 1
                return self.count
        before = self.count
        time.sleep(0.001)
        self.count = before + 1
        return self.count

    def post(self, path, body, headers):
        made = requests.Response()
        made.status_code = 429 if self.counted() > LIMIT else self.status
        made.headers["Retry-After"] = "60"
        made.request = requests.Request("POST", "https://auth.example/").prepare()
        return made

    def redis(self, *command):
        return {"GET": str(self.count), "TTL": "60", "EXPIRETIME": "1795896000"}[command[2]]


def calling(auth):
    return RateClient(auth, ServiceSettings(), auth.redis, "me", by_header=False)


@pytest.mark.parametrize(("together", "wrong"), [(True, ""), (False, "calls were served")])
def test_calls_at_once_are_counted_each(together, wrong):
    first, second = calling(Auth(True)), calling(Auth(together))
    first.call_until_refused()
    assert first.served == LIMIT and first.period[0] == 60 <= first.period[1] < 65
    second.call()
    served = 1 + second.call_at_once(2 * LIMIT)
    found = wrong_count(first.served, second.calls, served, second.counter())
    assert wrong in found and bool(found) is bool(wrong)


def test_an_auth_that_breaks_is_seen():
    with pytest.raises(AssertionError, match="answered 500"):
        calling(Auth(True, 500)).call_at_once(LIMIT)


@pytest.mark.parametrize(
    ("served", "counter", "wrong"),
    [(20, 41, ""), (20, 21, ""), (19, 41, ""), (21, 41, "21 of 41"), (20, 20, "it is 20"), (20, None, "it is None")],
)
def test_a_counter_has_each_call_or_stands_still_over_the_limit(served, counter, wrong):
    found = wrong_count(LIMIT, 41, served, counter)
    assert wrong in found and bool(found) is bool(wrong)


@pytest.mark.parametrize(("flow", "limited"), [("siwe", True), ("siwe", False), ("challenge", True)])
def test_a_client_over_the_limit_asks_for_what_a_sign_in_begins_with(flow, limited):
    class Nonces(Auth):
        """Auth that limits its nonces, or does not."""

        def get(self, path, headers):
            assert path == "/api/auth/nonce"
            return self.post(path, None, headers) if limited else Auth(True, 200).post(path, None, headers)

    auth = Nonces(True)
    client = RateClient(auth, ServiceSettings(sign_in=flow), auth.redis, "me", by_header=False)
    client.call_until_refused()
    assert client.ask_nonce() == (429 if limited else 200)


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        (1, 3, ""),
        (1, 2, ""),
        (1, 1, "1 after it"),
        (5, 0, "0 after it"),
        (1, None, "None after it"),
        (None, 2, "not exist"),
    ],
)
def test_a_good_sign_in_takes_nothing_off_a_counter(before, after, wrong):
    found = forgiven(before, after)
    assert wrong in found and bool(found) is bool(wrong)


def test_a_client_signs_in_under_its_own_name(monkeypatch):
    entered = []
    monkeypatch.setattr(rate_limits.SignIn, "enter", lambda self: entered.append((self.api, self.headers)))
    client = RateClient("api", ServiceSettings(client_header="X-Client-Id"), None, "me", by_header=True)
    client.sign_in(SimpleNamespace(services=client.settings, domain="example.test"))
    assert entered == [("api", {"X-Client-Id": "me"})]


@pytest.mark.parametrize(
    ("refused", "later", "wrong"),
    [
        (End(57, 1060), End(53, 1060), ""),
        (End(60, 1060), End(-2, -2), ""),
        (End(-2, -2), End(-2, -2), ""),
        (End(-1, -1), End(-1, -1), "never expires"),
        (End(3600, 4600), End(3596, 4600), "Retry-After was 58 s"),
        (End(60, 1060), End(60, 1064), "4 s later than before"),
    ],
)
def test_a_counter_ends_when_its_client_was_told(refused, later, wrong):
    found = wrong_end(58, refused, later)
    assert wrong in found and bool(found) is bool(wrong)


@pytest.mark.parametrize("name", ["kind", "production"])
def test_clients_are_told_apart_as_the_environment_deploys_it(name):
    base = yaml.safe_load((ROOT / "k8s/auth-service/base/config.yaml").read_text())["data"]["RATE_LIMIT_BY"]
    overlay = (ROOT / f"k8s/auth-service/overlays/{name}/kustomization.yaml").read_text()
    patches = "\n".join(item["patch"] for item in yaml.safe_load(overlay)["patches"])
    deployed = next(
        (row["value"] for row in yaml.safe_load(patches) or [] if row["path"].endswith("RATE_LIMIT_BY")), base
    )
    header = load_environment(name).services.client_header.lower()
    # What Traefik itself says of a client, no scenario can say in its place.
    assert header == ("" if deployed == "x-real-ip" else deployed)


class Limit:
    """An auth that refuses one client, and Redis; it identifies clients by the first of some headers."""

    def __init__(self, *believed):
        self.believed, self.counted = believed, {}

    def post(self, path, body=None, headers=None):
        client = next(headers[name].removeprefix("for=") for name in (*self.believed, "X-Client-Id") if name in headers)
        self.counted[f"rate-limit:{client}"] = self.counted.get(f"rate-limit:{client}", 0) + 1
        return json_answer(429 if client == "refused" else 401, {})

    def __call__(self, _, __, word, key):
        return json.dumps(self.counted.pop(key, None) if word == "DEL" else self.counted.get(key))


@pytest.mark.parametrize(
    ("believed", "told"),
    [
        ((), []),
        (("Forwarded",), ["it got 401", "its call was counted for the other client"]),
    ],
)
def test_a_client_that_is_taken_for_whom_it_says_is_told(believed, told):
    settings, auth = ServiceSettings(client_header="X-Client-Id"), Limit(*believed)
    one, other = (RateClient(auth, settings, auth, name, by_header=True) for name in ("refused", "other"))
    assert one.forge(other) == told
    assert one.calls == 1


def test_clients_that_are_told_apart_by_address_say_nothing():
    one = RateClient(Limit(), ServiceSettings(client_header=""), Limit(), "10.0.0.1", by_header=False)
    assert one.forge(one) == [] and one.calls == 0


def test_a_client_is_told_seconds_or_a_date():
    seen = [rate_limits.seconds_told(text) for text in ("30", "", "soon")]
    assert seen == [30, 0, 0]
    assert 58 <= rate_limits.seconds_told(formatdate(time.time() + 60, usegmt=True)) <= 60


@pytest.mark.parametrize(
    ("end", "wrong"), [(End(60, 1060), False), (End(0, 1060), False), (End(-2, -2), False), (End(-1, -1), True)]
)
def test_a_counter_that_stays_for_ever(end, wrong):
    assert never_ends(end) is wrong
