"""Personal access tokens that auth never issued."""

import re

import pytest

from acceptance.drivers.api.personal_tokens import NO_JWT, never_issued


@pytest.mark.parametrize(
    ("token", "form"),
    [
        ("af_" + "aZ09_-" * 7, r"af_[\w-]{42}"),
        ("0123456789abcdef" * 4, r"[0-9a-f]{64}"),
        ("a1" * 10, r"[0-9a-f]{20}"),
    ],
)
def test_its_end_is_anothers_and_its_form_is_the_same(token, form):
    (made,) = never_issued(NO_JWT, token).values()
    changed = [one != other for one, other in zip(token, made, strict=True)]
    assert re.fullmatch(form, made) and made[:-20] == token[:-20]
    assert not any(changed[:-20]) and sum(changed[-20:]) >= 12


def test_other_kinds_have_none():
    assert never_issued("its JWT", "af_" + "a" * 43) == {} and never_issued(NO_JWT, "") == {}
