"""Slow checks of several targets run concurrently, and none is left out."""

import contextlib
import json
import threading
from types import SimpleNamespace as Thing

import pytest

from acceptance.criteria.evidence import Evidence
from acceptance.drivers.services import latency
from acceptance.drivers.workloads.pods import PodClient
from steps import auth_outage

PATIENCE = 20


@pytest.fixture
def together():
    """A barrier for two threads; a thread that waits there alone gets BrokenBarrierError."""
    return threading.Barrier(2, timeout=PATIENCE)


def test_a_counter_is_read_on_all_machines_at_once_and_by_none_before_all_are_there(monkeypatch, together):
    ready, read = [], []

    class Client(PodClient):
        def ensure(self):
            ready.append(self.name)

        def __call__(self, *arguments):
            assert len(ready) == 2, "another one starts while this one reads"
            together.wait()
            read.append(self.name)
            return json.dumps({"count": int(arguments[-1]), "p95": len(self.name)})

    class Beside:
        def __enter__(self):
            return {"worker": Client(None, "a"), "worker2": Client(None, "bb")}

        def __exit__(self, *error):
            assert sorted(read) == ["a", "bb"], "the pods are gone before they have read"

    monkeypatch.setattr(latency, "beside", lambda client, service: Beside())
    seen = latency.reads_at_once(None, None, "counter", 2000)
    assert seen == {"worker": {"count": 2000, "p95": 1}, "worker2": {"count": 2000, "p95": 2}}


@pytest.mark.parametrize(("wrong", "named"), [(None, ""), (500, "500"), (0, "0")])
def test_copies_are_asked_at_once_and_each_answer_is_judged(monkeypatch, wrong, named):
    together = threading.Barrier(7, timeout=PATIENCE)

    def answer_of_copy(backend, through, settings, said, token):
        together.wait()
        status = 401 if said == wrong else 503
        request = Thing(method="POST")
        answer = Thing(request=request, url="http://copy/graphql", status_code=status, text=f"to {said}", json=dict)
        return Thing(status=status, answer=answer, describe=lambda: status)

    monkeypatch.setattr(auth_outage.auth_stub, "answer_of_copy", answer_of_copy)
    judge = auth_outage.copy_without_a_word
    arguments = ({"jwt": "token"}, None, None, Thing(services=None), 503, 500, 503, Evidence())
    message = rf"\{{{named}: 'POST http://copy/graphql answered 401: to {wrong}'\}}"
    with contextlib.nullcontext() if wrong is None else pytest.raises(AssertionError, match=message):
        judge(*arguments)
