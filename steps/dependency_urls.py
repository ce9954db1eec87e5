"""The URLs of database and cache: services use what they are given, and nothing else."""

from pytest_bdd import parsers, then

from acceptance.drivers.data import service_sessions
from acceptance.drivers.services import nowhere_copies
from acceptance.drivers.services.isolated_copies import READY


@then("its pods have sessions in the database only as that URL says")
def sessions_are_as_told(service, db, evidence):
    seen = service_sessions.sessions_of(db, [str(pod.status.pod_ip) for pod in service.running()])
    evidence.add("sessions of its pods, by member", seen)
    wrong = service_sessions.of_others(db, seen)
    expected = f"{db.login.user} in {db.login.database}"
    assert not wrong, f"expected sessions of {service.name} only as {expected}, saw {wrong}. Try: {service.hint}"


@then(parsers.parse('a copy of it whose "{key}" leads to nobody is not ready, and one with its own is'))
def copy_goes_where_it_is_led(service, data_client, key, evidence):
    good, nowhere = nowhere_copies.states(service, data_client.namespace, key)
    evidence.add("copies", {"with its own URLs": good, f"whose {key} leads to nobody": nowhere})
    assert good == READY, f"expected a copy of {service.name} to be ready with its own URLs, saw {good}"
    assert nowhere != READY, f"expected a copy of {service.name} whose {key} leads to nobody not to be ready, but it is"
