"""The pytest side: options, selection, order, verdicts as they come in, and the report at the end."""

from __future__ import annotations

import codecs
import datetime
import locale
import secrets

import pytest

from acceptance.base.environment import Environment, load_environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import REPORTS, STATE
from acceptance.base.permissions import Permissions, permissions
from acceptance.base.progress import say
from acceptance.base.proxies import reach_directly
from acceptance.base.signals import end_politely
from acceptance.criteria.catalogue import load_catalogue
from acceptance.criteria.run import RUN, Catalogue, Options, Run
from acceptance.criteria.subtasks import load_subtasks
from acceptance.criteria.verdicts import Outcome, acceptable, judge
from acceptance.infrastructure.attachment import Attachment
from acceptance.infrastructure.subnet import POOL
from acceptance.reports.report import write_report
from acceptance.runner import preflight
from acceptance.runner.machine_lock import MachineLock
from acceptance.runner.options import check_long_lived, check_selection
from acceptance.runner.tags import by_number, criterion_of
from acceptance.runner.terminal import speak_past_capture

LOCK = pytest.StashKey[MachineLock]()
"""This run's hold on the machine."""
ATTACHMENT = pytest.StashKey[Attachment]()
"""The cluster that a long-lived environment names, if any."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read environment and catalogue; refuse bad input before anything is created."""
    config.addinivalue_line("markers", "criterion(id): the criterion that a scenario judges")
    config.addinivalue_line("markers", "plan(id): the subtask of the plan that a scenario beyond the criteria judges")
    config.addinivalue_line("markers", "system(name): a system that the criterion names, which may have a stand-in")
    config.addinivalue_line("markers", "unknown_tag(name): a tag of a feature that means nothing")
    config.addinivalue_line("markers", "disruptive: takes something away from users while it runs")
    config.addinivalue_line("markers", "disturbs(part): a part of the platform that a disruptive scenario disturbs")
    config.addinivalue_line(
        "markers", "needs(part): a part of the platform that a scenario needs, in addition to what is derived"
    )
    config.addinivalue_line("markers", "writes_to_users: adds something to what users share, and removes it")
    config.addinivalue_line("markers", "quiet: measures milliseconds, so it runs alone")
    config.addinivalue_line("markers", "rehearsal: runs only with --rehearse")
    config.addinivalue_line("markers", "last: runs after everything else")
    config.addinivalue_line("markers", "exclusive_platform: needs a platform that may be destroyed")
    if codecs.lookup(locale.getpreferredencoding(False)).name != "utf-8":
        problem = f"the locale's encoding is {locale.getpreferredencoding(False)}; the suite's files are UTF-8"
        raise pytest.UsageError(f"{problem}\n  Remedy: PYTHONUTF8=1, as `make` sets it")
    try:
        environment = load_environment(config.getoption("--env"))
        catalogue, subtasks = load_catalogue(), load_subtasks()
        check_selection(config, catalogue)
        flags = Permissions(*(config.getoption(f"--{name}") for name in ("provision", "disruptive", "destroy")))
        allowed = permissions(environment, flags, config.getoption("--confirm"))
        check_long_lived(config, environment)
    except UserError as error:
        raise pytest.UsageError(str(error)) from error
    settings = environment.infrastructure
    nodes = [settings.subnet or str(POOL)] if isinstance(settings, KindSettings) else []
    # Requests to the platform on kind never leave the machine; production's may have to use the user's proxy.
    reach_directly([f".{environment.domain}", *nodes] if nodes else [])
    now = datetime.datetime.now(datetime.UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    # A lane writes into the folder of its run, and keeps what the run created there.
    lane = getattr(config, "workerinput", None)
    run_id, folder = (lane["run"], lane["folder"]) if lane else (run_id, REPORTS / run_id)
    options = Options(
        config.getoption("--keep"),
        config.getoption("--reuse") or bool(lane),
        bool(config.getini("strict")),
        allowed,
        lane["number"] if lane else 1,
    )
    config.stash[RUN] = Run(run_id, environment, options, folder, Catalogue(catalogue, subtasks))
    config.stash[LOCK] = MachineLock()
    if not (config.option.collectonly or config.option.help or config.option.dry_run):
        config.option.allure_report_dir = str(folder / "allure-results")
        if not lane:
            folder.mkdir(parents=True)
            speak_past_capture(config, folder / "progress.log")
        end_politely()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Preflight, before the first scenario: reports every problem at once and creates nothing."""
    run = session.config.stash[RUN]
    if is_idle(session.config):
        return
    if not any(criterion_of(item) for item in session.items):
        return
    say(f"run {run.id}, environment {run.environment.name}, report in {run.folder}")
    attaching = run.options.reuse or platform_is_up(run.environment)
    changes = run.options.permissions.provision or run.options.permissions.destroy
    disruptive = run.options.permissions.disruptive
    found = preflight.problems(run.environment, attaching=attaching, changes=changes, disruptive=disruptive)
    try:
        session.config.stash[LOCK].acquire(run.id)
    except UserError as error:
        found.insert(0, str(error))
    if run.environment.is_long_lived and not found:
        found = [str(error) for error in look_first(session.config)]
    if found:
        run.verdicts.problems = found
        raise pytest.UsageError("preflight found what would break this run:\n\n" + "\n\n".join(found))


def is_idle(config: pytest.Config) -> bool:
    """Whether a session provisions nothing and writes no report: it only collects, or is a lane of another."""
    return config.option.collectonly or config.option.dry_run or config.stash[RUN].options.lane > 1


def look_first(config: pytest.Config) -> list[UserError]:
    """Problems of the cluster that the environment names; if there are none, this run takes the lock in it."""
    run = config.stash[RUN]
    provision = run.options.permissions.provision
    try:
        attachment = config.stash[ATTACHMENT] = Attachment(run.environment, may_be_new=provision)
    except UserError as error:
        return [error]
    is_new = provision and run.environment.infrastructure.provisioner == "aws" and not attachment.kubeconfig.is_file()
    # A cluster that is still to be provisioned is checked once it exists.
    return [] if is_new else attachment.begin(run.id)


def platform_is_up(environment: Environment) -> bool:
    """Whether an earlier run kept its platform, or was interrupted and left it."""
    return (STATE / environment.name / "terraform.tfstate").exists()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Reconcile results with the catalogue, write the report, and set the exit code."""
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    try:
        if is_idle(session.config):
            return
        given = session.config.option.env
        beyond = sorted(run.catalogue.beyond.values(), key=lambda criterion: by_number(criterion.id))
        scenarios = run.catalogue.scenarios
        run.verdicts.criteria, run.verdicts.beyond = (
            [judge(item, scenarios.get(item.id), run.results, run.environment, given) for item in group]
            for group in (run.catalogue.criteria.values(), beyond)
        )
        every = run.verdicts.every
        if run.verdicts.problems:
            for verdict in every:
                if verdict.outcome is Outcome.ERROR:
                    verdict.reason = "preflight: " + run.verdicts.problems[0].splitlines()[0]
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            good = all(acceptable(verdict, run.options.strict) for verdict in every)
            session.exitstatus = pytest.ExitCode.OK if good and exitstatus == 0 else pytest.ExitCode.TESTS_FAILED
        write_report(run, int(session.exitstatus))
    finally:
        if attachment := session.config.stash.get(ATTACHMENT, None):
            attachment.release()
        session.config.stash[LOCK].release()
