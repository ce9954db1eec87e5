"""Clients of the services: ways to sign in, answers that are yes or no, data, ports, and how clients are told apart."""

import json
from types import SimpleNamespace as Thing

import pytest
import requests
import yaml

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, ask_at_once, is_data, long, of_others, shows
from acceptance.drivers.api.rate_limits import End, RateClient, wrong_end
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.api.token_validation import says_valid
from acceptance.drivers.data.cache import ports_in
from acceptance.drivers.ingress import traefik_options
from acceptance.drivers.services.service import shape

KINDS = (
    "a good message", "a good message with the fewest fields",
    "a good message with all fields, its times in another zone",
    "a message that was changed after it signed", "a message that expired",
    "a message that is not good yet",
    "a message that another wallet signed", "a nonce that it used before", "a nonce that auth did not issue",
    "a message for a domain that ends like its own", "a message for a domain that begins like its own",
    "a message for another domain", "a message for another chain", "something that is no message",
)  # fmt: skip


def answer(status, body, method="POST", url="https://auth.example/api/auth/siwe"):
    made = requests.Response()
    made.status_code, made.url, made._content = status, url, json.dumps(body).encode()
    made.request = requests.Request(method, url).prepare()
    return made


class Auth:
    """An auth service of either flow, which lets everyone in."""

    def __init__(self, status=200):
        self.status = status

    def get(self, path, **_):
        return answer(self.status, {"nonce": "a" * 16}, "GET", f"https://auth.example{path}")

    def post(self, path, body=None, **_):
        return answer(self.status, {"message": "Sign this: 123"}, "POST", f"https://auth.example{path}")


def visitor(flow, auth=None):
    settings = ServiceSettings(sign_in=flow)
    return SignIn(auth or Auth(), Thing(services=settings, domain="example.org"))


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_each_flow_makes_every_kind_of_message_and_only_the_good_one_twice_alike(flow):
    made = {kind: visitor(flow).message(kind) for kind in KINDS}
    assert all(text and signature.startswith("0x") for text, signature in made.values())
    assert len({signature for _, signature in made.values()}) == len(KINDS)


def test_a_flow_that_is_not_there_says_which_route_answered_what():
    with pytest.raises(AssertionError, match=r"GET https://auth\.example/api/auth/nonce answered 404"):
        visitor("siwe", Auth(404)).message("a good message")


@pytest.mark.parametrize(("status", "good"), [(422, True), (401, True), (404, False), (405, False), (500, False)])
def test_the_route_of_the_criterion_is_asked_by_itself(status, good):
    there = visitor("siwe", Auth(status))
    if good:
        assert there.ask_route().status_code == status
    else:
        with pytest.raises(AssertionError, match=f"/api/auth/siwe answered {status}"):
            there.ask_route()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(200, {"valid": True}, True), (200, {"valid": False}, False), (401, {}, False), (403, {"error": "no"}, False)],
)
def test_yes_and_no(status, body, said):
    assert says_valid(answer(status, body), ServiceSettings()) is said


@pytest.mark.parametrize(
    ("status", "body"), [(200, {}), (200, {"valid": "yes"}), (404, {}), (503, {}), (401, {"valid": True})]
)
def test_anything_else_is_neither(status, body):
    with pytest.raises(AssertionError, match="expected yes or no"):
        says_valid(answer(status, body), ServiceSettings())


@pytest.mark.parametrize("body", [{"data": None}, {"data": {"a": None}}, {"data": {"a": 1}, "errors": [{}]}, [1]])
def test_data_with_a_hole_in_it_is_none(body):
    with pytest.raises(AssertionError):
        Asked(answer(200, body), None, 0.0).data()


@pytest.mark.parametrize(
    ("status", "body", "is_good"),
    [
        (200, {"data": {"__typename": "Query"}}, True),
        (200, {"data": {"__typename": None}}, False),
        (200, {"data": None, "errors": [{"message": "no"}]}, False),
        (200, {"data": {"__typename": "Query"}, "errors": [{"message": "no"}]}, False),
        (404, {"data": {"__typename": "Query"}}, False),
        (200, ["data"], False),
    ],
)
def test_a_graphql_answer_has_data_and_no_errors(status, body, is_good):
    assert is_data(answer(status, body)) is is_good


def test_a_page_is_no_graphql_answer():
    page = answer(200, {})
    page._content = b"<html>"
    assert not is_data(page)


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


def test_data_shows_an_address_however_it_is_written():
    assert shows({"me": [{"id": "0xABC sees 3"}]}, "0xabc") and not shows({"me": "0xdef"}, "0xabc")


def test_ports_that_are_listened_at():
    table = """  sl  local_address rem_address   st
   0: 00000000:18EB 00000000:0000 0A 00000000:00000000
   1: 0100007F:18EC 0100007F:9999 01 00000000:00000000"""
    assert ports_in(table) == {6379}


def test_what_stays_the_same_of_an_answer():
    assert shape('{"b": 1, "a": 2}') == shape('{"a": 7, "b": 8}') == "a, b"
    assert shape("OK") == "OK"


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


class Backend:
    """A backend that says who asks; or always the one that it names."""

    def __init__(self, always=""):
        self.always = always

    def post(self, path, body, token):
        return answer(200, {"data": {"protectedQuery": f"{self.always or token} sees 5 products"}})


def test_users_who_ask_at_once_get_their_own_data():
    settings, tokens = ServiceSettings(), {"0xA1": "0xa1", "0xB2": "0xb2"}
    assert of_others(ask_at_once(Backend(), settings, tokens)) == []
    (first, *_) = of_others(ask_at_once(Backend("0xa1"), settings, tokens))
    assert first.endswith("for 0xB2")


def test_a_long_query_is_the_query_and_8_kibibytes_of_comments():
    text = long("{ products { slug } }")
    assert len(text) > 8192
    assert [row for row in text.splitlines() if not row.startswith("#")] == ["{ products { slug } }"]


class Limit:
    """An auth that refuses one client, and Redis; it goes by the first of some headers."""

    def __init__(self, *believed):
        self.believed, self.counted = believed, {}

    def post(self, path, body=None, headers=None):
        client = next(headers[name].removeprefix("for=") for name in (*self.believed, "X-Client-Id") if name in headers)
        self.counted[f"rate-limit:{client}"] = self.counted.get(f"rate-limit:{client}", 0) + 1
        return answer(429 if client == "refused" else 401, {})

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


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"entrypoints.websecure.address": ":8443"}, 0),
        ({"entrypoints.websecure.forwardedheaders.insecure": "true"}, 1),
        ({"entrypoints.websecure.forwardedheaders.insecure": "false"}, 0),
        ({"entrypoints.web.proxyprotocol.trustedips": "10.0.0.0/16,127.0.0.1/32"}, 0),
        ({"entrypoints.web.forwardedheaders.trustedips": "10.0.0.0/16,0.0.0.0/0"}, 1),
    ],
)
def test_only_a_load_balancer_in_front_is_believed(options, count):
    assert len(traefik_options.believes(options)) == count
