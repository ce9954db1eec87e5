"""What a copy of the backend writes about queries that succeed."""

import contextlib
import json
from types import SimpleNamespace

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.service_settings import ServiceSettings
from steps import configuration


@pytest.mark.parametrize(("said", "wrong"), [("rows: 2", True), (json.dumps({"level": "INFO", "rows": 2}), False)])
def test_a_print_about_a_query_that_succeeds_is_seen(monkeypatch, said, wrong):
    lines = [json.dumps({"level": "INFO", "message": "started"})]
    copy = SimpleNamespace(log=lambda: [*lines], api=lambda _: None)
    monkeypatch.setattr(configuration, "ask", lambda *_: lines.append(said))
    monkeypatch.setattr(configuration, "PRINTS_NONE", Deadline(0, "a test"))
    environment = SimpleNamespace(services=ServiceSettings())
    before = configuration.answer_queries(copy, None, environment, {"jwt": "token"})
    assert before == 1 and len(lines) == 1 + 2 * configuration.SUCCEED
    with pytest.raises(AssertionError, match="6 lines beside its log") if wrong else contextlib.nullcontext():
        configuration.prints_nothing(copy, before)
