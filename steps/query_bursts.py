"""Many queries at once, while the backend is without auth."""

from pytest_bdd import parsers, then

from acceptance.drivers.api import query_bursts
from acceptance.drivers.api.graphql import LOGS


@then(parsers.parse("{count:d} protected queries, 32 at once, are answered with {status:d} by each backend pod"))
def many_at_once_are_answered(signed_in, backend, data_client, environment, count, status, evidence):
    seen = query_bursts.burst(backend, data_client, environment.services, signed_in["jwt"], count)
    evidence.add(f"answers to {count} protected queries, {query_bursts.AT_ONCE} at once", seen)
    wrong = query_bursts.other_answers(seen, status)
    assert seen and not wrong, f"expected {status} for each of {count} protected queries, saw {wrong}. Try: {LOGS}"
