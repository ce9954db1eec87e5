"""JWTs that bring a key: a server that trusts it accepts each, one that checks with JWT_SECRET accepts none."""

import base64
import contextlib
import json
import secrets
import urllib.request

import jwt
import pytest
import requests
from cryptography import x509

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import token_validation
from acceptance.drivers.api.jwt_key_headers import (
    EMPTY_FILE,
    KNOWN,
    OWN_KEYS,
    VARIANTS,
    holding,
    naming_keys,
    tokens_of,
)
from acceptance.drivers.api.wallet import KNOWN_SECRETS

SECRET = secrets.token_urlsafe(48)
GOOD = jwt.encode({"sub": "0xabc", "exp": 4102444800}, SECRET, "HS256")
MADE = naming_keys(GOOD, holding)


def believed(token):
    """The key that a token brings, as a server that trusts it reads it."""
    head = jwt.get_unverified_header(token)
    if "jwk" in head:
        return jwt.PyJWK(head["jwk"]).key
    if "jku" in head:
        with urllib.request.urlopen(head["jku"]) as answer:
            return jwt.PyJWKSet.from_dict(json.load(answer))[head["kid"]].key
    if "x5c" in head:
        return x509.load_der_x509_certificate(base64.b64decode(head["x5c"][0])).public_key()
    return b"" if head["kid"] == EMPTY_FILE else head["kid"].rpartition("'")[2].encode()


@pytest.mark.parametrize("name", MADE)
def test_who_believes_the_key_of_a_token_accepts_it(name, monkeypatch):
    # PyJWT takes no empty key, and warns of short ones; others do not.
    monkeypatch.setattr(jwt.algorithms.HMACAlgorithm, "prepare_key", lambda self, key: key)
    monkeypatch.setattr(jwt.algorithms.HMACAlgorithm, "check_key_length", lambda self, key: None)
    claims = jwt.decode(MADE[name], believed(MADE[name]), algorithms=["HS256", "RS256"])
    assert claims["sub"] == "0xabc"


@pytest.mark.parametrize("name", MADE)
def test_who_checks_with_the_secret_accepts_none(name):
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(MADE[name], SECRET, algorithms=["HS256"])


def test_the_examples_name_one_token_or_all_of_these():
    assert [*tokens_of(OWN_KEYS, GOOD, SECRET, holding)] == [*MADE]
    assert tokens_of("its JWT", GOOD, SECRET, None) == {"its JWT": GOOD}


@pytest.mark.filterwarnings("ignore:The HMAC key is")
def test_known_secrets_sign_what_they_sign_elsewhere():
    made = tokens_of(KNOWN, GOOD, SECRET, None)
    assert len(made) == len(KNOWN_SECRETS)
    for known in KNOWN_SECRETS:
        assert jwt.decode(made[f"the secret {known}"], known, algorithms=["HS256"])["sub"] == "0xabc"


class Auth:
    """Auth that reads the bearer alone, and checks it with its secret, or with the key of `believes` first.

    With `remembers`, a connection that is kept over a good token is good for the next one.
    """

    def __init__(self, believes="", remembers=False):
        self.believes, self.remembers, self.kept = believes, remembers, False

    def post(self, path, body=None, token=None, headers=()):
        kept, self.kept = self.kept, "Connection" in headers
        made = requests.Response()
        made.request = requests.Request("POST", "https://auth.example/").prepare()
        try:
            brought = self.believes and jwt.get_unverified_header(token or "").get(self.believes)
            if not (self.remembers and kept):
                jwt.decode(token or "", jwt.PyJWK(brought).key if brought else SECRET, algorithms=["HS256"])
            made.status_code, made._content = 200, b'{"valid": true}'
        except jwt.InvalidTokenError:
            made.status_code, made._content = 401, b"{}"
        return made


def test_keys_are_served_where_the_token_says():
    served = []
    made = naming_keys(GOOD, lambda text: served.append(json.loads(text)) or "http://10.0.0.1:8080")
    assert [key["kid"] for key in served[0]["keys"]] == ["shared", "public"]
    seen = {name: jwt.get_unverified_header(token).get("jku") for name, token in made.items() if "at a server" in name}
    assert len(seen) == 2 and set(seen.values()) == {"http://10.0.0.1:8080"}


def test_an_answer_says_which_token_was_believed_where():
    doors = {"HTTPS": Auth(), "a pod": Auth("jwk")}
    answers = token_validation.ask_about_each(doors, ServiceSettings(), GOOD, MADE)
    seen = token_validation.verdicts(answers, ServiceSettings())
    assert len(seen) == len(doors) * len(MADE)
    assert [name for name, yes in seen.items() if yes] == ["a pod, with a secret in jwk"]


def test_a_token_after_a_good_one_over_the_same_connection_is_believed_where_connections_are():
    doors = {"HTTPS": Auth(), "a pod": Auth(remembers=True)}
    answers = token_validation.ask_about_each(doors, ServiceSettings(), GOOD, {"bad": "no.such-token"})
    assert token_validation.verdicts(answers, ServiceSettings()) == {"HTTPS, with bad": False, "a pod, with bad": True}


@pytest.mark.parametrize(("most", "when"), [(1, "before another"), (2, "after one, another"), (3, "")])
def test_a_good_token_that_is_refused_after_bad_ones_is_seen(most, when):
    class Locking(Auth):
        """An auth service that refuses everybody once it has refused `most` tokens."""

        refused = 0

        def post(self, path, body=None, token=None, headers=()):
            made = super().post(path, body, token, headers)
            self.refused += token is not None and made.status_code == 401
            return made if self.refused < most else super().post(path, body, "no.such-token")

    bad = dict.fromkeys(("one", "another"), "no.such-token")
    with pytest.raises(AssertionError, match=f"own JWT {when}") if when else contextlib.nullcontext():
        token_validation.ask_about_each({"a pod": Locking()}, ServiceSettings(), GOOD, bad)


@pytest.mark.parametrize("kind", VARIANTS)
def test_none_of_the_variants_of_a_kind_is_accepted(kind):
    made = tokens_of(kind, GOOD, SECRET, str)
    assert len(made) > 2 and GOOD not in made.values()
    for token in made.values():
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(token, SECRET, ["HS256"])


def test_a_signature_that_is_compared_in_part_accepts_one_of_them():
    signature = GOOD.rpartition(".")[2]
    tokens = tokens_of("its JWT with another signature", GOOD, SECRET, str).values()
    ends = [token.rpartition(".")[2] for token in tokens]
    assert any(end[:30] == signature[:30] and end != signature for end in ends)
    assert any(signature.startswith(end) for end in ends)
