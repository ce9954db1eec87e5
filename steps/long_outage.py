"""An outage of auth that lasts for more than a minute."""

import pytest
from pytest_bdd import parsers, then, when

from acceptance.drivers.api.graphql_variants import not_answered
from acceptance.drivers.api.long_outage import LONG, LongOutage
from acceptance.drivers.network.cuts import RESET
from acceptance.drivers.services.partitions import partitioned


@pytest.fixture
def long_outage(backend, data_client, environment):
    """A copy of the backend that is without auth from `start` until the end of the scenario."""
    with LongOutage(backend, data_client, environment.services) as outage:
        yield outage


@when("auth refuses connections from the backend", target_fixture="cut")
def auth_is_away(backend, auth, outputs, signed_in, long_outage):
    # Its outage lasts for longer than all other steps take, so it begins with the first of them.
    long_outage.start(signed_in["jwt"])
    with partitioned(backend, auth, [worker.name for worker in outputs.workers], RESET) as cut:
        yield cut


@then(parsers.parse("a copy whose auth has an unresolvable name responds with {status:d}"))
def copy_without_an_address(long_outage, status, evidence):
    answers = long_outage.answers()
    evidence.add(f"answers of a copy whose auth has no address, for {LONG} s", [asked.describe() for asked in answers])
    wrong = [said for asked in answers if (said := not_answered(status, asked))]
    assert not wrong, f"expected {status} for {LONG} s where auth has no address, saw {wrong}"
