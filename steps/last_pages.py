"""Requests for pages that are in flight when a pod of the frontend ends."""

from pytest_bdd import parsers, then, when

from acceptance.drivers.operations.last_pages import PagesTakenAway
from acceptance.drivers.services.service import Service


@when(
    parsers.parse('a copy of "{name}" is deleted while requests for a page take {seconds:d} seconds to arrive'),
    target_fixture="pages_taken_away",
)
def pages_taken_away(platform, default, data_client, environment, name, seconds):
    platform.get(name)
    with PagesTakenAway(Service(default, name), data_client, environment, seconds) as copy:
        yield copy


@then("the deleted copy also answered each request for a page")
def copy_answered_pages(pages_taken_away, evidence):
    evidence.add("pages of a copy that was deleted", pages_taken_away.judged())
