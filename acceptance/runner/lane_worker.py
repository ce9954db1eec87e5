"""A lane from inside: a process that judges what the run's main process hands out, and reports what it saw."""

from __future__ import annotations

import pytest

from acceptance.criteria.run import RUN
from acceptance.platform.platform import Standing
from acceptance.runner.item_loop import clean_up, run_batch
from acceptance.runner.lane_connection import Line

STANDING = pytest.StashKey[Standing | None]()
"""In a lane: the platform, as the run's main process brought it up."""


class LaneWorker:
    """A lane, from inside: it judges what it is given, and reports what it saw."""

    def __init__(self, config: pytest.Config, line: Line):
        self.config = config
        self.line = line

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Wait for the platform, then judge batch after batch."""
        run, items = self.config.stash[RUN], {item.nodeid: item for item in session.items}
        (standing,) = self.line.receive()
        self.config.stash[STANDING] = standing
        last = None
        while standing and (batch := self.next()):
            for _ in run_batch(session, [items[nodeid] for nodeid in batch]):
                last = batch[-1]
        if last:
            self.line.send("result", clean_up(session, last))
        self.line.send("phases", run.timeline.phases)
        return True

    def next(self) -> list[str]:
        """The node ids of the next batch; empty if there are no more."""
        self.line.send("next")
        (batch,) = self.line.receive()
        return list(batch or ())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send a report, and the suite's result from it, to the run."""
        result = self.config.stash[RUN].results[report.nodeid]
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.line.send("report", (data, result))
