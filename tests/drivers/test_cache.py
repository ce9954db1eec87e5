"""Who gets into Redis."""

import hashlib

import pytest

from acceptance.drivers.cache import logins_beside

URL = "redis://:right%2Fone@redis:6379"
OWN = "#" + hashlib.sha256(b"right/one").hexdigest()
OTHER = "#" + hashlib.sha256(b"letmein").hexdigest()
EVERYTHING = "~* &* +@all"


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([f"user default on {OWN} {EVERYTHING}"], []),
        ([f"user default on sanitize-payload {OWN} {EVERYTHING}", f"user old off {OTHER} -@all"], []),
        ([f"user default on {OWN} {OTHER} {EVERYTHING}"], ["default has 1 passwords"]),
        ([f"user default on nopass {EVERYTHING}"], ["default needs no password"]),
        ([f"user default on {OWN} {EVERYTHING}", f"user monitor on {OWN} +ping"], ["monitor may log in"]),
        ([f"user guest on nopass {EVERYTHING}"], ["guest may log in", "guest needs no password"]),
    ],
)
def test_each_way_in_beside_the_urls_is_named(rules, words):
    found = logins_beside(URL, rules)
    assert len(found) == len(words)
    assert all(said.startswith(word) for said, word in zip(found, words, strict=True))


def test_the_url_may_name_a_user():
    assert logins_beside("redis://app:letmein@redis:6379", [f"user app on {OTHER} +@all", "user default off"]) == []
