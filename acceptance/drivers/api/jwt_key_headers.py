"""JWTs whose own header names the key to check them with (RFC 7515, 4.1.2 to 4.1.6), none auth's. Source: 8.9."""

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
from acceptance.drivers.api.wallet import forged

OWN_KEYS = "JWTs that bring keys of their own"
"""What the Examples call all of them together: a wallet that signed in for each is many for the rate limit."""
EMPTY_FILE = "../../../../../../../../dev/null"
"""An empty file that each container has: reading a key from it gives an empty key."""


def tokens_of(kind: str, good: str, secret: str, serve: Callable[[str], str]) -> dict[str, str]:
    """The JWTs of a kind that the Examples of 8.9 name, made from a good one and the secret that signs those.

    `serve` puts a text where auth can read it, and returns the address; it is called for OWN_KEYS alone.
    """
    return naming_keys(good, serve) if kind == OWN_KEYS else {kind: forged(kind, good, secret)}


def naming_keys(good: str, serve: Callable[[str], str]) -> dict[str, str]:
    """JWTs with the claims of a good one, signed by keys of the sender's own, by how each brings its key along.

    Who checks them with JWT_SECRET alone refuses them all. `serve` puts a text (a set of keys) where auth can read it,
    and returns the address; where a library takes no such address, another may take one that holds the keys (`data:`).
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
    """A JWT signed by HS256; PyJWT makes none with an empty key."""
    parts = [{"alg": "HS256", "typ": "JWT", **header}, claims]
    text = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{text}.{base64url_encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()}"


def holding(keys: str) -> str:
    """An address that holds a set of keys itself."""
    return f"data:application/json;base64,{base64.b64encode(keys.encode()).decode()}"


def certificate(key: rsa.RSAPrivateKey) -> str:
    """A certificate that a key signs for itself, as x5c has it."""
    name, now = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auth-service")]),
        datetime.datetime.now(datetime.UTC),
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
    signed = made.not_valid_after(now + datetime.timedelta(hours=1)).sign(key, hashes.SHA256())
    return base64.b64encode(signed.public_bytes(Encoding.DER)).decode()
