"""JWTs of a pod's secret in several forms, held against readers that know some of them."""

import base64
import json
from types import SimpleNamespace as Thing

import jwt

from acceptance.drivers.api.pods_tokens import forms, signed_by_pods

SECRET = "s" * 20 + "t" * 20


def part(token, number):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[number] + "=="))


def test_each_form_is_a_valid_jwt():
    for form, token in forms("backend-1", SECRET).items():
        assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == "backend-1", form


def test_only_one_is_without_a_type_and_only_one_has_fractions():
    made = forms("backend-1", SECRET)
    assert [form for form, token in made.items() if "typ" not in part(token, 0)] == ["without typ"]
    fractions = [form for form, token in made.items() if not isinstance(part(token, 1)["exp"], int)]
    assert fractions == ["with fractions of seconds"]


def test_the_other_is_signed_with_another_secret():
    pod = Thing(metadata=Thing(name="backend-1"))
    service = Thing(running=lambda: [pod], environment=lambda _: {"JWT_SECRET": SECRET})
    good, bad = signed_by_pods(service)["backend-1"]
    assert len(good) == 3 and bad not in good.values()
    assert jwt.decode(bad, SECRET[::-1], algorithms=["HS256"])["sub"] == "backend-1"
