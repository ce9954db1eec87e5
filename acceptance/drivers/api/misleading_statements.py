"""Messages whose statement says what a field of theirs should say: a reader that searches takes one for the other.

A message's wallet shows its first line, its fields and its statement as they are; the statement is the site's own text.
Source: 8.7; EIP-4361.
"""

from __future__ import annotations

from acceptance.drivers.api.nonce_replays import Signed
from acceptance.drivers.api.sign_in import SignIn, Siwe
from acceptance.drivers.api.wallet import OTHER_CHAIN, OTHER_DOMAIN

FIRST_LINE = "{domain} wants you to sign in with your Ethereum account:"
"""How a message begins, after which the address follows."""
NEVER = "Expiration Time: 2099-01-01T00:00:00.000Z"
EXPIRED = "a message that expired"
OTHER_DOMAINS = "a message for another domain"
"""The Examples' names for them."""


def signed_with(visitor: SignIn, statement: str, **fields: object) -> list[Signed]:
    """A message with this statement and these fields, signed; none where auth writes the message."""
    if not isinstance(visitor.flow, Siwe):
        return []
    text = visitor.flow.made(statement=statement, **fields)
    return [(text, visitor.wallet.sign(text))]


def for_other_domains(visitor: SignIn) -> list[Signed]:
    """A message for another domain whose statement is what the site's own messages begin with, and a plain one."""
    first = FIRST_LINE.format(domain=visitor.domain)
    return [*signed_with(visitor, first, domain=OTHER_DOMAIN), visitor.message(OTHER_DOMAINS)]


def chain_in_statement(visitor: SignIn) -> list[Signed]:
    """A message for another chain whose statement names the site's."""
    return signed_with(visitor, "Chain ID: 1", chain=OTHER_CHAIN)


def nonce_in_statement(visitor: SignIn, used: str) -> list[Signed]:
    """A message with a used nonce whose statement names one that auth has just issued."""
    if not isinstance(visitor.flow, Siwe):
        return []
    return signed_with(visitor, f"Nonce: {visitor.flow.issued()['nonce']}", nonce=used)


def expired(visitor: SignIn) -> list[Signed]:
    """A message that expired and whose statement says that it does not, and a plain one."""
    return [*signed_with(visitor, NEVER, minutes=-1), visitor.message(EXPIRED)]
