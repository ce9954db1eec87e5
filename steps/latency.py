"""How long calls take beside others."""

import functools

from pytest_bdd import parsers, then

from acceptance.drivers.services import slow_calls


@then(
    parsers.parse(
        "of {count:d} validate calls no more than {share:d} percent take over {limit:d} milliseconds, "
        "nor over {more:d}, beyond what auth's health does"
    )
)
def few_are_slow(auth, data_client, signed_in, environment, count, share, limit, more, evidence):
    settings, doors = environment.services, auth.pod_doors(data_client)
    path, field = settings.validate_path, settings.validate_field
    measure = functools.partial(slow_calls.slow_of, doors, path, signed_in["jwt"], count, (limit, more), field)
    slow, seen = slow_calls.found_slow(measure, count, share)
    evidence.add(f"calls over each limit in ms, of validate and of {slow_calls.CONTROL}", seen)
    assert doors and not slow, (
        f"expected few of {count} validate calls over {limit} ms, saw {seen} beside auth's health"
    )
