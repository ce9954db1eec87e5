"""Wallets that sign in: the sign-in flows that an environment chooses from, and what a wallet gets. Source: 8.7."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import requests

from acceptance.base.conditions import as_json
from acceptance.base.environment import Environment
from acceptance.base.secrecy import register_secret
from acceptance.drivers.api.nonce_replays import Signed, used, used_at_once
from acceptance.drivers.api.wallet import ALL, FEWEST, JWT, OTHER_CHAIN, OTHER_DOMAIN, Wallet, jwt_in, new_nonce
from acceptance.drivers.services.service import KEEP, Api, in_words, now

LOGS = "kubectl logs -l app=auth-service"
READING, ENOUGH = 30, 60
"""Seconds that people take to read what they sign, and that a nonce holds at least where auth says for how long."""
READ = "a good message, once it was read"
LONGEST = 200
"""Seconds that a request waits for auth's rate limit: a message of a wallet is good for 300."""


def keep_tokens(answer: requests.Response) -> None:
    """Have no message and no evidence show the tokens of an answer, also of one that should have been a refusal."""
    with contextlib.suppress(requests.JSONDecodeError, AttributeError):
        for key, value in answer.json().items():
            if isinstance(value, str) and ("token" in key.lower() or JWT.match(value)):
                register_secret(value)


def got_token(answer: requests.Response, field: str) -> bool:
    """Whether an answer has a token, in its field or a JWT in another. A refusal need not be JSON."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return False
    found = body if isinstance(body, dict) else {}
    return bool(found.get(field)) or any(isinstance(value, str) and JWT.match(value) for value in found.values())


class SignIn:
    """A wallet that signs in, using the environment's flow (`sign_in` of [services])."""

    def __init__(self, api: Api, environment: Environment):
        self.api, self.since = api, now()
        self.paths = environment.services
        self.domain = f"www.{environment.domain}"
        # What a comparison of one end alone takes for the site; anyone may register these.
        self.ends_alike, self.begins_alike = f"not-{environment.domain}", f"{self.domain}.{OTHER_DOMAIN}"
        self.wallet = Wallet()
        # Each wallet is a client of its own to the rate limit, where clients are told apart by a header.
        self.headers = {self.paths.client_header: self.wallet.address} if self.paths.client_header else {}
        # Of the request before a sign-in.
        self.first: dict[str, str] = {}
        self.flow = FLOWS[self.paths.sign_in](self)
        self.answer: Any = None

    def ask_route(self) -> requests.Response:
        """Ask the criterion's own route with nothing. Raises AssertionError if it is not there, or breaks."""
        answer = self.patiently(lambda: self.api.post(self.paths.siwe_path, {}, headers=self.headers))
        assert 400 <= answer.status_code < 500 and answer.status_code not in (404, 405), (
            f"expected a refusal of an empty sign-in: {in_words(answer)}. Try: {LOGS}"
        )
        return answer

    def patiently(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """The answer to a request; after 429 it is asked again when auth said, for LONGEST seconds.

        All wallets here, and those of the other lanes, are one client to an auth that goes by addresses.
        """
        ends = time.monotonic() + LONGEST
        while True:
            answer = ask()
            told = answer.headers.get("Retry-After", "")
            # Auth says whole seconds, and may round them down.
            pause = int(told) + 1 if told.isdigit() else 1
            if answer.status_code != 429 or time.monotonic() + pause > ends:
                return answer
            time.sleep(pause)

    def message(self, kind: str) -> Signed:
        """A message of a kind that the Examples name, and its signature."""
        return self.flow.message(kind)

    def read(self, issued: dict[str, Any]) -> None:
        """Take the time that people do to read what a nonce or challenge is signed with, or see that auth grants it."""
        told = issued.get("expiresIn")
        if not isinstance(told, int):
            time.sleep(READING)
            return
        assert told >= ENOUGH, f"expected a nonce that holds for {ENOUGH} s or more, auth says {told} s. Try: {LOGS}"

    def as_new_client(self) -> None:
        """Be another client to the rate limit from now on, where clients are told apart by a header."""
        self.headers = {name: new_nonce() for name in self.headers}

    def send(self, message: str, signature: str, **headers: str) -> requests.Response:
        """Sign in with a message and its signature; return the answer."""
        body, sent = self.flow.body(message, signature), {**self.headers, **headers}
        answer = self.patiently(lambda: self.api.post(self.paths.siwe_path, body, headers=sent))
        keep_tokens(answer)
        return answer

    def enter(self) -> dict[str, Any]:
        """Sign in with a good message, over the connection that its nonce came over; return what it got."""
        self.first = KEEP
        self.answer = self.send(*self.message("a good message"))
        return self.got()

    def got(self) -> dict[str, Any]:
        """What a wallet got that was let in, with the JWT under "jwt". Raises AssertionError if it was not."""
        answer = self.answer
        assert answer.status_code in (200, 201), f"expected to be let in: {in_words(answer)}. Try: {LOGS}"
        body = as_json(answer.text)
        return {**body, "jwt": jwt_in(body), "wallet": self}


class Siwe:
    """The plan's flow: a nonce from auth, a message that the client makes (EIP-4361), its signature."""

    def __init__(self, visitor: SignIn):
        self.visitor = visitor

    def body(self, message: str, signature: str) -> dict[str, str]:
        """What is sent to sign in."""
        return {"message": message, "signature": signature}

    def nonce(self, *, read: bool = False) -> str:
        """A nonce that auth issues; with `read` once its message has been read."""
        visitor = self.visitor
        headers = {**visitor.headers, **visitor.first}
        answer = visitor.patiently(lambda: visitor.api.get(visitor.paths.nonce_path, headers=headers))
        assert answer.status_code == 200, f"expected a nonce: {in_words(answer)}. Try: {LOGS}"
        issued = as_json(answer.text)
        if read:
            visitor.read(issued)
        return str(issued["nonce"])

    def made(self, **settings: Any) -> str:
        """A message with a nonce of auth's, for the site's domain."""
        domain = settings.pop("domain", self.visitor.domain)
        nonce = settings.pop("nonce", "") or self.nonce()
        return self.visitor.wallet.message(domain, nonce, **settings)

    def message(self, kind: str) -> Signed:
        """A message of a kind that the Examples name, and its signature."""
        wallet = self.visitor.wallet

        def signed(text: str) -> Signed:
            return text, wallet.sign(text)

        def changed() -> Signed:
            good = self.made()
            return good.replace("Sign in to", "Sign everything over to"), wallet.sign(good)

        def by_another() -> Signed:
            good = self.made()
            return good, Wallet().sign(good)

        kinds: dict[str, Callable[[], Signed]] = {
            "a good message": lambda: signed(self.made()),
            READ: lambda: signed(self.made(nonce=self.nonce(read=True))),
            "a good message with the fewest fields": lambda: signed(self.made(fields=FEWEST)),
            "a good message with all fields": lambda: signed(self.made(fields=ALL)),
            "a message that was changed after it signed": changed,
            "a message that expired": lambda: signed(self.made(minutes=-1)),
            "a message that is not good yet": lambda: signed(self.made(minutes=60, wait=30)),
            "a message that another wallet signed": by_another,
            "a nonce that it used before": lambda: used(self.visitor, *signed(self.made())),
            "a nonce that it used several times at once": lambda: used_at_once(
                self.visitor, lambda: signed(self.made())
            ),
            "a nonce that auth did not issue": lambda: signed(self.made(nonce=new_nonce())),
            "a message for another domain": lambda: signed(self.made(domain=OTHER_DOMAIN)),
            "a message for a domain that ends like its own": lambda: signed(self.made(domain=self.visitor.ends_alike)),
            "a message for a domain that begins like its own": lambda: signed(
                self.made(domain=self.visitor.begins_alike)
            ),
            "a message for another chain": lambda: signed(self.made(chain=OTHER_CHAIN)),
            "something that is no message": lambda: signed("Let me in."),
        }
        return kinds[kind]()


class Challenge:
    """A flow in which auth writes the message: POST of the address for a challenge, then the challenge signed."""

    def __init__(self, visitor: SignIn):
        self.visitor = visitor

    def body(self, message: str, signature: str) -> dict[str, str]:
        """What is sent to sign in."""
        return {"address": self.visitor.wallet.address, "message": message, "signature": signature}

    def challenge(self, *, read: bool = False) -> str:
        """What auth wants signed; with `read` once it has been read."""
        visitor = self.visitor
        body, headers = {"address": visitor.wallet.address}, {**visitor.headers, **visitor.first}
        answer = visitor.patiently(lambda: visitor.api.post(visitor.paths.nonce_path, body, headers=headers))
        assert answer.status_code in (200, 201), f"expected a challenge: {in_words(answer)}. Try: {LOGS}"
        issued = as_json(answer.text)
        if read:
            visitor.read(issued)
        return str(issued[visitor.paths.challenge_field])

    def good(self) -> Signed:
        """A challenge of auth's, and its signature."""
        text = self.challenge()
        return text, self.visitor.wallet.sign(text)

    def message(self, kind: str) -> Signed:
        """The challenge, or one that auth did not write for this wallet, and its signature."""
        wallet, good = self.visitor.wallet, self.challenge(read=kind == READ)
        # Auth writes the message: which fields it has is not the wallet's to choose.
        if kind.startswith("a good message"):
            return good, wallet.sign(good)
        if kind == "a nonce that it used before":
            return used(self.visitor, good, wallet.sign(good))
        if kind == "a nonce that it used several times at once":
            return used_at_once(self.visitor, self.good)
        if kind == "a message that another wallet signed":
            return good, Wallet().sign(good)
        if kind == "a message that was changed after it signed":
            return good + " and all else", wallet.sign(good)
        # Auth wrote none of the others: what it did not write it does not accept, whatever it says.
        made = f"{good}\n({kind}, {new_nonce()})"
        return made, wallet.sign(made)


FLOWS: dict[str, type[Siwe] | type[Challenge]] = {"siwe": Siwe, "challenge": Challenge}
