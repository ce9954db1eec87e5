"""A backend that asks slowly is told from one on a slow machine."""

import pytest

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
