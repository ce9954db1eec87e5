"""pytest hooks for lanes: how many there are, and the loop that judges in them."""

from __future__ import annotations

import itertools
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from acceptance.base.environment import MOST_LANES
from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.base.secrecy import when_registered
from acceptance.criteria.run import RUN
from acceptance.runner.batches import batches
from acceptance.runner.item_loop import check_stop, clean_up, run_item
from acceptance.runner.lane_connection import Line, ToRun
from acceptance.runner.lane_worker import LaneWorker
from acceptance.runner.lanes import LANES, Lanes
from acceptance.runner.schedule import Schedule
from acceptance.runner.terminal import speak_through
from acceptance.runner.undeclared_disturbances import watching


def pytest_addoption(parser: pytest.Parser) -> None:
    """The number of lanes; and for a lane, the connection to the run's main process."""
    group = parser.getgroup("acceptance")
    group.addoption(
        "--lanes", type=int, choices=range(1, MOST_LANES + 1), metavar="N",
        help="judge scenarios in N concurrent processes that do not disturb each other (default: the environment's)",
    )  # fmt: skip
    group.addoption(
        "--lane", type=int, metavar="FD", help="internal: this process is a lane; FD connects it to its run"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A lane learns which run it belongs to. Like a pytest-xdist worker, it then keeps no records of its own."""
    if config.getoption("--lane") is None:
        return
    line = Line(Connection(config.getoption("--lane")))
    (about,) = line.receive()
    config.workerinput = about  # type: ignore[attr-defined]
    # Files named on the command line belong to the run's main process.
    config.option.log_file = None
    if config.option.basetemp:
        config.option.basetemp = str(Path(config.option.basetemp) / f"lane-{about['number']}")
    speak_through(config, ToRun(line))
    when_registered(lambda value: line.send("secret", value))
    config.pluginmanager.register(LaneWorker(config, line))


def count_lanes(config: pytest.Config) -> int:
    """The maximum number of lanes of a run."""
    run = config.stash[RUN]
    if config.option.collectonly or config.option.usepdb or run.options.lane > 1:
        return 1
    return int(config.getoption("--lanes") or run.environment.lanes)


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Judge in lanes if the run has several; otherwise pytest judges in sequence."""
    count = count_lanes(session.config)
    if count < 2 or session.testsfailed:
        return None
    run = session.config.stash[RUN]
    try:
        waiting = batches(session.items)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    if len(waiting) < 2:
        return None
    beside = {item for batch in waiting for item in batch.items}
    after = [item for item in session.items if item not in beside]
    lanes = session.config.stash[LANES] = Lanes(run, Schedule(waiting), watching(session.config))
    count = min(count, len(waiting))
    run.facts["lanes"] = count
    say(f"judging scenarios in {count} concurrent lanes")
    if reporter := session.config.pluginmanager.get_plugin("terminalreporter"):
        # Results of several files arrive interleaved.
        reporter.showfspath = False
    try:
        lanes.start(count - 1, session.config)
        last = lanes.run_own(session)
        lanes.tell(None)
        while lanes.working():
            lanes.replay(session, wait=True)
    finally:
        lanes.close()
    if last and not after:
        clean_up(session, last)
    for item, following in itertools.zip_longest(after, after[1:]):
        run_item(item, following)
        check_stop(session)
    return True
