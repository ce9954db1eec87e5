"""Several wallets that sign in concurrently: each must get a token of its own. Source: 8.7."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from acceptance.drivers.api.nonce_replays import Signed
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.api.token_validation import ask, only_of, subjects, verdicts
from acceptance.drivers.services.same_moment import at_the_same_moment
from acceptance.drivers.services.service import KEEP

AT_ONCE = "a good message, at the same moment as other wallets"
"""The Examples' name for it."""
WALLETS, TRIES = 6, 4
"""Wallets per try, and tries: in a single try, two sign-ins may not meet in the same pod."""
FEWER = 3, 2
"""The same where auth's rate limit counts all requests from this machine as one client's."""


def sign_in_together(wallets: list[SignIn]) -> None:
    """Sign in with a valid message for each wallet, all concurrently; each wallet keeps its answer."""
    signed = [(wallet, wallet.message("a good message")) for wallet in wallets]

    def connect(own: tuple[SignIn, Signed]) -> None:
        own[0].api.get(own[0].paths.auth_health_path, headers=KEEP)

    def send(own: tuple[SignIn, Signed]) -> None:
        own[0].answer = own[0].send(*own[1], **KEEP)

    at_the_same_moment(signed, connect, send)


def mixed_up(wallets: Iterable[SignIn]) -> list[str]:
    """The wallets whose JWT is another's, in words. Raises AssertionError if one was refused."""
    found = []
    for wallet in wallets:
        answers, own = ask({"HTTPS": wallet.api}, wallet.paths, wallet.got()["jwt"]), wallet.wallet.address
        assert all(verdicts(answers, wallet.paths).values()), "expected auth to accept the JWT that it issued"
        named = subjects(answers, wallet.paths)
        found += [] if only_of(named, own) else [f"{own} got a JWT of {', '.join(named)}"]
    return found


def each_gets_its_own(new: Callable[[], SignIn]) -> None:
    """Sign in with several wallets concurrently, several times. Raises AssertionError if one got another's JWT."""
    count, tries = (WALLETS, TRIES) if new().headers else FEWER
    for _ in range(tries):
        wallets = [new() for _ in range(count)]
        sign_in_together(wallets)
        wrong = mixed_up(wallets)
        assert not wrong, (
            f"expected each of {count} wallets that signed in concurrently to get its own JWT, but {wrong}"
        )
