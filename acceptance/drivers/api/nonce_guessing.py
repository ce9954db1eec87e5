"""Whether auth's next nonce can be guessed from the one before, like a counter or a clock's time. Source: 8.7."""

from __future__ import annotations

import itertools

from acceptance.drivers.api.sign_in import SignIn, Siwe
from acceptance.drivers.services.service import KEEP

PAIRS = 3
"""Pairs of consecutive nonces; in one of them a clock's time may differ in many digits, or a random one in few."""
FEWEST = 4
"""The fewest characters in which two consecutive nonces differ: random ones of 8 digits (EIP-4361) do in 7 or so."""


def differing(one: str, other: str) -> int:
    """In how many characters at equal positions two texts differ; what only one of them has counts, too."""
    unequal = sum(a != b for a, b in zip(one, other, strict=False))
    return unequal + abs(len(one) - len(other))


def too_alike(nonces: list[str]) -> str:
    """How consecutive nonces resemble each other, in words; empty if at most one pair differs in fewer than FEWEST."""
    counts = sorted(differing(one, other) for one, other in itertools.pairwise(nonces))
    if sum(count < FEWEST for count in counts) <= 1:
        return ""
    return f"each differs from the one before in few characters only ({counts}): {nonces}"


def guessable(visitor: SignIn) -> str:
    """Like `too_alike`, of nonces that auth issues one right after another; empty where auth writes the message."""
    flow = visitor.flow
    if not isinstance(flow, Siwe):
        return ""
    visitor.first = KEEP
    return too_alike([str(flow.issued()["nonce"]) for _ in range(PAIRS + 1)])
