"""Wallets that sign in, and the tokens that they get."""

import contextlib
import datetime
import hashlib
import json

import pytest
import requests
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json
from acceptance.base.secrecy import register_secret
from acceptance.drivers.wallet import JWT, OTHER_CHAIN, OTHER_DOMAIN, Wallet, forged, jwt_in, new_nonce
from acceptance.platform.secrets import read_secret

LOGS = "kubectl logs -l app=auth-service"
TABLE = "auth.personal_access_tokens"
"""Where the reference service keeps the SHA-256 of each token (column token_hash) and when it expires (expires_at)."""


def keep_tokens(answer):
    """Have no message and no evidence show the tokens of an answer, also of one that should have been a refusal."""
    with contextlib.suppress(requests.JSONDecodeError, AttributeError):
        for key, value in answer.json().items():
            if isinstance(value, str) and ("token" in key.lower() or JWT.match(value)):
                register_secret(value)


class SignIn:
    """A wallet at auth's door."""

    def __init__(self, api, environment):
        self.api = api
        self.paths = environment.services
        self.domain = f"www.{environment.domain}"
        self.wallet = Wallet()
        # Each wallet is a client of its own to the rate limit.
        self.headers = {self.paths.client_header: self.wallet.address}
        self.answer = None

    def nonce(self):
        """A nonce that auth issues."""
        answer = self.api.get(self.paths.nonce_path, headers=self.headers)
        assert answer.status_code == 200, f"no nonce: HTTP {answer.status_code} {answer.text[:200]}. Try: {LOGS}"
        return answer.json()["nonce"]

    def send(self, message, signature):
        """Sign in with a message and its signature; return the answer."""
        body = {"message": message, "signature": signature}
        answer = self.api.post(self.paths.siwe_path, body, headers=self.headers)
        keep_tokens(answer)
        return answer

    def message(self, kind):
        """A message of a kind that the Examples name, and its signature."""
        good = self.wallet.message(self.domain, self.nonce())
        match kind:
            case "a good message":
                return good, self.wallet.sign(good)
            case "a message that was changed after it signed":
                return good.replace("Sign in to", "Sign everything over to"), self.wallet.sign(good)
            case "a message that expired":
                message = self.wallet.message(self.domain, self.nonce(), minutes=-1)
            case "a message that another wallet signed":
                return good, Wallet().sign(good)
            case "a nonce that it used before":
                signature = self.wallet.sign(good)
                first = self.send(good, signature)
                assert first.ok, f"the first use was refused: HTTP {first.status_code} {first.text[:200]}"
                return good, signature
            case "a nonce that auth did not issue":
                message = self.wallet.message(self.domain, new_nonce())
            case "a message for another domain":
                message = self.wallet.message(OTHER_DOMAIN, self.nonce())
            case "a message for another chain":
                message = self.wallet.message(self.domain, self.nonce(), chain=OTHER_CHAIN)
            case "something that is no message":
                message = "Let me in."
            case _:
                raise KeyError(kind)
        return message, self.wallet.sign(message)


@pytest.fixture
def visitor(auth_api, environment):
    """A wallet that has not signed in."""
    return SignIn(auth_api, environment)


@given("a wallet", target_fixture="wallet")
def some_wallet(visitor):
    return visitor


@given("a wallet that signed in", target_fixture="signed_in")
def signed_in_wallet(visitor, evidence):
    visitor.answer = visitor.send(*visitor.message("a good message"))
    return accepted(visitor, evidence)


def accepted(visitor, evidence):
    """What a wallet got that was let in: its answer with the JWT under "jwt", and itself under "wallet"."""
    answer = visitor.answer
    assert answer.status_code in (200, 201), (
        f"expected the sign-in to be accepted, saw {answer.status_code}: {answer.text[:200]}. Try: {LOGS}"
    )
    body = answer.json()
    token = jwt_in(body)
    evidence.add("answer to the sign-in", {"status": answer.status_code, **body})
    return {**body, "jwt": token, "wallet": visitor}


@when(parsers.parse("it signs in with {kind}"))
def sign_in(wallet, kind):
    wallet.answer = wallet.send(*wallet.message(kind))


@then("it gets a personal access token")
def gets_token(wallet, evidence):
    got = accepted(wallet, evidence)
    assert got.get("personalAccessToken"), f"expected a personal access token, the answer has {sorted(got)}"
    checked = wallet.api.post(wallet.paths.validate_path, token=got["jwt"])
    assert checked.status_code == 200, f"auth does not accept the JWT that it gave: {checked.text[:200]}"


@then("it is refused")
def is_refused(wallet, evidence):
    answer = wallet.answer
    evidence.add("answer to the sign-in", {"status": answer.status_code, "body": answer.text[:300]})
    assert answer.status_code in (400, 401, 403, 422), (
        f"expected the sign-in to be refused, saw {answer.status_code}: {answer.text[:200]}"
    )
    assert "eyJ" not in answer.text, "the refusal comes with a JWT"


def stored(data_client, token, columns):
    """Columns of the rows that the database has of a token."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    statement = f"SELECT {columns} FROM {TABLE} WHERE token_hash = '{digest}'"
    return json.loads(data_client("sql-query", "env:DATABASE_URL", statement))


@then("the database has its token with the time that it was told it expires")
def token_is_stored(signed_in, data_client, evidence):
    rows = stored(data_client, signed_in["personalAccessToken"], "extract(epoch FROM expires_at)::float8, address")
    assert len(rows) == 1, f"expected one row for the token in {TABLE}, saw {len(rows)}"
    expires, address = rows[0]
    evidence.add("row of the token", {"expires_at": expires, "address": address})
    assert expires is not None, f"the token in {TABLE} has no time at which it expires"
    told = datetime.datetime.fromisoformat(signed_in["expiresAt"]).timestamp()
    assert abs(expires - told) < 2, f"the wallet was told {signed_in['expiresAt']}, the database has {expires}"
    left = expires - datetime.datetime.now(datetime.UTC).timestamp()
    assert left > 0, f"the token has expired already, {-left:.0f} s ago"
    assert address == signed_in["wallet"].wallet.address, f"the token is that of {address}"


@then("the database does not have the token itself")
def token_is_hashed(signed_in, data_client):
    token = signed_in["personalAccessToken"]
    statement = f"SELECT count(*) FROM {TABLE} t WHERE t::text LIKE '%{token}%'"
    found = json.loads(data_client("sql-query", "env:DATABASE_URL", statement))
    assert found == [[0]], f"{TABLE} has the token in clear"


@when(parsers.parse("auth is asked about {kind}"), target_fixture="validated")
def ask_about(signed_in, default, auth_api, environment, kind):
    secret = (read_secret(default.cluster, "jwt-secret", default.name) or {})["JWT_SECRET"]
    return auth_api.post(environment.services.validate_path, token=forged(kind, signed_in["jwt"], secret))


@then(parsers.parse("it says that the token is {answer}"))
def says(validated, signed_in, answer, evidence):
    body = as_json(validated.text)
    evidence.add("answer of auth", {"status": validated.status_code, "body": body})
    wanted = answer == "valid"
    # A service may say no with 200, or with 401 as the reference does.
    allowed = (200,) if wanted else (200, 401)
    assert validated.status_code in allowed, f"expected {allowed}, saw {validated.status_code}: {validated.text[:200]}"
    assert body.get("valid") is wanted, f"expected the token to be {answer}, auth says {body}"
    if wanted:
        assert body["sub"] == signed_in["wallet"].wallet.address, f"the token is that of {body['sub']}"


SIGN = """
import base64, hashlib, hmac, json, sys, time
started = open("/proc/1/environ", "rb").read().split(b"\\0")
secret = next(part for part in started if part.startswith(b"JWT_SECRET=")).partition(b"=")[2]
def encode(value): return base64.urlsafe_b64encode(value).rstrip(b"=")
def sign(secret):
    claims = {"sub": sys.argv[1], "iat": int(time.time()), "exp": int(time.time()) + 300}
    text = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (text + b"." + encode(hmac.new(secret, text, hashlib.sha256).digest())).decode()
print(json.dumps([sign(secret), sign(secret[::-1])]))
"""


@when("each backend pod signs a JWT with the secret that its process runs with", target_fixture="signed")
def backend_signs(backend):
    signed = {}
    for pod in backend.running():
        name = pod.metadata.name
        good, bad = json.loads(backend.namespace.execute(name, "python3", "-c", SIGN, name))
        signed[name] = register_secret(good), register_secret(bad)
    return signed


@then("auth accepts each of them")
def auth_accepts(signed, auth_api, environment, evidence):
    seen = {}
    for name, (good, _) in signed.items():
        answer = auth_api.post(environment.services.validate_path, token=good)
        seen[name] = {"status": answer.status_code, "body": as_json(answer.text)}
        assert answer.status_code == 200 and answer.json().get("valid") is True, (
            f"auth does not accept what {name} signed: {answer.text[:200]}"
        )
        assert answer.json().get("sub") == name, f"auth read another subject: {answer.text[:200]}"
    evidence.add("auth on the JWTs that the backend signed", seen)


@then("auth refuses the same claims signed with another secret")
def auth_refuses(signed, auth_api, environment):
    for name, (_, bad) in signed.items():
        answer = auth_api.post(environment.services.validate_path, token=bad)
        assert answer.json().get("valid") is False, f"auth accepts a forgery in the name of {name}: {answer.text[:200]}"
