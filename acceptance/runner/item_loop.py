"""Runs items and batches as pytest's own loop does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acceptance.base.secrecy import redact
from acceptance.base.waiting import in_words
from acceptance.criteria.run import RUN
from acceptance.criteria.verdicts import Outcome, Result
from acceptance.runner.pytest_internals import tear_down_session


def check_stop(session: pytest.Session) -> None:
    """Stop where pytest itself would: after --maxfail failures, or on request."""
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def run_item(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run one item, as pytest's own loop does."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def run_batch(session: pytest.Session, batch: list[pytest.Item]) -> Iterator[None]:
    """Run one batch, item by item. Session fixtures stay up; those of the last item's module are torn down."""
    others = [item for item in session.items if item is not batch[-1]]
    other = next((item for item in others if item.parent is not batch[-1].parent), others[0])
    for item, following in zip(batch, [*batch[1:], other], strict=True):
        run_item(item, following)
        yield


def clean_up(session: pytest.Session, last: str) -> Result:
    """Tear down session fixtures; errors are recorded against the last item, whose result it returns.

    pytest's own loop does this with the last item, but a lane learns too late which item was the last.
    """
    run = session.config.stash[RUN]
    result = run.results[last]
    try:
        tear_down_session(session)
    except Exception as error:
        if result.outcome not in (Outcome.FAILED, Outcome.ERROR):
            result.outcome = Outcome.ERROR
            result.reason = redact(f"while the session cleaned up: {type(error).__name__}: {in_words(error)}")
            run.journal.write(result)
    return result
