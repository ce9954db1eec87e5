"""Malformed sign-ins: signatures of no wallet and messages that break EIP-4361, by what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from acceptance.drivers.api.wallet import Wallet, new_nonce


def signatures() -> dict[str, str]:
    """Signatures that belong to no wallet, by what is wrong with them."""
    zeros = {f"{count} zero bytes": "0x" + "00" * count for count in (1, 32, 63, 64, 65, 66, 96)}
    recovery = {
        f"65 bytes with the recovery {v}": "0x" + "11" * 64 + f"{v:02x}" for v in (0, 1, 2, 26, 27, 28, 35, 255)
    }
    return zeros | recovery | {
        "nothing but 0x": "0x",
        "0X": "0X" + "11" * 65,
        "zz": "zz",
        "0xzz": "0xzz",
        "130 letters that are not digits": "0x" + "zz" * 65,
        "an odd length": "0x" + "1" * 129,
        "another odd length": "0x" + "1" * 131,
        "no 0x": "11" * 65,
        "numbers above the curve's order": "0x" + "ff" * 64 + "1b",
        "zero and one": "0x" + "00" * 32 + "11" * 32 + "1b",
        "one and zero": "0x" + "11" * 32 + "00" * 32 + "1b",
        "spaces": " " * 132,
        "a line break at the end": "0x" + "11" * 65 + "\n",
        "digits that are not ASCII": "0x" + "\N{FULLWIDTH DIGIT ONE}" * 130,
        "a lone surrogate": "0x" + "11" * 64 + "\ud800",
        "a NUL": "0x" + "11" * 64 + "\0\0",
        "200 characters": "0x" + "1" * 198,
        "201 characters": "0x" + "1" * 199,
    }  # fmt: skip


MISWRITTEN: dict[str, tuple[str, str]] = {
    "an empty address": (r"0x\w{40}", ""),
    "an address of zeros": (r"0x\w{40}", "0x" + "0" * 40),
    "an address in capitals": (r"0x\w{40}", "0X" + "A" * 40),
    "an address that is too long": (r"0x\w{40}", "0x" + "a" * 41),
    "a domain that is not ASCII": (r"^\S+", "www.é.example"),
    "an empty domain": (r"^\S+", ""),
    "a domain with a line break": (r"^\S+", "a\nb"),
    "a relative URI": ("URI: .*", "URI: x"),
    "a URI with an incomplete host": ("URI: .*", "URI: https://["),
    "a URI with a port that is not a number": ("URI: .*", "URI: https://a:b"),
    "an empty URI": ("URI: .*", "URI: "),
    "version 2": ("Version: .*", "Version: 2"),
    "a negative chain": ("Chain ID: .*", "Chain ID: -1"),
    "chain zero": ("Chain ID: .*", "Chain ID: 0"),
    "a chain of 100 digits": ("Chain ID: .*", "Chain ID: " + "9" * 100),
    "a chain of 3500 digits": ("Chain ID: .*", "Chain ID: " + "9" * 3500),
    "a chain that is not a number": ("Chain ID: .*", "Chain ID: x"),
    "a short nonce": ("Nonce: .*", "Nonce: a"),
    "a nonce with a glob": ("Nonce: .*", "Nonce: ********"),
    "a nonce of 3500 letters": ("Nonce: .*", "Nonce: " + "a" * 3500),
    "a date that does not exist": ("Issued At: .*", "Issued At: 2026-02-30T00:00:00Z"),
    "a time that does not exist": ("Issued At: .*", "Issued At: 2026-01-01T25:61:61Z"),
    "a leap second": ("Issued At: .*", "Issued At: 2016-12-31T23:59:60Z"),
    "the year 0": ("Issued At: .*", "Issued At: 0000-01-01T00:00:00Z"),
    "a time without zone": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00"),
    "a time zone of more than a day": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00+99:99"),
    "the end of time": ("Expiration Time: .*", "Expiration Time: 9999-12-31T23:59:59-23:59"),
    "the beginning of time": ("Expiration Time: .*", "Expiration Time: 0001-01-01T00:00:00+23:59"),
    "a time with many digits": ("Expiration Time: .*", "Expiration Time: 2126-01-01T00:00:00." + "9" * 500 + "Z"),
    "a Not Before in the future": ("$", "\nNot Before: 2126-01-01T00:00:00Z"),
    "a resource that is not a URI": ("$", "\nResources:\n- x y"),
    "ambiguous resources": ("$", "\nResources:" + "\n- a:b" * 100 + "\n- x y"),
    "a hundred resources": ("$", "\nResources:" + "\n- https://a.example/b" * 100),
    "a statement of 3000 letters": ("Sign in to.*", "a" * 3000),
    "a statement that is not ASCII": ("Sign in to.*", "é \N{GRINNING FACE}"),
    "a statement with a lone surrogate": ("Sign in to.*", "\ud800"),
    "no statement": ("Sign in to.*\n", ""),
    "Windows line breaks": ("\n", "\r\n"),
    "no line breaks": ("\n", " "),
    "its second half missing": (r"(?s)Version:.*", ""),
    "an extra line": ("$", "\nx: y"),
    "5000 characters": ("$", "a" * 5000),
    "brackets": (r"(?s).*", "[" * 2000),
    "slashes and dots": (r"^\S+", "../" * 500),
}


Challenged = tuple[Wallet, str]
"""A wallet, and the message that auth wrote for it."""


def sign_ins(domain: str, challenged: Challenged | None = None) -> Iterator[tuple[str, dict[str, str]]]:
    """Bodies of sign-ins that are valid JSON: a good message with a wrong signature, and the reverse.

    Where auth writes the message, it is the one in `challenged`, and the body has the wallet's address, too.
    """
    wallet = challenged[0] if challenged else Wallet()
    good = challenged[1] if challenged else wallet.message(f"www.{domain}", new_nonce())
    who = {"address": wallet.address} if challenged else {}
    signed = wallet.sign(good)
    for what, signature in signatures().items():
        yield f"a signature of {what}", {**who, "message": good, "signature": signature}
    for what, (pattern, text) in MISWRITTEN.items():
        # One match is replaced; of line breaks, all.
        count = 0 if pattern == "\n" else 1
        message = re.sub(pattern.replace("$", r"\Z"), text, good, count=count)
        # A message of auth's own need not have every line.
        if message != good:
            yield f"a message with {what}", {**who, "message": message, "signature": signed}
