"""Sign-In with Ethereum messages (EIP-4361): everything about them but whether the nonce is unused."""

from __future__ import annotations

import re
from collections.abc import Collection

import siwe
from eth_keys.exceptions import BadSignature, ValidationError
from eth_utils import to_checksum_address

from auth_service.tokens import Refused

REASONS = {
    siwe.DomainMismatch: "signed for another domain",
    siwe.ExpiredMessage: "message expired",
    siwe.NotYetValidMessage: "message not valid yet",
    siwe.InvalidSignature: "wrong signature",
}

# Either parser of the library can be kept busy by anyone for as long as they like: its grammar takes 19 s for a message
# of 3 kB, its regular expression 41 s for 18 resources. Here, each character can be read in one way only. The library
# validates the fields, and writes the message that they make: it has to be this one, to the letter.
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
MESSAGE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?:(?P<statement>[^\n]+)\n)?\n"
    r"URI: (?P<uri>\S+)\n"
    r"Version: (?P<version>1)\n"
    r"Chain ID: (?P<chain_id>\d{1,20})\n"
    r"Nonce: (?P<nonce>[a-zA-Z0-9]{8,64})\n"
    rf"Issued At: (?P<issued_at>{TIME})"
    rf"(?:\nExpiration Time: (?P<expiration_time>{TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{TIME}))?"
    r"(?:\nRequest ID: (?P<request_id>\S*))?"
    r"(?:\nResources:(?P<resources>(?:\n- \S+)+))?",
    re.ASCII,
)


class Malformed(ValueError):
    """The text is no EIP-4361 message."""


class Message(siwe.SiweMessage):
    """A message and its text as the wallet signed it, where its address is in small letters (EIP-55 is a SHOULD)."""

    seen: str = ""

    def prepare_message(self) -> str:
        """The text that was signed."""
        return self.seen or super().prepare_message()


def parse(text: str) -> Message:
    """The message that a text is. Raises Malformed."""
    found = MESSAGE.fullmatch(text)
    if not found:
        raise Malformed("not an EIP-4361 message")
    fields: dict[str, object] = {key: value for key, value in found.groupdict().items() if value is not None}
    if found["resources"]:
        fields["resources"] = found["resources"].split("\n- ")[1:]
    address = found["address"]
    # The library takes an address with its checksum only; one in small letters has none.
    fields["address"] = to_checksum_address(address) if address == address.lower() else address
    try:
        message = Message(**fields)
    except ValueError as error:
        raise Malformed("not an EIP-4361 message") from error
    # The library checks the signature of what it writes itself: it must be what the user saw.
    if message.prepare_message().replace(message.address, address, 1) != text:
        raise Malformed("not an EIP-4361 message in its canonical form")
    message.seen = text
    return message


def verify(text: str, signature: str, domains: Collection[str], chains: Collection[int]) -> siwe.SiweMessage:
    """The message that was signed. Raises Malformed, or Refused with the reason."""
    message = parse(text)
    if message.domain not in domains:
        raise Refused(REASONS[siwe.DomainMismatch])
    if message.chain_id not in chains:
        raise Refused("chain not allowed")
    try:
        message.verify(signature, domain=message.domain)
    except siwe.VerificationError as error:
        raise Refused(REASONS.get(type(error), "not verified")) from error
    except (BadSignature, ValidationError) as error:
        # 65 bytes that no key can have made.
        raise Refused(REASONS[siwe.InvalidSignature]) from error
    return message
