"""Every so many calls are slow: told from a machine that makes all of them slow now and then."""

import itertools

import pytest

from acceptance.drivers.services import slow_calls

LIMITS = (120, 250)


class Auth:
    """Auth whose every `each` validate call takes `late` s; on a machine where every `noise` call takes as long."""

    def __init__(self, clock, each=0, noise=0, late=0.5):
        self.clock, self.each, self.noise, self.late = clock, each, noise, late
        self.calls, self.all, self.asked = itertools.count(1), itertools.count(1), []

    def take(self, slow):
        noisy = self.noise and next(self.all) % self.noise == 0
        self.clock["now"] += self.late if slow or noisy else 0.004

    def post(self, path, token, headers):
        self.asked.append(path)
        self.take(self.each and next(self.calls) % self.each == 0)

    def get(self, path, headers):
        self.asked.append(path)
        self.take(False)


@pytest.mark.parametrize(
    ("each", "noise", "late", "slow"),
    [
        (0, 0, 0.5, False),
        (33, 0, 0.5, True),
        (33, 101, 0.5, True),
        (0, 33, 0.5, False),
        (150, 0, 0.5, False),
        (40, 0, 0.2, True),
        (0, 33, 0.2, False),
        (40, 0, 0.11, False),
    ],
)
def test_slow_calls_are_counted_against_the_control(monkeypatch, each, noise, late, slow):
    clock = {"now": 0.0}
    monkeypatch.setattr(slow_calls.time, "monotonic", lambda: clock["now"])
    doors = {name: Auth(clock, each, noise, late) for name in ("a", "b")}
    found, seen = slow_calls.found_slow(lambda: slow_calls.slow_of(doors, "/validate", "token", 300, LIMITS), 300, 1)
    assert found is slow and len(seen) == (2 if slow else 1)
    series = doors["a"].asked
    assert len(series) == 300 * len(seen) and series[:4] == ["/health", "/validate", "/validate", "/health"]


@pytest.mark.parametrize("second", [{120: (2, 0), 250: (2, 0)}, {120: (2, 0), 250: (9, 0)}])
def test_noise_that_does_not_come_again_is_no_fault(second):
    first = {120: (9, 0), 250: (2, 0)}
    measured = iter([first, second])
    assert slow_calls.found_slow(lambda: next(measured), 300, 1) == (False, [first, second])


@pytest.mark.parametrize(
    ("slow", "control", "wrong"), [(3, 0, False), (4, 0, True), (9, 4, False), (12, 4, True), (300, 300, False)]
)
def test_what_the_control_series_explains(slow, control, wrong):
    assert slow_calls.too_many(slow, control, 300, 1) is wrong
