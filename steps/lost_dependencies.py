"""Services that lose a dependency, and what they report about their health."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.lost_dependencies import Needy


@given("a copy of it that is healthy", target_fixture="needy")
def healthy_copy(service, data_client, outputs, evidence):
    with copy_of(service, {}) as copy:
        needy = Needy(copy, data_client, [worker.name for worker in outputs.workers])
        evidence.add("its health before", needy.wait_says(healthy=True))
        yield needy


@when(parsers.parse("the copy is cut off from {needed}"), target_fixture="heal")
def cut_off(needy, db, cache, needed):
    addresses = {"the database": db.addresses(), "Redis": {str(cache.pod().status.pod_ip)}}[needed]
    with needy.cut_off(addresses) as heal:
        yield heal


@then("its health is told otherwise than with 200")
def is_not_healthy(needy, evidence):
    evidence.add("its health meanwhile", needy.wait_says(healthy=False))


@when("the copy is no longer cut off")
def heal_copy(heal):
    heal()


@then("its health is told with 200 again")
def is_healthy_again(needy, evidence):
    evidence.add("its health afterwards", needy.wait_says(healthy=True))
