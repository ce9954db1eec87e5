"""Batches run beside those that they do not disturb, the longest chain first."""

from acceptance.runner.batches import Batch
from acceptance.runner.disturbances import CONTROL_PLANE, PARTS, Effect
from acceptance.runner.schedule import Schedule, chain, in_order


def batch(seconds=1.0, disturbs=(), needs=()):
    """A batch without items."""
    return Batch([], Effect(frozenset(disturbs), frozenset({CONTROL_PLANE, *needs})), seconds)


def simulated(batches, lanes):
    """When each batch begins and ends, if each takes as long as expected, and the end of all."""
    schedule, now, ends, spans = Schedule(batches), 0.0, {}, {}
    while True:
        for lane in range(1, lanes + 1):
            if lane not in ends and (taken := schedule.take(lane)):
                ends[lane], spans[taken] = now + taken.seconds, (now, now + taken.seconds)
        if not ends:
            assert schedule.is_empty, "nothing runs, and something waits"
            return spans, now
        now = min(ends.values())
        for lane in [lane for lane, end in ends.items() if end == now]:
            del ends[lane]
            schedule.end(lane)


def test_nothing_runs_beside_what_it_excludes():
    batches = [
        batch(5, ["database"], ["database"]), batch(4, ["traefik"], ["traefik"]), batch(3, ["backend-service"], PARTS),
        *(batch(2, (), needs) for needs in (PARTS, ["database"], ["traefik"], [])),
    ]  # fmt: skip
    spans, _ = simulated(batches, 4)
    assert len(spans) == len(batches)
    for one in batches:
        for other in batches:
            begins, ends = spans[one]
            at_once = one is not other and begins < spans[other][1] and spans[other][0] < ends
            assert not (at_once and one.effect.excludes(other.effect)), (one, other)


def test_the_longest_chain_is_begun_first_and_what_disturbs_nobody_before_it():
    longest, shorter = batch(60, ["backend-service"]), batch(30, ["backend-service"])
    other = batch(40, ["frontend-service"])
    looks_at_all, idle = batch(20, (), PARTS), batch(70)
    assert chain(idle, [longest, shorter, other]) == 0
    assert chain(longest, [longest, shorter, other]) == 90
    assert in_order([idle, other, shorter, longest, looks_at_all]) == [looks_at_all, longest, shorter, other, idle]


def test_a_long_one_does_not_wait_for_short_ones_of_a_longer_chain():
    backend = [batch(20, ["backend-service"], ["backend-service"]) for _ in range(6)]
    long = batch(100, ["frontend-service"], ["frontend-service"])
    assert chain(long, [*backend, long]) < chain(backend[0], [*backend, long])
    assert in_order([*backend, long])[0] is long
    _, took = simulated([*backend, long], 2)
    assert took == 120


def test_gaps_are_filled_and_chains_run_side_by_side():
    backend = [batch(60, ["backend-service"], ["backend-service"]), batch(20, ["backend-service"], ["backend-service"])]
    frontend = [batch(30, ["frontend-service"], ["frontend-service"]) for _ in range(2)]
    fill = [batch(5) for _ in range(20)]
    _, took = simulated([*fill, *frontend, *backend], 4)
    assert took == 80
    _, alone = simulated([*fill, *frontend, *backend], 1)
    assert alone == 80 + 60 + 100


def test_who_has_to_wait_gets_it_when_the_other_ends():
    first, second = batch(2, ["database"]), batch(1, ["database"])
    schedule = Schedule([first, second])
    assert schedule.take(1) is first
    assert schedule.take(2) is None and not schedule.is_empty
    schedule.end(1)
    assert schedule.take(2) is second and schedule.is_empty


def test_two_that_disturb_the_same_or_what_the_other_needs_exclude_each_other():
    database, user, bystander = batch(1, ["database"]), batch(1, (), ["database"]), batch(1, (), ["redis"])
    assert database.effect.excludes(user.effect) and user.effect.excludes(database.effect)
    assert database.effect.excludes(batch(1, ["database"]).effect)
    assert not database.effect.excludes(bystander.effect) and not user.effect.excludes(bystander.effect)
    assert batch(1, [CONTROL_PLANE]).effect.is_exclusive and batch(1, [CONTROL_PLANE]).effect.excludes(bystander.effect)
