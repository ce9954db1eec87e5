"""Records that were just written to the database, and whether the public query finds them."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers.api.client_forms import ask_in_valid_forms
from acceptance.drivers.api.ended_sessions import end_sessions
from acceptance.drivers.api.graphql import LOGS, TYPENAME, ask_as_clients, ask_everywhere, long
from acceptance.drivers.api.own_records import OwnRecord
from acceptance.drivers.api.public_records import Record
from acceptance.drivers.api.twin_records import not_among, twin_of
from acceptance.drivers.services.answer_headers import compressed_against_wish
from acceptance.drivers.services.copies import copy_of


@given("a record that was just written to the database", target_fixture="record")
def new_record(service, db, environment):
    record = Record.new(db, environment.services)
    record.insert()
    yield record
    record.delete()


@given("a record among many that were just written to the database", target_fixture="record")
def new_record_among_many(db, environment):
    record = Record.new(db, environment.services)
    # A first page of fifty records does not contain it: the services' own records also precede it.
    record.insert(around=environment.services.public_page // 2 - 1)
    yield record
    record.delete()


@given("a record of the services' own that an operator changed", target_fixture="own_record")
def own_record_changed(db, environment):
    # Where others use the services, each record is theirs.
    own = None if environment.is_long_lived else OwnRecord.first(db, environment.services)
    if own:
        own.change()
    yield own
    if own:
        own.restore()


@then("that change is still there")
def change_is_kept(own_record, evidence):
    evidence.add("the record that was changed", own_record.key if own_record else "the services bring none along")
    found = own_record.lost() if own_record else ""
    assert not found, f"expected an operator's change to outlive restarts of the services, but {found}"


@when("the database terminates the idle sessions of a copy of the backend", target_fixture="copy_api")
def backend_loses_sessions(db, backend, data_client, evidence):
    with copy_of(backend, {}) as copy:
        evidence.add("sessions of the copy that were ended", end_sessions(db, copy))
        yield copy.api(data_client)


@then("the public query finds that record there")
def record_is_answered_there(copy_api, environment, record, evidence):
    settings = environment.services
    answers = ask_everywhere({"the copy": copy_api}, settings, settings.public_query)
    evidence.add("answer of the copy", {door: asked.describe() for door, asked in answers.items()})
    missed = [asked.describe() for asked in answers.values() if not record.found_in(asked)]
    assert not missed, f"expected the public query to find {record.values} after the sessions were ended, saw {missed}"


@when(parsers.parse("{days:d} days have passed since the record was written"))
def record_ages(record, days, evidence):
    evidence.add("times of the row that were set back", record.age(days))


@when("the record is changed in the database", target_fixture="record")
def change_record(record):
    return record.change()


@when("the record is deleted from the database")
def delete_record(record):
    record.delete()


@then(parsers.parse("the public query {finds} that record, over HTTPS, through the Service and at each pod"))
def record_is_answered(backend_doors, environment, record, finds, evidence):
    settings = environment.services
    answers = ask_everywhere(backend_doors, settings, settings.public_query)
    evidence.add(settings.public_query, {door: asked.describe() for door, asked in answers.items()})
    seen = {door: record.found_in(asked) for door, asked in answers.items()}
    wanted = finds == "finds"
    assert set(seen.values()) == {wanted}, (
        f"expected that the public query {finds} {record.values} at each endpoint, found there: {seen}"
    )


@then("the public query also finds it when the query is 8 KiB long")
def long_query_is_answered(backend_doors, environment, record, evidence):
    settings = environment.services
    answers = ask_everywhere(backend_doors, settings, long(settings.public_query))
    evidence.add("answers to the long query", {door: asked.describe() for door, asked in answers.items()})
    missed = [door for door, asked in answers.items() if not record.found_in(asked)]
    assert answers and not missed, (
        f"expected a query of 8 KiB to find {record.values}, but it did not at {missed or 'any endpoint'}"
    )


@then("the public query also finds a second record with the same text, at every endpoint")
def second_record_is_answered(backend_doors, environment, record, evidence):
    settings = environment.services
    with twin_of(record) as twin:
        answers = ask_everywhere(backend_doors, settings, settings.public_query)
    evidence.add("a second record with the same text", twin.values if twin else "its table does not allow one")
    both = [record, twin] if twin else [record]
    missed = {door: found for door, asked in answers.items() if (found := not_among(asked, both))}
    assert answers and not missed, f"expected both records with the same text at each endpoint, not found: {missed}"


@then("the public query also finds it with the headers and bodies that clients send")
def query_of_clients_is_answered(backend_doors, environment, record, evidence):
    settings, domain = environment.services, f"www.{environment.domain}"
    answers = ask_as_clients(backend_doors, settings, settings.public_query, domain)
    answers |= ask_in_valid_forms(backend_doors, settings, settings.public_query, TYPENAME)
    evidence.add("answers to queries as clients send them", {how: asked.describe() for how, asked in answers.items()})
    missed = [how for how, asked in answers.items() if not record.found_in(asked)]
    assert answers and not missed, f"expected each query to find {record.values}, not found at {missed}. Try: {LOGS}"
    forms = {how: form for how, asked in answers.items() if (form := compressed_against_wish(asked.answer))}
    assert not forms, f"expected no compressed answer unless the client accepts it, saw {forms}. Try: {LOGS}"
