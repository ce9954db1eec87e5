"""A service that keeps its log lines in a buffer is told; one that logs no requests is not."""

from types import SimpleNamespace

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.drivers.services import late_logs

POD = SimpleNamespace(status=SimpleNamespace(pod_ip="10.0.0.1"))


class Logging:
    """A service that writes its lines once this many requests came; `None`: never."""

    name, port = "frontend-service", 3000

    def __init__(self, buffered):
        self.buffered, self.asked = buffered, 1

    def pods(self):
        return [POD]

    def log(self, since):
        is_written = self.buffered is not None and self.asked > self.buffered
        return {"frontend-1": ["started", "GET /mark-1"] if is_written else ["started"]}


@pytest.mark.parametrize(
    ("buffered", "is_late", "is_filled"), [(0, False, False), (None, False, True), (320, True, True)]
)
def test_lines_that_come_once_a_buffer_is_full_are_told(monkeypatch, buffered, is_late, is_filled):
    service = Logging(buffered)

    class Api:
        def __init__(self, way):
            assert way == "a way to 10.0.0.1:3000"

        def get(self, path):
            service.asked += 1

    monkeypatch.setattr(late_logs, "Api", Api)
    for name in ("LOGGED", "FLUSHED"):
        monkeypatch.setattr(late_logs, name, Deadline(0, "a test"))
    through = SimpleNamespace(way_to=lambda host, port: f"a way to {host}:{port}")
    if is_late:
        with pytest.raises(AssertionError, match="keeps lines in a buffer"):
            late_logs.assert_written_at_once(service, through, "mark-1", None)
    else:
        late_logs.assert_written_at_once(service, through, "mark-1", None)
    assert (service.asked > 1) is is_filled
