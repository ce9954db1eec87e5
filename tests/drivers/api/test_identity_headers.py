"""Clients that say themselves who they are, held against a backend and an auth that believe one of the headers."""

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import identity_headers as named

ME = named.identities("0xabc", "www.example.test")


class Believing:
    """A backend, or an auth, that believes one header, or none; `status` is that of its refusals."""

    def __init__(self, header="", status=401):
        self.header, self.status, self.seen = header, status, []

    def post(self, path, body=None, token=None, headers=None, params=None):
        self.seen.append((token, headers))
        cookies = dict(one.split("=") for one in headers["Cookie"].split("; "))
        who = headers.get(self.header) or cookies.get(self.header) or params.get(self.header.removeprefix("?"))
        if path == "/graphql":
            refusal = {"data": None, "errors": [{"message": "Unauthorized"}]}
            return json_answer(200, {"data": {"protectedQuery": who}}) if who else json_answer(self.status, refusal)
        return json_answer(200, {"valid": True, "sub": who}) if who else json_answer(self.status, {"valid": False})


@pytest.mark.parametrize(
    "header",
    [
        *("X-Forwarded-User", "Remote-User", "X-Amzn-Oidc-Identity", "X-Internal-Request", "Origin", "User-Agent"),
        *("session", "user", "address", "?user", "?address"),
    ],
)
def test_who_believes_a_header_is_seen(header):
    doors, settings = {"a pod": Believing(header), "another": Believing()}, ServiceSettings()
    assert list(named.let_in_as_named(named.ask_as_named(doors, settings, None, ME))) == ["a pod"]
    assert list(named.accepted_as_named(doors, settings, "bad", ME)) == ["a pod"]
    assert [token for token, _ in doors["another"].seen] == [None, "bad"]


@pytest.mark.parametrize(("status", "wrong"), [(200, False), (400, False), (401, False), (403, False), (500, True)])
def test_a_refusal_is_right_whatever_its_status(status, wrong):
    doors, settings = {"a pod": Believing(status=status)}, ServiceSettings()
    assert bool(named.let_in_as_named(named.ask_as_named(doors, settings, "bad", ME))) is wrong
    assert named.accepted_as_named(doors, settings, None, ME) == {}


def test_all_headers_are_sent_at_once_and_are_short():
    headers = named.identities("0x" + "a" * 40, "www.example.test")
    others = len(named.FLAGS) + len(named.METHOD) + len(named.SOURCE) + len(named.trusted_senders("")) + len(["Cookie"])
    assert len(headers) == len(named.USER) + others > 30
    assert len("".join(f"{name}: {value}\r\n" for name, value in headers.items())) < 4096
