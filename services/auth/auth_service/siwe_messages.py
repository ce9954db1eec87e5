"""Sign-In with Ethereum messages (EIP-4361): everything about them but whether the nonce is unused."""

from __future__ import annotations

from collections.abc import Collection

import siwe

from auth_service.tokens import Refused

REASONS = {
    siwe.DomainMismatch: "signed for another domain",
    siwe.ExpiredMessage: "message expired",
    siwe.NotYetValidMessage: "message not valid yet",
    siwe.InvalidSignature: "wrong signature",
}


class Malformed(ValueError):
    """The text is no EIP-4361 message."""


def verify(text: str, signature: str, domains: Collection[str], chains: Collection[int]) -> siwe.SiweMessage:
    """The message that was signed. Raises Malformed, or Refused with the reason."""
    try:
        message = siwe.SiweMessage.from_message(text)
    except ValueError as error:
        raise Malformed("not an EIP-4361 message") from error
    if message.domain not in domains:
        raise Refused(REASONS[siwe.DomainMismatch])
    if message.chain_id not in chains:
        raise Refused("chain not allowed")
    # The library checks the signature of what it writes itself: it must be what the user saw.
    if message.prepare_message() != text:
        raise Malformed("not an EIP-4361 message in its canonical form")
    try:
        message.verify(signature, domain=message.domain)
    except siwe.VerificationError as error:
        raise Refused(REASONS.get(type(error), "not verified")) from error
    return message
