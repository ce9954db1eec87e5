"""Invalid JWTs, made from good ones, and the messages that wallets sign."""

import datetime
import re
from datetime import UTC

import jwt
import pytest

from acceptance.drivers.api.wallet import AGREEMENT, ALL, USUAL, Wallet, forged


@pytest.mark.parametrize("claims", [{"sub": "0x" + "a" * 40}, {"user": "0x1"}, {"sub": "u1"}])
def test_another_signature_is_as_long_as_one_whatever_the_claims(claims):
    good = jwt.encode(claims, "secret" * 8, "HS256")
    made = forged("its JWT with another signature", good, "secret")
    assert made.rpartition(".")[0] == good.rpartition(".")[0]
    assert len(made) == len(good) and made != good


TIME = re.compile(r"(Issued At|Expiration Time|Not Before): (\S+)")


def times_of(message):
    """The times of a message, by name."""
    return {name: datetime.datetime.fromisoformat(text) for name, text in TIME.findall(message)}


@pytest.mark.parametrize("fields", [USUAL, ALL])
def test_a_message_is_valid_in_whatever_zones_its_times_are(fields):
    times, now = times_of(Wallet().message("www.example.test", "n" * 16, fields=fields)), datetime.datetime.now(UTC)
    assert times["Issued At"] <= now < times["Expiration Time"] and times.get("Not Before", now) <= now
    assert len({time.utcoffset() for time in times.values()}) == (2 if fields == ALL else 1)


def test_a_message_of_all_fields_is_one_for_which_a_comparison_as_text_fails_at_either_end():
    now, times = datetime.datetime.now(UTC), times_of(Wallet().message("www.example.test", "n" * 16, fields=ALL))
    assert times["Not Before"].replace(tzinfo=UTC) > now > times["Expiration Time"].replace(tzinfo=UTC)


def test_a_message_of_all_fields_has_what_the_standards_example_has():
    message = Wallet().message("www.example.test", "n" * 16, fields=ALL)
    assert f"\n\n{AGREEMENT}\n\nURI: " in message and "\n- ipfs://" in message and len(message) < 4096


def test_a_message_that_is_valid_for_a_week_is_issued_now():
    times, now = (
        times_of(Wallet().message("www.example.test", "n" * 16, minutes=7 * 24 * 60)),
        datetime.datetime.now(UTC),
    )
    assert abs((times["Issued At"] - now).total_seconds()) < 5
    assert (times["Expiration Time"] - now).days in (6, 7)
