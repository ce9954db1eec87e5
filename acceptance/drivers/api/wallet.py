"""Wallets, what they sign (EIP-4361), and valid and invalid JWTs, independent of the code under test."""

from __future__ import annotations

import base64
import datetime
import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt

from acceptance.base.secrecy import register_secret

JWT = re.compile(r"^eyJ[\w-]*\.[\w-]+\.[\w-]+$")
OTHER_DOMAIN = "www.somewhere-else.example"
OTHER_CHAIN = 5
USUAL, FEWEST, ALL = "usual", "fewest", "all"
"""The sets of EIP-4361 fields that a message may have."""
WEST = datetime.timezone(datetime.timedelta(hours=-5))
"""A time zone west of UTC: a service that ignores it takes a valid message for one that expired hours ago."""
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
"""One east of UTC: a service that ignores it takes a valid message for one that is not valid yet."""
AGREEMENT = "I accept the Terms of Service: https://example.com/tos?v=2&lang=en (2026)"
"""A statement as in the standard's example: with a link, and letters that are not of a word."""
RESOURCES = [
    "Resources:",
    "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
    *(f"- https://example.com/terms/{number:064d}" for number in range(20)),
    f"- https://example.com/wallets/0x{'d' * 40}",
]
"""Some 2 KiB of what a user agrees to: web pages, the standard's example of another resource, and another's address."""
PAGE = "/account/sign-in?next=%2Forders"
"""The page of the site that asks for the signature: the URI of a message names it."""
KNOWN_SECRETS = (
    "secret", "jwt-secret", "jwt_secret", "changeme", "change-me", "development", "test", "password", "supersecret",
    "your-256-bit-secret", "your-secret-key", "dev-secret", "default", "insecure",
)  # fmt: skip
"""Secrets that samples and development setups sign with: an attacker would try them first."""


class Wallet:
    """An Ethereum wallet: a new one, or that of a key."""

    def __init__(self, key: bytes | None = None) -> None:
        # Imported here, because most runs need none.
        from eth_keys.datatypes import PrivateKey

        self.key = PrivateKey(key or secrets.token_bytes(32))
        self.address: str = self.key.public_key.to_checksum_address()

    def message(
        self,
        domain: str,
        nonce: str,
        *,
        chain: int = 1,
        minutes: int = 5,
        wait: int = 0,
        ahead: int = 0,
        page: str = "",
        fields: str = USUAL,
        statement: str = "",
    ) -> str:
        """A Sign-In with Ethereum message that is valid for `minutes`; with `wait`, not before that many minutes.

        It is issued 5 minutes before its end, or now. `ahead`: the seconds by which the wallet's clock is ahead.
        `page`: the path of the page that asks for it. `fields`: USUAL, with times in milliseconds, as JavaScript writes
        them; the FEWEST that the standard requires (then it never expires); or ALL that it has, with a Not Before a
        minute ago and times in other zones (the standard allows any, by RFC 3339), Not Before in EAST. `statement`: one
        in place of that of the fields.
        """
        now = datetime.datetime.now(datetime.UTC)
        fraction = f".{now.microsecond // 1000:03}" if fields == USUAL else ""

        def stamp(name: str, later: float, zone: datetime.tzinfo = WEST) -> str:
            local = (now + datetime.timedelta(minutes=later)).astimezone(zone if fields == ALL else datetime.UTC)
            written = local.isoformat(timespec="seconds") if fields == ALL else f"{local:%Y-%m-%dT%H:%M:%S}{fraction}Z"
            return f"{name}: {written}"

        said = {USUAL: "Sign in to Alternate Futures.\n", FEWEST: "", ALL: f"{AGREEMENT}\n"}
        said |= {fields: f"{statement}\n"} if statement else {}
        lines = [f"URI: https://{domain}{page}", "Version: 1", f"Chain ID: {chain}", f"Nonce: {nonce}"]
        lines += [stamp("Issued At", ahead / 60 or min(0, minutes - 5))]
        lines += [stamp("Expiration Time", minutes)] if fields != FEWEST else []
        lines += [stamp("Not Before", wait or -1, EAST)] if wait or fields == ALL else []
        lines += [f"Request ID: {nonce[:8]}", *RESOURCES] if fields == ALL else []
        first = f"{domain} wants you to sign in with your Ethereum account:\n{self.address}\n\n"
        return f"{first}{said[fields]}\n" + "\n".join(lines)

    def sign(self, message: str) -> str:
        """The signature of a message (EIP-191)."""
        signature: bytes = self.key.sign_msg_hash(signed_hash(message)).to_bytes()
        # The recovery bit as wallets write it.
        return f"0x{signature[:64].hex()}{27 + signature[64]:02x}"


def signed_hash(message: str) -> bytes:
    """What a wallet signs in place of a message (EIP-191, version E)."""
    from eth_utils.crypto import keccak

    text = message.encode()
    return bytes(keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text))


def jwt_in(answer: dict[str, Any]) -> str:
    """The JWT in an answer, whatever the name of its field. Raises AssertionError if there is none."""
    found = [value for value in answer.values() if isinstance(value, str) and JWT.match(value)]
    assert found, f"expected a JWT in the answer, saw the fields {sorted(answer)}"
    return register_secret(found[0])


def new_nonce() -> str:
    """A nonce that auth did not issue."""
    return secrets.token_hex(16)


def forged(kind: str, good: str, secret: str) -> str:
    """A JWT of a kind that the Examples name, made from a good one and the signing secret."""
    claims = jwt.decode(good, options={"verify_signature": False})
    other = claims | {"sub": "0x" + secrets.token_hex(20)}
    head, _, signature = good.split(".")
    filler = str(claims.get("sub", "")).ljust(42, "0")
    made: dict[str, Callable[[], str]] = {
        "its JWT": lambda: good,
        "a JWT signed with the value of the Secret": lambda: jwt.encode(claims, secret, "HS256"),
        "a JWT of 4 KiB": lambda: jwt.encode(claims | {"note": "-" * 3 * 1024}, secret, "HS256"),
        "its JWT with another subject": lambda: ".".join((head, encode(other), signature)),
        "its JWT with another signature": lambda: good.rpartition(".")[0] + "." + encode({"a": filler})[:43],
        "its JWT without its signature": lambda: good.rpartition(".")[0] + ".",
        "a JWT that expired": lambda: jwt.encode(claims | {"exp": int(time.time()) - 60}, secret, "HS256"),
        "a JWT that never expires": lambda: jwt.encode(
            {key: value for key, value in claims.items() if key != "exp"}, secret, "HS256"
        ),
        "a JWT that is not valid yet": lambda: jwt.encode(
            claims | {"nbf": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, secret, "HS256"
        ),
        "a JWT signed with another secret": lambda: jwt.encode(claims, secrets.token_hex(32), "HS256"),
        "a JWT with the algorithm none": lambda: jwt.encode(claims, "", "none"),
        "a JWT signed by HS512": lambda: jwt.encode(claims, secret.ljust(64), "HS512"),
        "something that is no JWT": lambda: "no.such-token",
    }
    return register_secret(made[kind]())


def encode(claims: dict[str, Any]) -> str:
    """Claims as the middle part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
