"""JWTs whose header names the key to check them with (RFC 7515, 4.1.2 to 4.1.6), never auth's own. Source: 8.9."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from jwt.utils import base64url_encode

from acceptance.base.secrecy import register_secret
from acceptance.drivers.api.wallet import KNOWN_SECRETS, forged

OWN_KEYS = "JWTs that bring keys of their own"
"""The Examples' name for all of them together: one sign-in for each would exceed the rate limit."""
KNOWN = "JWTs signed with secrets that others know"
EMPTY_FILE = "../../../../../../../../dev/null"
"""An empty file that every container has: a key that is read from it is empty."""


def tokens_of(kind: str, good: str, secret: str, serve: Callable[[str], str]) -> dict[str, str]:
    """The JWTs of a kind that the Examples of 8.9 name, made from a good one and the secret that signs it.

    `serve` publishes a text where auth can read it, and returns its address; it is called only for OWN_KEYS.
    """
    if kind == KNOWN:
        return by_known_secrets(good)
    if kind == OWN_KEYS:
        return naming_keys(good, serve)
    return {kind: forged(kind, good, secret), **(VARIANTS[kind](good) if kind in VARIANTS else {})}


def unsigned(good: str) -> dict[str, str]:
    """JWTs with the claims of a good one whose header says in other letters that nothing signs them, or that has both.

    A comparison with `none` that regards letter case takes `None` for the name of an algorithm.
    """
    claims, signature = good.split(".")[1:]

    def headed(algorithm: str) -> str:
        return f"{base64url_encode(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode()).decode()}.{claims}"

    spelt = {f"the algorithm {text}": f"{headed(text)}." for text in ("None", "NONE", "nOnE")}
    return {
        name: register_secret(token)
        for name, token in {**spelt, "a signature": f"{headed('none')}.{signature}"}.items()
    }


def nearly_signed(good: str) -> dict[str, str]:
    """A good JWT whose signature is right at its beginning only: some of its last characters differ, or are missing."""
    head, _, signature = good.rpartition(".")
    flipped = "".join("B" if letter == "A" else "A" for letter in signature[-8:-2])
    made = {
        "other letters near the end of its signature": f"{head}.{signature[:-8]}{flipped}{signature[-2:]}",
        "half of its signature": f"{head}.{signature[: len(signature) // 2]}",
    }
    return {name: register_secret(token) for name, token in made.items()}


VARIANTS: dict[str, Callable[[str], dict[str, str]]] = {
    "a JWT with the algorithm none": unsigned,
    "its JWT with another signature": nearly_signed,
}
"""Further JWTs of a kind, made from a good one: one sign-in does for all of them."""


def by_known_secrets(good: str) -> dict[str, str]:
    """JWTs with the claims of a valid one, signed with well-known secrets, by secret."""
    claims = jwt.decode(good, options={"verify_signature": False})
    return {f"the secret {known}": register_secret(by_secret({}, claims, known.encode())) for known in KNOWN_SECRETS}


def naming_keys(good: str, serve: Callable[[str], str]) -> dict[str, str]:
    """JWTs with the claims of a good one, signed with the sender's own keys, by how each brings its key along.

    A service that checks them only with JWT_SECRET refuses them all. `serve` publishes a text (a key set) where auth
    can read it, and returns its address. A library that rejects this address may accept one that contains the keys
    (`data:`).
    """
    claims = jwt.decode(good, options={"verify_signature": False})
    own, private = secrets.token_bytes(32), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    shared = {"kty": "oct", "alg": "HS256", "kid": "shared", "k": base64url_encode(own).decode()}
    public = {**jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "alg": "RS256", "kid": "public"}
    keys = json.dumps({"keys": [shared, public]})
    union = f"none' UNION SELECT '{own.hex()}"
    made = {
        "a secret in jwk": by_secret({"jwk": shared}, claims, own),
        "a public key in jwk": jwt.encode(claims, private, "RS256", {"jwk": public}),
        "a certificate in x5c": jwt.encode(claims, private, "RS256", {"x5c": [certificate(private)]}),
        "an empty file as kid": by_secret({"kid": EMPTY_FILE}, claims, b""),
        "SQL as kid": by_secret({"kid": union}, claims, own.hex().encode()),
    }
    for how, address in (("at a server", serve(keys)), ("in its address", holding(keys))):
        made[f"a secret at jku, {how}"] = by_secret({"jku": address, "kid": "shared"}, claims, own)
        made[f"a public key at jku, {how}"] = jwt.encode(claims, private, "RS256", {"jku": address, "kid": "public"})
    return {name: register_secret(token) for name, token in made.items()}


def by_secret(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """A JWT signed with HS256, without the fields of its header that are None; PyJWT refuses an empty key."""
    fields = {"alg": "HS256", "typ": "JWT", **header}
    parts = [{name: value for name, value in fields.items() if value is not None}, claims]
    text = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{text}.{base64url_encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()}"


def holding(keys: str) -> str:
    """An address (`data:`) that contains a key set."""
    return f"data:application/json;base64,{base64.b64encode(keys.encode()).decode()}"


def certificate(key: rsa.RSAPrivateKey) -> str:
    """A key's self-signed certificate, as x5c contains it (base64 of DER)."""
    name, now = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auth-service")]),
        datetime.datetime.now(datetime.UTC),
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
    signed = made.not_valid_after(now + datetime.timedelta(hours=1)).sign(key, hashes.SHA256())
    return base64.b64encode(signed.public_bytes(Encoding.DER)).decode()
