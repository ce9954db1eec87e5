"""The handbooks' commands, run as written: every block that may run anywhere. Source: tasks 25 and 26."""

from pytest_bdd import given, parsers, then, when

from acceptance.criteria.verdicts import NotSelected
from acceptance.drivers.operations.handbooks import Checkout, copy_project, read_blocks
from acceptance.drivers.workloads import platform_state


@given("a copy of this project in which to follow a handbook", target_fixture="checkout")
def copy_of_project(tmp_path, environment, cluster, repository, sealed_secrets, routes, argocd, access, web):
    if environment.gitops.server != "in-cluster":
        raise NotSelected("the blocks marked `run` are for kind; selected by --env=kind")
    # Traefik's log, which a handbook reads, is empty until somebody visits the site.
    web.get(f"https://www.{environment.domain}/", timeout=30)
    folder = copy_project(tmp_path / "checkout")
    return Checkout(folder, cluster.tools, cluster.kubeconfig_path, platform_state.wait_found(cluster, repository))


@when(parsers.parse('every non-disruptive command of "{handbook}" is run in it'))
def type_commands(checkout, handbook, evidence):
    for block in read_blocks(handbook):
        if block.mode == "run":
            evidence.add(block.place, checkout.type(block))


@then("each of them succeeds")
def all_ended_well(checkout):
    assert checkout.ended, "expected blocks marked `sh run` in the handbook, saw none"
    assert not checkout.bad, "\n".join(checkout.bad)


@then("what they show is there, and backups contain the services' tables")
def all_showed_something(checkout, environment, db):
    settings = environment.services
    tables = (settings.tokens_table, settings.public_table)
    lost = checkout.lost_from_backups(tables, db.login.user, db.admin.user)
    assert not checkout.silent + lost, "\n".join([*checkout.silent, *lost])


@then(parsers.parse('a block of each subtask of "{handbook}" was run'))
def each_subtask_was_run(checkout, handbook):
    missing = checkout.not_run(handbook)
    assert not missing, f"expected blocks marked `sh run` for each subtask in {handbook}, saw none for {missing}"


@then("the platform is as it was before")
def as_before(cluster, repository, checkout):
    platform_state.wait_same(cluster, repository, checkout.before)
