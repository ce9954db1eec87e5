"""Wallets that sign in: the sign-in flows that an environment can choose, and what a wallet gets. Source: 8.7."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from acceptance.base.conditions import as_json
from acceptance.base.environment import Environment
from acceptance.drivers.api.kept_tokens import keep_tokens as keep_tokens
from acceptance.drivers.api.nonce_replays import Signed, used, used_at_once
from acceptance.drivers.api.wallet import ALL, FEWEST, JWT, OTHER_CHAIN, OTHER_DOMAIN, PAGE, Wallet, jwt_in, new_nonce
from acceptance.drivers.services.answer_headers import kept_for
from acceptance.drivers.services.service import KEEP, Api, in_words, now

LOGS = "kubectl logs -l app=auth-service"
READING, ENOUGH = 20, 60
"""Seconds that people take to read what they sign, and the shortest validity of a nonce that auth may state."""
READ = "a good message, once it was read"
LONGEST = 200
"""Seconds for which a request waits for auth's rate limit: a wallet's message is valid for 300."""


def got_token(answer: requests.Response, field: str) -> bool:
    """Whether an answer has a token in its field, or a JWT in any other. A refusal need not be JSON."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return False
    found = body if isinstance(body, dict) else {}
    return bool(found.get(field)) or any(isinstance(value, str) and JWT.match(value) for value in found.values())


class SignIn:
    """A wallet that signs in with the environment's flow (`sign_in` of [services])."""

    def __init__(self, api: Api, environment: Environment):
        self.api, self.since = api, now()
        self.paths = environment.services
        self.domain = f"www.{environment.domain}"
        # Domains that a comparison of only one end takes for the site's; anyone may register these.
        self.ends_alike, self.begins_alike = f"not-{environment.domain}", f"{self.domain}.{OTHER_DOMAIN}"
        self.wallet = Wallet()
        # Where a header tells clients apart, each wallet is a client of its own to the rate limit.
        self.headers = {self.paths.client_header: self.wallet.address} if self.paths.client_header else {}
        self.first: dict[str, str] = {}  # of the request before a sign-in
        self.flow = FLOWS[self.paths.sign_in](self)
        self.answer: Any = None
        self.kind = ""  # what it signed in with

    def ask_route(self) -> requests.Response:
        """POST an empty sign-in to the criterion's route. Raises AssertionError if the route is missing or fails."""
        answer = self.patiently(lambda sent: self.api.post(self.paths.siwe_path, {}, headers=sent))
        assert 400 <= answer.status_code < 500 and answer.status_code not in (404, 405), (
            f"expected a refusal of an empty sign-in, saw {in_words(answer)}. Try: {LOGS}"
        )
        return answer

    def patiently(self, ask: Callable[[dict[str, str]], requests.Response], **headers: str) -> requests.Response:
        """The answer to a request; after a 429 it is repeated when auth said, for at most LONGEST seconds.

        To an auth that tells clients apart by address, all wallets here and in the other lanes are one client. Where a
        header does, a wallet whose turn comes later than that goes on as another client: the limit is not its subject.
        """
        ends, is_first = time.monotonic() + LONGEST, True
        while (answer := ask({**self.headers, **headers})).status_code == 429:
            told = answer.headers.get("Retry-After", "")
            # Auth gives whole seconds, which may be rounded down.
            pause = int(told) + 1 if told.isdigit() else 1
            if time.monotonic() + pause <= ends:
                time.sleep(pause)
            elif is_first and self.headers:
                self.as_new_client()
                is_first = False
            else:
                break
        return answer

    def message(self, kind: str) -> Signed:
        """A message of a kind that the Examples name, and its signature."""
        return self.flow.message(kind)

    def read(self, issued: dict[str, Any]) -> None:
        """Wait about as long as people take to read a message: auth may state a wrong lifetime for its nonce."""
        told = issued.get("expiresIn")
        assert not isinstance(told, int) or told >= ENOUGH, (
            f"expected a nonce that is valid for {ENOUGH} s or more, but auth says {told} s. Try: {LOGS}"
        )
        time.sleep(READING)

    def as_new_client(self) -> None:
        """Become another client for the rate limit, where a header tells clients apart."""
        self.headers = {name: new_nonce() for name in self.headers}

    def send(self, message: str, signature: str, **headers: str) -> requests.Response:
        """Sign in with a message and its signature; return the answer."""
        body = self.flow.body(message, signature)
        answer = self.patiently(lambda sent: self.api.post(self.paths.siwe_path, body, headers=sent), **headers)
        keep_tokens(answer, self.paths.token_field)
        return answer

    def send_once(self, message: str, signature: str) -> requests.Response:
        """Like `send`, but a 429 is an answer, too."""
        answer = self.api.post(self.paths.siwe_path, self.flow.body(message, signature), headers=self.headers)
        keep_tokens(answer, self.paths.token_field)
        return answer

    def enter(self) -> dict[str, Any]:
        """Sign in with a good message, over the same connection as its nonce; return what it got."""
        self.first = KEEP
        self.answer = self.send(*self.message("a good message"))
        return self.got()

    def got(self) -> dict[str, Any]:
        """What auth gave to the wallet, with the JWT under "jwt". Raises AssertionError if it refused the sign-in."""
        answer = self.answer
        assert answer.status_code in (200, 201), f"expected the sign-in to succeed, saw {in_words(answer)}. Try: {LOGS}"
        body = as_json(answer.text)
        return {**body, "jwt": jwt_in(body), "wallet": self}


class Siwe:
    """The plan's flow: a nonce from auth, a message by the client (EIP-4361), and its signature."""

    def __init__(self, visitor: SignIn):
        self.visitor = visitor

    def body(self, message: str, signature: str) -> dict[str, str]:
        """What is sent to sign in."""
        return {"message": message, "signature": signature}

    def read(self) -> Signed:
        """A message that was written as soon as there was a nonce, and signed once there was time to read it."""
        issued = self.issued()
        text = self.made(nonce=str(issued["nonce"]))
        self.visitor.read(issued)
        return text, self.visitor.wallet.sign(text)

    def issued(self) -> dict[str, Any]:
        """A nonce from auth, and what it says of it."""
        visitor = self.visitor
        path = visitor.paths.nonce_path
        answer = visitor.patiently(lambda sent: visitor.api.get(path, headers=sent), **visitor.first)
        assert answer.status_code == 200, f"expected a nonce, saw {in_words(answer)}. Try: {LOGS}"
        # A browser that caches the answer would send the same nonce again, and be refused.
        seconds = kept_for(answer)
        assert not seconds, f"expected an uncacheable nonce, but it may be cached {seconds:.0f} s: {in_words(answer)}"
        return dict(as_json(answer.text))

    def made(self, **settings: Any) -> str:
        """A message with a nonce from auth, for the site's domain."""
        domain = settings.pop("domain", self.visitor.domain)
        nonce = settings.pop("nonce", "") or str(self.issued()["nonce"])
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
            READ: self.read,
            "a good message with the fewest fields": lambda: signed(self.made(fields=FEWEST)),
            "a good message with all fields, its times in another zone": lambda: signed(self.made(fields=ALL)),
            "a good message on a page of the site": lambda: signed(self.made(page=PAGE, minutes=60)),
            "a good message from a clock that is half a minute ahead": lambda: signed(self.made(ahead=30)),
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
    """A flow in which auth writes the message: POST the address to get a challenge, then sign the challenge."""

    def __init__(self, visitor: SignIn):
        self.visitor = visitor

    def body(self, message: str, signature: str) -> dict[str, str]:
        """What is sent to sign in."""
        return {"address": self.visitor.wallet.address, "message": message, "signature": signature}

    def issued(self) -> dict[str, Any]:
        """A challenge from auth, and what it says of it."""
        visitor = self.visitor
        path, body = visitor.paths.nonce_path, {"address": visitor.wallet.address}
        answer = visitor.patiently(lambda sent: visitor.api.post(path, body, headers=sent), **visitor.first)
        assert answer.status_code in (200, 201), f"expected a challenge, saw {in_words(answer)}. Try: {LOGS}"
        return dict(as_json(answer.text))

    def challenge(self, *, read: bool = False) -> str:
        """A challenge from auth; with `read`, returned once there was time to read it."""
        issued = self.issued()
        if read:
            self.visitor.read(issued)
        return str(issued[self.visitor.paths.challenge_field])

    def good(self) -> Signed:
        """A challenge from auth, and its signature."""
        text = self.challenge()
        return text, self.visitor.wallet.sign(text)

    def message(self, kind: str) -> Signed:
        """The challenge, or one that auth did not write for this wallet, and its signature."""
        wallet, good = self.visitor.wallet, self.challenge(read=kind == READ)
        # Auth writes the message, so the wallet cannot choose its fields.
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
        # Auth wrote none of the other messages, so it accepts none of them, whatever they say.
        made = f"{good}\n({kind}, {new_nonce()})"
        return made, wallet.sign(made)


FLOWS: dict[str, type[Siwe] | type[Challenge]] = {"siwe": Siwe, "challenge": Challenge}
