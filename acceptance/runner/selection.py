"""Which scenarios run, and in which order."""

from __future__ import annotations

import pytest

from acceptance.base.errors import UserError
from acceptance.criteria.catalogue import written_scenarios
from acceptance.criteria.run import RUN, Run
from acceptance.criteria.subtasks import REMEDY, closed_problems, subtask_problems
from acceptance.criteria.verdicts import Scenario, how_to_select
from acceptance.runner import disturbances
from acceptance.runner.tags import criterion_of, plan_criterion, title_of, uncollected_rows


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check scenarios against the catalogue, then order them and apply our own selection."""
    run = config.stash[RUN]
    scenarios: dict[str, list[pytest.Item]] = {}
    for item in items:
        if unknown := item.get_closest_marker("unknown_tag"):
            raise pytest.UsageError(
                f"{title_of(item)!r} has the unknown tag @{unknown.args[0]}\n"
                "  Remedy: use one of @ac-N.M, @plan-N.M, @system-NAME, @disruptive, @disturbs-PART, @needs-PART, "
                "@writes-to-users, @quiet, @exclusive_platform, @rehearsal and @last"
            )
        if identity := criterion_of(item):
            if identity.startswith("plan-"):
                run.catalogue.beyond[identity] = plan_criterion(identity, title_of(item))
            elif identity not in run.catalogue.criteria:
                raise pytest.UsageError(f"{title_of(item)!r} is tagged @ac-{identity}, but there is no such criterion")
            scenarios.setdefault(identity, []).append(item)
            if item.get_closest_marker("disruptive"):
                run.catalogue.kinds[identity] = "destroy" if item.get_closest_marker("last") else "disruptive"
    try:
        disturbances.check(items)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    for identity, rows in scenarios.items():
        titles = {(title_of(row), row.location[0]) for row in rows}
        if len(titles) > 1:
            names = " and ".join(sorted(repr(title) for title, _ in titles))
            raise pytest.UsageError(
                f"criterion {identity} has several scenarios: {names}\n  Remedy: one scenario, more rows"
            )
    run.catalogue.scenarios = {
        identity: Scenario(
            title_of(rows[0]),
            tuple(sorted({marker.args[0] for row in rows for marker in row.iter_markers("system")})),
            (*(row.nodeid for row in rows), *uncollected_rows(rows)),
            (),
        )
        for identity, rows in scenarios.items()
    }
    if config.args_source is config.ArgsSource.ARGS or config.getoption("lf", False):
        # Criteria have a scenario even if pytest did not collect it.
        for identity, title in written_scenarios(config.rootpath).items():
            run.catalogue.scenarios.setdefault(identity, Scenario(title, (), (f"{title}: not collected",), ()))

    elif config.getini("closed_catalogue"):
        check_closed(config, run)

    def place(item: pytest.Item) -> tuple[bool, bool, bool]:
        last, rehearsal, disruptive = (item.get_closest_marker(name) for name in ("last", "rehearsal", "disruptive"))
        # A rehearsal restores what it destroys; after the very last scenario nothing is left.
        return (last is not None, rehearsal is None, disruptive is not None)

    items.sort(key=place)
    wanted = {
        identity
        for identity, criterion in {**run.catalogue.criteria, **run.catalogue.beyond}.items()
        if identity in config.getoption("--criterion")
        or str(criterion.requirement) in config.getoption("--requirement")
        or {str(task) for task in criterion.tasks} & set(config.getoption("--task"))
    }
    picky = any(config.getoption(f"--{option}") for option in ("criterion", "requirement", "task"))
    kept, dropped = [], []
    for item in items:
        identity = criterion_of(item) or ""
        if picky and identity not in wanted:
            dropped.append(item)
            run.catalogue.unselected[identity] = f"selected by {how_to_select(identity)}"
        elif item.get_closest_marker("rehearsal") and not config.getoption("--rehearse"):
            dropped.append(item)
            run.catalogue.unselected[identity] = "selected by --rehearse"
        elif flag := forbidden(item, run):
            dropped.append(item)
            run.catalogue.unselected[identity] = f"selected by {flag} --confirm={run.environment.name}"
        elif (
            item.get_closest_marker("exclusive_platform")
            and ((run.options.reuse and not config.getoption("--destroy")) or run.options.keep == "always")
            and not run.environment.is_long_lived
        ):
            dropped.append(item)
            run.catalogue.unselected[identity] = "the platform is kept; selected by --keep=never without --reuse"
        else:
            kept.append(item)
    items[:] = kept
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def forbidden(item: pytest.Item, run: Run) -> str | None:
    """The flag that an item needs because it would do more to the platform than this run may."""
    if item.get_closest_marker("last") and item.get_closest_marker("exclusive_platform"):
        return None if run.options.permissions.destroy else "--destroy"
    if item.get_closest_marker("disruptive") or item.get_closest_marker("writes_to_users"):
        return None if run.options.permissions.disruptive else "--disruptive"
    return None


def check_closed(config: pytest.Config, run: Run) -> None:
    """Refuse criteria without a scenario; with --collect-only (`make check`) also errors in the plan's subtasks."""
    if any(config.getoption(name, None) for name in ("ignore", "ignore_glob", "deselect")):
        return
    found = closed_problems(run.catalogue.criteria, run.catalogue.scenarios)
    if config.option.collectonly:
        found += subtask_problems(run.catalogue.subtasks, run.catalogue.scenarios)
    if found:
        raise pytest.UsageError("\n".join(found) + f"\n  Remedy: {REMEDY}")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was finally selected, after -k, -m and --lf."""
    run = session.config.stash[RUN]
    selected = {item.nodeid for item in session.items}
    for identity, scenario in run.catalogue.scenarios.items():
        run.catalogue.scenarios[identity] = Scenario(
            scenario.title, scenario.systems, scenario.items,
            tuple(nodeid for nodeid in scenario.items if nodeid in selected),
            run.catalogue.unselected.get(identity, f"selected by {how_to_select(identity)}"),
        )  # fmt: skip
