"""GraphQL: what is public, what needs a token, and which service the backend asks about the token."""

import contextlib

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import LOGS_READABLE, Deadline
from acceptance.base.waiting import eventually
from acceptance.drivers.api import developer_tokens, record_counts, token_validation
from acceptance.drivers.api.auth_stub import TIMES, answering, words
from acceptance.drivers.api.client_forms import ask_in_valid_forms, ask_protected_in_forms, not_answered_with
from acceptance.drivers.api.graphql import (
    LOGS,
    ask,
    ask_after_everywhere,
    ask_as_clients,
    ask_at_once,
    ask_everywhere,
    not_refused,
    of_others,
    shows,
)
from acceptance.drivers.api.graphql_variants import (
    ask_in_forms,
    ask_in_small_letters,
    ask_without_token,
    let_in,
    not_unauthorized,
    with_data,
)
from acceptance.drivers.api.kept_answers import kept_data
from acceptance.drivers.api.path_variants import ask_at_other_paths
from acceptance.drivers.api.sign_in import LOGS as AUTH_LOGS
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.api.socket_queries import behind_ingress, let_in_by_sockets
from acceptance.drivers.api.wallet import forged
from acceptance.drivers.services.copies import copy_of

COUNTED = Deadline(10, "the suite: other scenarios write records and remove them meanwhile")


@when("it sends the protected query", target_fixture="answers")
def ask_protected(signed_in, backend_doors, environment, evidence):
    settings, token = environment.services, signed_in["jwt"]
    answers = ask_everywhere(backend_doors, settings, settings.protected_query, token)
    answers["HTTPS, as bearer in small letters"] = ask_in_small_letters(backend_doors["HTTPS"], settings, token)
    evidence.add("answers to the protected query", {door: asked.describe() for door, asked in answers.items()})
    return answers


@when("it sends the protected query with the headers and bodies that clients send", target_fixture="answers")
def ask_protected_as_clients(signed_in, backend_doors, environment, evidence):
    settings, site = environment.services, f"www.{environment.domain}"
    query, public, token = settings.protected_query, settings.public_query, signed_in["jwt"]
    answers = ask_as_clients(backend_doors, settings, query, site, token)
    answers |= ask_in_valid_forms(backend_doors, settings, query, public, token)
    evidence.add("answers to queries as clients send them", {how: asked.describe() for how, asked in answers.items()})
    return answers


@when("it sends the protected query with a 4 KiB JWT that auth accepts", target_fixture="answers")
def ask_protected_with_long_token(signed_in, jwt_secret, auth_doors, backend_doors, environment, evidence):
    settings, token = environment.services, forged("a JWT of 4 KiB", signed_in["jwt"], jwt_secret)
    said = token_validation.verdicts(token_validation.ask(auth_doors, settings, token), settings)
    assert all(said.values()), (
        f"expected auth to accept a JWT of 4 KiB with an unknown claim, saw {said}. Try: {AUTH_LOGS}"
    )
    answers = ask_everywhere(backend_doors, settings, settings.protected_query, token)
    evidence.add("answers to the long JWT", {door: asked.describe() for door, asked in answers.items()})
    return answers


@when(parsers.parse("the protected query is sent with {kind}"), target_fixture="answers")
def ask_protected_with(signed_in, backend_doors, auth_doors, environment, jwt_secret, kind, evidence):
    settings = environment.services
    token = None if kind == "no JWT" else forged(kind, signed_in["jwt"], jwt_secret)
    said = token_validation.verdicts(token_validation.ask(auth_doors, settings, token), settings) if token else {}
    assert not any(said.values()), f"expected auth itself to reject {kind}, saw {said}"
    answers = ask_everywhere(backend_doors, settings, settings.protected_query, token)
    answers |= ask_after_everywhere(backend_doors, settings, signed_in["jwt"], token)
    evidence.add("answers to the protected query", {door: asked.describe() for door, asked in answers.items()})
    return answers


@then(parsers.parse("the forms in which clients send it are answered with {status:d} over HTTPS, too"))
def forms_of_clients_are_answered(signed_in, backend_api, environment, status, evidence):
    settings, site = environment.services, f"www.{environment.domain}"
    answers = ask_protected_in_forms(backend_api, settings, site, signed_in["jwt"])
    evidence.add("answers to queries as clients send them", {how: asked.describe() for how, asked in answers.items()})
    wrong = not_answered_with(status, answers)
    assert answers and not wrong, f"expected {status} for each form of the protected query, saw {wrong}. Try: {LOGS}"


@then("each answer has the query's data and no errors")
def has_data(answers):
    for how, asked in answers.items():
        asked.data()
        assert with_data(asked), (
            f"expected the query's own data {how}, saw only what is for everyone: {asked.describe()}"
        )


@pytest.fixture
def two_tokens(signed_in, auth_api, environment):
    """The JWTs of the wallet that signed in and of another one, by what the data of each shows."""
    shown = environment.services.protected_shows
    wallets = [signed_in, SignIn(auth_api, environment).enter()]
    return {shown.format(address=got["wallet"].wallet.address): got["jwt"] for got in wallets}


@then("each answer is for this wallet, and another wallet's for that one")
def has_own_data(answers, two_tokens, backend_api, environment):
    settings, (mine, others) = environment.services, two_tokens
    theirs = ask(backend_api, settings, settings.protected_query, two_tokens[others]).data()
    assert shows(theirs, others) and not shows(theirs, mine), (
        f"expected data of {others} for the other wallet, not of {mine}, saw {theirs}"
    )
    wrong = {door: asked.data() for door, asked in answers.items() if not shows(asked.data(), mine)}
    assert answers and not wrong, f"expected data of {mine} at each endpoint, saw {wrong}"


@then("the query's data has the number of records in the database, at every endpoint")
def has_count(signed_in, backend_doors, db, environment, evidence):
    def counted():
        return record_counts.counted(db, environment.services, backend_doors, signed_in["jwt"])

    what = f"the query's data to say how many records {environment.services.public_table} has"
    evidence.add("records that the data counts", eventually(counted, within=COUNTED, what=what, hint=LOGS))


@then("this also holds while both wallets send queries concurrently")
def has_own_data_at_once(two_tokens, backend_doors, environment, evidence):
    seen = {door: ask_at_once(api, environment.services, two_tokens) for door, api in backend_doors.items()}
    evidence.add("answers to both wallets at once", {door: len(answers) for door, answers in seen.items()})
    wrong = {door: found[0] for door, answers in seen.items() if (found := of_others(answers))}
    assert seen and not wrong, f"expected each wallet's own data while both send queries concurrently, saw {wrong}"


@then("no browser may keep that data for its next user, where the query is sent by GET")
def data_is_not_kept(signed_in, backend_doors, environment, evidence):
    answers, kept = kept_data(backend_doors, environment.services, signed_in["jwt"])
    evidence.add("answers to the protected query by GET", {door: asked.describe() for door, asked in answers.items()})
    said = {door: dict(answers[door].answer.headers) for door in kept}
    assert answers and not kept, f"expected answers that no browser shows to its next user, saw {said}. Try: {LOGS}"


@then(parsers.parse('each answer is the GraphQL error "{message}", without data'))
def is_error(answers, message):
    assert answers, "expected answers from the backend's endpoints, saw none"
    wrong = {door: said for door, asked in answers.items() if (said := not_refused(asked, message))}
    assert not wrong, f"expected the error {message} at each endpoint, saw {wrong}. Try: {LOGS}"


@then(parsers.parse("other forms of the query, such as GET, get no data with {kind} either"))
def other_forms_get_none(signed_in, backend_doors, environment, jwt_secret, kind, evidence):
    token = None if kind == "no JWT" else forged(kind, signed_in["jwt"], jwt_secret)
    answers = ask_in_forms(backend_doors, environment.services, token)
    answers |= ask_at_other_paths(backend_doors, environment.services, token)
    answers |= developer_tokens.data_of_backend(kind, backend_doors, environment.services)
    evidence.add("answers to other forms of the query", {form: asked.describe() for form, asked in answers.items()})
    wrong = {form: said for form, asked in answers.items() if (said := let_in(asked))}
    wrong |= let_in_by_sockets(behind_ingress(backend_doors), environment.services, token)
    assert answers and not wrong, f"expected no form of the query to get data with {kind}, saw {wrong}. Try: {LOGS}"


@then("a header without a bearer token is answered with Unauthorized, too")
def header_without_token(backend_api, environment, evidence):
    answers = ask_without_token(backend_api, environment.services)
    evidence.add("answers to headers without a token", {sent: asked.describe() for sent, asked in answers.items()})
    wrong = {sent: said for sent, asked in answers.items() if (said := not_unauthorized(asked))}
    assert answers and not wrong, f"expected the error Unauthorized, or status 400 or 401, saw {wrong}. Try: {LOGS}"


@given(parsers.parse("a copy of the backend whose auth service says {word}"), target_fixture="judged_copy")
def copy_with_stub(word, backend, auth_api, auth_doors, environment, data_client, signed_in):
    other = SignIn(auth_api, environment)
    as_auth = words(word, auth_api, environment.services, other)
    with contextlib.ExitStack() as stack:
        stub = stack.enter_context(answering(data_client.namespace, *as_auth))
        copy = stack.enter_context(copy_of(backend, {"AUTH_SERVICE_URL": stub.url}))
        yield copy.api(data_client), stub, other


@when(parsers.parse("the protected query is sent to the copy several times with {kind}"), target_fixture="asked_copy")
def ask_judged_copy(judged_copy, signed_in, environment, jwt_secret, kind, evidence):
    settings, token = environment.services, forged(kind, signed_in["jwt"], jwt_secret)
    answers = [ask(judged_copy[0], settings, settings.protected_query, token) for _ in range(TIMES)]
    evidence.add("answers of the copy", [asked.describe() for asked in answers])
    return answers, token


@then("that auth service is asked to validate it each time")
def stub_was_asked(judged_copy, asked_copy, environment, evidence):
    path = environment.services.validate_path
    evidence.add("the requests", eventually(
        lambda: judged_copy[1].was_asked(path, asked_copy[1], TIMES),
        within=LOGS_READABLE, what=f"POST {path} from the backend for each query",
    ))  # fmt: skip


@then("the copy answers as that auth service says: Unauthorized")
def copy_says_no(asked_copy):
    for asked in asked_copy[0]:
        asked.refused("Unauthorized")


@then("the copy answers as that auth service says: with the data of the wallet that it names")
def copy_says_yes(asked_copy, judged_copy, environment):
    shown = environment.services.protected_shows.format(address=judged_copy[2].wallet.address)
    for data in [asked.data() for asked in asked_copy[0]]:
        assert shows(data, shown), f"expected the data of {shown}, the wallet that auth named, saw {data}"
