"""Wallets that sign in, and their tokens."""

import contextlib

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.drivers.api import refused_sign_ins, sign_in_headers, sign_in_variants, token_validation
from acceptance.drivers.api.auth_stub import answering
from acceptance.drivers.api.concurrent_sign_ins import AT_ONCE, each_gets_its_own
from acceptance.drivers.api.developer_tokens import yes_of_auth
from acceptance.drivers.api.ended_sessions import end_sessions
from acceptance.drivers.api.expiring_tokens import TIMED
from acceptance.drivers.api.jwt_key_headers import tokens_of
from acceptance.drivers.api.nonce_guessing import guessable
from acceptance.drivers.api.nonce_lifetime import LATE, late
from acceptance.drivers.api.personal_tokens import never_issued
from acceptance.drivers.api.pods_tokens import signed_by_pods
from acceptance.drivers.api.sign_in import LOGS, SignIn, keep_tokens
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.log_lines import showing
from acceptance.drivers.services.service import in_words
from acceptance.drivers.services.service_logs import on_the_way
from acceptance.platform.secrets import read_secret

__all__ = ["SignIn", "accepted", "keep_tokens"]


@pytest.fixture
def visitor(auth_api, environment):
    """A wallet that has not signed in."""
    return SignIn(auth_api, environment)


@pytest.fixture
def jwt_secret(default):
    """The value of the Secret that signs JWTs."""
    value = (read_secret(default.cluster, "jwt-secret", default.name) or {}).get("JWT_SECRET")
    assert value, f"expected JWT_SECRET in the Secret jwt-secret in {default.name}, saw none"
    return value


@given("a wallet", target_fixture="wallet")
def some_wallet(visitor):
    return visitor


@given("a wallet that signed in", target_fixture="signed_in")
def signed_in_wallet(visitor, evidence):
    visitor.answer = visitor.send(*visitor.message("a good message"))
    return accepted(visitor, evidence)


def accepted(visitor, evidence):
    """What a wallet got on signing in: the answer with the JWT under "jwt", and the wallet under "wallet"."""
    got = visitor.got()
    shown = {key: value for key, value in got.items() if key != "wallet"}
    evidence.add("answer to the sign-in", {"status": visitor.answer.status_code, **shown})
    return got


@when(parsers.parse("it signs in with {kind}"))
def sign_in(wallet, kind, environment, data_client):
    wallet.ask_route()
    wallet.kind = kind
    if kind == AT_ONCE:
        each_gets_its_own(lambda: SignIn(wallet.api, environment))
        kind = "a good message"
    wallet.first = sign_in_headers.before(kind, wallet.domain)
    signed = late(wallet, data_client) if kind == LATE else sign_in_variants.signed(wallet, kind)
    wallet.answer = wallet.send(*signed, **sign_in_headers.of(kind, wallet.domain))


@then("it gets a personal access token")
def gets_token(wallet, auth_doors, environment, evidence):
    got, settings = accepted(wallet, evidence), environment.services
    short = token_validation.too_short(got, settings)
    assert not short, f"expected a personal access token that cannot be guessed, but {short}"
    wrong = token_validation.wrong_life(got["jwt"], got.get(settings.jwt_expiry_field))
    assert not wrong, f"expected the JWT to expire at the time that its wallet was told, but {wrong}. Try: {LOGS}"
    jwt_is_accepted(got, auth_doors, settings)


def jwt_is_accepted(got, auth_doors, settings):
    """Raise AssertionError unless auth accepts the JWT of a sign-in at each endpoint, as that wallet's."""
    answers = token_validation.ask(auth_doors, settings, got["jwt"])
    seen = token_validation.verdicts(answers, settings)
    assert all(seen.values()), f"expected auth to accept the JWT that it issued at each endpoint, saw {seen}"
    subjects = token_validation.subjects(answers, settings)
    address = got["wallet"].wallet.address
    assert token_validation.only_of(subjects, address), f"expected a JWT of {address}, but auth names {subjects}"


@then("it gets another token the next time")
def gets_another(wallet, environment, evidence):
    first, settings = wallet.got(), environment.services
    wallet.enter()
    second = accepted(wallet, evidence)
    wrong = token_validation.too_short(second, settings) or token_validation.too_alike(first, second, settings)
    assert not wrong, f"expected a second sign-in to get a new token, unpredictable from the first, but {wrong}"
    alike = guessable(wallet)
    assert not alike, f"expected a nonce that cannot be guessed from the one before, but {alike}. Try: {LOGS}"


@then("it is refused")
def is_refused(wallet, auth, data_client, db, environment, evidence):
    answer = wallet.answer
    evidence.add("answer to the sign-in", {"status": answer.status_code, "body": answer.text})
    said = refused_sign_ins.not_refused(answer, wallet.paths)
    assert not said, f"expected a refusal (400, 401, 403 or 422) of the sign-in without a token, saw {said}"
    rows = refused_sign_ins.rows_too_many(db, wallet)
    assert not rows, f"expected no token in the database for a refused sign-in, saw {rows}. Try: {LOGS}"
    wrong = refused_sign_ins.let_in_at(auth.pod_doors(data_client), wallet, environment)
    assert not wrong, f"expected a refusal of the sign-in by each pod of auth, saw {wrong}. Try: {LOGS}"


@then("the database has its token with the expiry time that the wallet was given")
def token_is_stored(signed_in, db, environment, evidence):
    settings = environment.services
    row = token_validation.stored(db, settings, signed_in[settings.token_field])
    evidence.add("row of the token", row)
    wrong = token_validation.wrong_row(row, signed_in[settings.expiry_field], signed_in["wallet"].wallet.address)
    wrong = wrong or token_validation.ends_early(row, signed_in["jwt"])
    assert not wrong, f"the token's row in {settings.tokens_table} is wrong: {wrong}. Try: {LOGS}"


@then("no table of the database contains the token in plain text")
def token_is_hashed(signed_in, db, environment):
    found = token_validation.in_clear(db, signed_in[environment.services.token_field])
    assert not found, (
        f"expected only the token's hash in the database, but these tables have it in clear text: {', '.join(found)}"
    )


@when("all but 15 minutes of its token's lifetime have passed", target_fixture="aged")
def token_ages(signed_in, db, environment, evidence):
    row = token_validation.age(db, environment.services, signed_in[environment.services.token_field])
    evidence.add("row of the token, whose times were set back", row)
    return row


@when("another wallet signs in")
def another_signs_in(auth_api, environment):
    SignIn(auth_api, environment).enter()


@then("the database still has the aged token, with the same expiry time")
def token_stays(signed_in, aged, db, environment):
    row = token_validation.stored(db, environment.services, signed_in[environment.services.token_field])
    assert abs(row["expires"] - aged["expires"]) < 1, f"expected the token to expire as before ({aged}), saw {row}"


@then("nothing that auth has logged since contains the token or its JWT")
def token_is_not_logged(signed_in, auth, environment, evidence):
    logs = auth.log(signed_in["wallet"].since)
    evidence.add("lines that auth wrote since", {name: len(lines) for name, lines in logs.items()})
    shown = showing(logs, [signed_in[environment.services.token_field], signed_in["jwt"]])
    assert logs and not shown, (
        f"expected no line with the token or its JWT in auth's log, saw some in {shown or 'no log at all'}"
    )


@then("no component that forwarded or validated its JWT has logged it")
def jwt_is_not_logged(signed_in, auth, backend, evidence):
    logs = on_the_way([auth, backend], signed_in["wallet"].since)
    evidence.add("lines since, by pod", {name: len(lines) for name, lines in logs.items()})
    shown = showing(logs, [signed_in["jwt"]])
    assert logs and not shown, (
        f"expected no line with the JWT in any log, saw some in {shown or 'no log at all'}. Try: {LOGS}"
    )


@when("the database terminates the idle sessions of a copy of auth", target_fixture="copy_api")
def auth_loses_sessions(db, auth, data_client, evidence):
    with copy_of(auth, {}) as copy:
        evidence.add("sessions of the copy that were ended", end_sessions(db, copy))
        yield copy.api(data_client)


@when(parsers.parse("the wallet signs in {count:d} more times there"), target_fixture="signed_in")
def signs_in_again(signed_in, copy_api, count):
    wallet = signed_in["wallet"]
    wallet.api = copy_api
    for _ in range(count):
        wallet.as_new_client()
        wallet.enter()
    return {**wallet.got(), "first": signed_in}


@then("it still has the wallet's first token, with the same expiry time")
def first_token_stays(signed_in, aged, db, environment):
    token_stays(signed_in["first"], aged, db, environment)


@pytest.fixture
def serve(data_client):
    """A function that starts a pod which serves a text until the end of the scenario; it returns the pod's URL."""
    with contextlib.ExitStack() as stack:
        yield lambda text: stack.enter_context(answering(data_client.namespace, 200, text)).url


@when(parsers.parse("auth is asked to validate {kind}"), target_fixture="validated")
def ask_about(signed_in, jwt_secret, auth_doors, environment, serve, kind):
    settings, good = environment.services, signed_in["jwt"]
    if kind in TIMED:
        tokens = {kind: TIMED[kind](auth_doors, settings, good, jwt_secret)}
    else:
        tokens = tokens_of(kind, good, jwt_secret, serve)
        tokens |= never_issued(kind, str(signed_in.get(settings.token_field) or ""))
    answers = token_validation.ask_about_each(auth_doors, settings, good, tokens)
    return answers | yes_of_auth(kind, auth_doors, settings)


@then(parsers.parse("it answers that the token is {answer}"))
def says(validated, signed_in, environment, answer, evidence):
    settings = environment.services
    evidence.add("answers of auth", {door: in_words(said) for door, said in validated.items()})
    seen = token_validation.verdicts(validated, settings)
    wanted, mine = answer == "valid", signed_in["wallet"].wallet.address
    assert set(seen.values()) == {wanted}, f"expected the token to be {answer} at each endpoint of auth, saw {seen}"
    found = token_validation.subjects(validated, settings) if wanted else {mine}
    names_it = not wanted or token_validation.only_of(found, mine)
    assert names_it, f"expected auth to name {mine} as the token's subject, saw {found}"


@when("a JWT is signed with each backend pod's JWT_SECRET", target_fixture="signed")
def backend_signs(backend):
    return signed_by_pods(backend)


@then("auth accepts each of them")
def auth_accepts(signed, auth_doors, environment, evidence):
    settings = environment.services
    for name, form, token in [(name, *made) for name, (good, _) in signed.items() for made in good.items()]:
        answers = token_validation.ask(auth_doors, settings, token)
        seen = token_validation.verdicts(answers, settings)
        evidence.add(f"auth on the JWT that {name} signed, {form}", seen)
        assert all(seen.values()), f"expected auth to accept the JWT that pod {name} signed, {form}, saw {seen}"
        found = token_validation.subjects(answers, settings)
        assert found == {name}, f"expected auth to name {name} as the subject of its JWT, saw {found}"


@then("auth rejects the same claims signed with another secret")
def auth_refuses(signed, auth_doors, environment):
    for name, (_, bad) in signed.items():
        seen = token_validation.verdicts(
            token_validation.ask(auth_doors, environment.services, bad), environment.services
        )
        assert not any(seen.values()), f"expected auth to refuse a JWT of {name} with another signature, saw {seen}"
