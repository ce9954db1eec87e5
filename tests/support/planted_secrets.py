"""Secrets of many forms that tests plant."""

import random
import string

DICE = random.Random(4711)


def letters(number, alphabet=string.ascii_letters + string.digits + "+/"):
    """Random letters."""
    return "".join(DICE.choices(alphabet, k=number))


KEY = "\n".join(
    ["-----BEGIN PRIVATE KEY-----", *(letters(64) for _ in range(9)), letters(22) + "==", "-----END KEY-----"]
)


SECRETS = {
    "plain": "Pl4nted-s3cr3t-xQ7",
    "awkward": "t&r0ub\"l'e+/<é>%s \\4",
    "key": KEY + "\n",
    "jwt": ".".join(("eyJ" + letters(33), letters(220), letters(43))),
    "row": "r0w-0f-3xamples",
}
