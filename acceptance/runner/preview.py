"""`--dry-run`: prints what a run would create, touch and destroy, scenario by scenario, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acceptance.base.errors import UserError
from acceptance.criteria.run import RUN, Run
from acceptance.infrastructure.contract import cluster_name
from acceptance.runner.disturbances import PARTS, disturbed_by
from acceptance.runner.lookahead import fixtures_of, wanted_components
from acceptance.runner.tags import by_number, criterion_of, title_of

INFRASTRUCTURE = {
    "kind": "a Docker network, two volumes, a load balancer, a kind cluster with {nodes} nodes",
    "aws": "what `tofu -chdir=infrastructure/aws plan` lists: a VPC, machines, disks, a load balancer",
    "existing": "nothing; it was provisioned elsewhere",
}
TOUCHES = {
    "namespace": "a namespace of its own, deleted afterwards",
    "data_client": "the suite's client pod, deleted afterwards",
    "visitor": "a sign-in, whose token expires",
    "demo": "an Application of its own, and commits to a demo repository",
    "repository": "reads the platform's repository",
}


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print what a run would do instead of running anything."""
    if not session.config.option.dry_run:
        return None
    reporter: pytest.TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter
    try:
        lines = list(preview(session))
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    for line in lines:
        reporter.write_line(line)
    return True


def preview(session: pytest.Session) -> Iterator[str]:
    """The lines of a dry run."""
    run = session.config.stash[RUN]
    settings = run.environment.infrastructure
    nodes = settings.control_planes + settings.workers if settings.provisioner == "kind" else 0
    kind = INFRASTRUCTURE[settings.provisioner].format(nodes=nodes)
    wanted = wanted_components(session)
    name = run.environment.name
    yield f"dry run for the environment {name} ({settings.provisioner}), {cluster_name(run.environment)}"
    yield ""
    if run.attaches or run.options.reuse:
        yield "created: nothing; the run attaches to the existing platform and takes a lock in its cluster"
        yield f"attached to: {', '.join(wanted) or 'the cluster alone'}"
    else:
        yield f"created if missing: {kind}"
        yield f"deployed if missing: {', '.join(wanted) or 'nothing'}"
    yield f"destroyed at the end: {destroyed(run, session)}"
    yield ""
    rows: dict[str, set[str]] = {}
    titles = {}
    for item in session.items:
        identity = criterion_of(item) or item.name
        rows.setdefault(identity, set()).update(touched(item))
        titles[identity] = title_of(item)
    for identity, touches in rows.items():
        yield f"{identity:>10}  {titles[identity]}"
        yield f"{'':>10}  touches: {'; '.join(sorted(touches)) or 'nothing, it only reads'}"
    yield ""
    left_out = {identity: scenario for identity, scenario in run.catalogue.scenarios.items() if identity not in rows}
    for identity in sorted(left_out, key=by_number):
        yield f"{identity:>10}  not selected ({left_out[identity].unselected_reason})  {left_out[identity].title}"


def destroyed(run: Run, session: pytest.Session) -> str:
    """What is gone after the run."""
    if run.environment.is_long_lived:
        destroys = any(item.get_closest_marker("last") for item in session.items)
        return f"all of {cluster_name(run.environment)}, including its disks and their data" if destroys else "nothing"
    return "nothing; the platform is kept" if run.keeps else f"all of {cluster_name(run.environment)}"


def touched(item: pytest.Item) -> Iterator[str]:
    """What one item creates, changes or takes away."""
    names = fixtures_of(item)
    if item.get_closest_marker("last"):
        yield "DESTROYS the infrastructure"
    elif item.get_closest_marker("disruptive"):
        parts = disturbed_by(item)
        yield f"DISTURBS users of {'the whole platform' if parts == PARTS else ', '.join(sorted(parts))}"
    elif item.get_closest_marker("writes_to_users"):
        yield "writes to what users share, and removes it again"
    for name, text in TOUCHES.items():
        if name in names:
            yield text
