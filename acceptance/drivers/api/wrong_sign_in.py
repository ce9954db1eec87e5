"""A sign-in that is well-formed, and refused: auth may refuse malformed ones uncounted. Source: 8.10."""

from __future__ import annotations

from acceptance.base.service_settings import ServiceSettings

ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
WRONG = {
    "message": (
        f"www.somewhere-else.example wants you to sign in with your Ethereum account:\n{ADDRESS}\n\n\n"
        "URI: https://www.somewhere-else.example\nVersion: 1\nChain ID: 1\nNonce: 0123456789abcdef\n"
        "Issued At: 2026-01-01T00:00:00Z"
    ),
    "signature": (
        "0x9053ff5fffd46a98d4aa41b7b878a70c22392774b316e4219739ad0efc6bd1c7"
        "7de69b29c2ad27c54b4d55eba576e630fb9c1c683528e586fcd28878ba869f481b"
    ),
}
"""A message for another domain, which another wallet than the one that it names has signed."""


def body(settings: ServiceSettings) -> dict[str, str]:
    """Its body in the environment's flow (`sign_in` of [services])."""
    return {**WRONG, **({"address": ADDRESS} if settings.sign_in == "challenge" else {})}
