"""JSON Web Tokens, HS256 and nothing else, and personal access tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

ALGORITHM = "HS256"
PREFIX = "af_"
LEEWAY = 5
"""Seconds that the clock of whoever issued a JWT may be ahead of ours or behind it (RFC 7519, 4.1.4 and 4.1.5)."""


class Refused(Exception):
    """A token, message or signature is not accepted; the text says why."""


def new_token() -> str:
    """A personal access token: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What the database keeps of a personal access token; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(secret: str, subject: str, token_id: str, seconds: int) -> tuple[str, datetime]:
    """A JWT for `subject` that belongs to a personal access token, and when it expires."""
    now = datetime.now(UTC).replace(microsecond=0)
    expires = now + timedelta(seconds=seconds)
    claims = {"sub": subject, "jti": token_id, "iat": now, "exp": expires}
    return jwt.encode(claims, secret, algorithm=ALGORITHM), expires


def check(secret: str, token: str) -> dict[str, Any]:
    """The claims of a JWT. Raises Refused unless it is signed with `secret` by HS256, valid already and not expired.

    `iat`, `nbf` and `exp` may each be off by LEEWAY.
    """
    try:
        return jwt.decode(token, secret, algorithms=[ALGORITHM], leeway=LEEWAY, options={"require": ["exp", "sub"]})
    except jwt.ExpiredSignatureError as error:
        raise Refused("expired") from error
    except jwt.ImmatureSignatureError as error:
        raise Refused("not valid yet") from error
    except jwt.InvalidAlgorithmError as error:
        raise Refused("algorithm not allowed") from error
    except jwt.InvalidSignatureError as error:
        raise Refused("wrong signature") from error
    except jwt.InvalidTokenError as error:
        raise Refused("malformed") from error
