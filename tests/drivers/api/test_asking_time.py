"""A backend that asks auth slowly is distinguished from a slow machine."""

import itertools

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import asking_time


@pytest.mark.parametrize(("more", "found"), [(0.4, 400.0), (0.0, 0.0)])
def test_only_what_a_protected_query_takes_longer_counts(monkeypatch, more, found):
    settings, slow = ServiceSettings(), iter([0.1, 0.1, 3.0, 3.0, 0.2, 0.2])

    class Asked:
        def __init__(self, query):
            self.seconds = next(slow) + (more if query == settings.protected_query else 0)

        def data(self):
            return {"a": 1}

    monkeypatch.setattr(asking_time, "ask", lambda _api, _settings, query, _token: Asked(query))
    assert asking_time.cost_of_asking({"a pod": None}, settings, "token", pairs=3) == {"a pod": found}


class Auth:
    """Auth that takes some time for each token, and longer for one that it has not seen yet."""

    def __init__(self, clock, more, valid=True):
        self.clock, self.more, self.valid, self.known = clock, more, valid, {"known"}

    def post(self, path, token):
        self.clock["now"] += 0.03 + (0 if token in self.known else self.more)
        self.known.add(token)
        return json_answer(200, {"valid": self.valid})


@pytest.mark.parametrize(("more", "found"), [(0.3, 300.0), (0.0, 0.0)])
def test_only_what_a_new_token_takes_longer_counts(monkeypatch, more, found):
    clock, numbers = {"now": 0.0}, itertools.count()
    monkeypatch.setattr(asking_time.time, "monotonic", lambda: clock["now"])
    doors = {"a pod": Auth(clock, more)}

    def new():
        return f"token {next(numbers)}"

    assert asking_time.cost_of_new_tokens(doors, ServiceSettings(), "known", new, pairs=3) == {"a pod": found}
    with pytest.raises(AssertionError, match="expected auth to accept a valid JWT"):
        asking_time.cost_of_new_tokens({"a pod": Auth(clock, 0, False)}, ServiceSettings(), "known", new, pairs=1)
