"""Addresses and signatures that begin with zeros, which a service may lose if it takes them for numbers. Source: 8.7.

One wallet in 256, and one signature in 128, has them. The packages are imported where they are used, as in `wallet`.
"""

from __future__ import annotations

import functools
import itertools
import secrets

from acceptance.drivers.api.wallet import Wallet, signed_hash

SHORT = 1 << 248
"""Numbers below it begin with a byte of zeros when they are written in 32 bytes."""


def wallet() -> Wallet:
    """A wallet whose address begins with a byte of zeros: some 256 neighbouring keys are tried, in 40 ms."""
    from eth_keys.backends.native.jacobian import fast_multiply, from_jacobian, jacobian_add, to_jacobian
    from eth_keys.constants import SECPK1_G
    from eth_utils.crypto import keccak

    key = secrets.randbits(255) + 1
    one = to_jacobian(SECPK1_G)
    point = to_jacobian(fast_multiply(SECPK1_G, key))
    while keccak(b"".join(part.to_bytes(32, "big") for part in from_jacobian(point)))[12]:
        point, key = jacobian_add(point, one), key + 1
    return Wallet(key.to_bytes(32, "big"))


@functools.cache
def point_of_half() -> tuple[int, int]:
    """The point of the curve for half of one."""
    from eth_keys.backends.native.jacobian import fast_multiply
    from eth_keys.constants import SECPK1_G, SECPK1_N

    x, y = fast_multiply(SECPK1_G, (SECPK1_N + 1) // 2)
    return int(x), int(y)


def numbers(of: Wallet, message: str) -> tuple[int, int, int]:
    """The numbers of a wallet's signature of a message (EIP-191), of which the first is short, and its recovery bit.

    Its secret number is half of one, whose point's x happens to begin with twelve bytes of zeros: nobody else may use
    it, since the key of whoever does can be computed from the signature.
    """
    from eth_keys.constants import SECPK1_N

    half, (x, y) = (SECPK1_N + 1) // 2, point_of_half()
    key = int.from_bytes(of.key.to_bytes(), "big")
    second = 2 * (int.from_bytes(signed_hash(message), "big") + x * key) % SECPK1_N
    # The larger of the two second numbers is no longer accepted (EIP-2).
    return (x, second, y & 1) if second < half else (x, SECPK1_N - second, 1 - (y & 1))


def signature(of: Wallet, message: str) -> str:
    """The signature of these numbers, as wallets write it."""
    first, second, bit = numbers(of, message)
    return f"0x{first:064x}{second:064x}{27 + bit:02x}"


def with_short_second_number(of: Wallet, message: str) -> str:
    """A message with a Request ID by which the second number of its signature is short, too: one in 128 does it."""
    texts = (f"{message}\nRequest ID: {number}" for number in itertools.count())
    return next(text for text in texts if numbers(of, text)[1] < SHORT)
