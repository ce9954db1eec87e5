"""Passwords that are tried first."""

import pytest

from acceptance.drivers.secrets.common_passwords import guesses


@pytest.mark.parametrize("word", ["password", "changeme", "platform", "platform123"])
def test_the_usual_ones_and_the_users_name_are_tried(word):
    assert word in guesses("platform")


def test_few_are_tried_and_none_is_empty():
    assert len(guesses("")) < 30 and "" not in guesses("")
