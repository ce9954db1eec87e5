"""The handbooks, followed: each block of commands that may run anywhere, as it is written. Source: tasks 25 and 26."""

import os

from pytest_bdd import given, parsers, then, when

from acceptance.base.waiting import SYNCED, eventually
from acceptance.clients.process import run as run_program
from acceptance.cluster.namespace import of_scenario
from acceptance.criteria.verdicts import NotSelected
from acceptance.drivers.handbooks import copy_project, read_blocks
from acceptance.infrastructure.cluster_lock import NAMESPACE
from acceptance.platform.application_status import ARGOCD, GROUP

SHELL = ("bash", "-euo", "pipefail", "-c")
TIMEOUT = 240
LISTS = ("core.list_namespace", "apps.list_deployment_for_all_namespaces", "apps.list_stateful_set_for_all_namespaces",
         "core.list_secret_for_all_namespaces", "core.list_service_for_all_namespaces")  # fmt: skip


def seen(cluster, repository):
    """What a handbook must not change: the platform's objects by generation, its Applications, its last commit."""
    objects = {}
    for name in LISTS:
        api, _, method = name.partition(".")
        for item in getattr(getattr(cluster, api), method)().items:
            key = f"{name.partition('list_')[2]} {item.metadata.namespace}/{item.metadata.name}"
            place = item.metadata.namespace or item.metadata.name
            if not (place.startswith("scenario-") or place == NAMESPACE or of_scenario(item.metadata.labels)):
                objects[key] = (item.metadata.uid, item.metadata.generation)
    for pod in cluster.core.list_namespaced_pod("default").items:
        of_job = any(owner.kind == "Job" for owner in pod.metadata.owner_references or [])
        if not (of_job or of_scenario(pod.metadata.labels)):
            objects[f"pod {pod.metadata.name}"] = (pod.metadata.uid, None)
    for item in cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]:
        metadata = item["metadata"]
        if not of_scenario(metadata.get("labels")):
            objects[f"application {metadata['name']}"] = (metadata["uid"], str(item["spec"]))
    objects["main"] = repository.git("ls-remote", repository.remote(), "refs/heads/main")
    return objects


@given("a copy of this project, for whoever follows a handbook", target_fixture="desk")
def copy_of_project(tmp_path, environment, cluster, repository, sealed_secrets, routes, argocd, access):
    if environment.gitops.server != "in-cluster":
        raise NotSelected("the blocks marked `run` are for kind; selected by --env=kind")
    return {"folder": copy_project(tmp_path / "checkout"), "before": seen(cluster, repository), "ended": {}}


@when(parsers.parse('every command of "{handbook}" that disturbs nobody is typed in it'))
def type_commands(cluster, desk, handbook, evidence):
    path = f"{cluster.tools}:{os.environ.get('PATH', '')}"
    environment = {"KUBECONFIG": str(cluster.kubeconfig_path), "PATH": path}
    for block in read_blocks(handbook):
        if block.mode != "run":
            continue
        ended = run_program(
            [*SHELL, block.text], cwd=desk["folder"], environment=environment, timeout=TIMEOUT, check=False
        )
        said = ended.stdout + ended.stderr
        evidence.add(block.place, f"{block.text}\n{said}\nexit code {ended.returncode}")
        desk["ended"][block.place] = (ended.returncode, said)


@then("each of them ended well")
def all_ended_well(desk):
    bad = {
        place: f"exit code {code}: {' | '.join(said.strip().splitlines()[-3:])}"
        for place, (code, said) in desk["ended"].items()
        if code
    }
    assert desk["ended"], "no block of the handbook is marked `sh run`"
    assert not bad, "\n".join(f"{place}: {what}" for place, what in bad.items())


@then("the platform is as it was before")
def as_before(cluster, repository, desk):
    def same():
        now = seen(cluster, repository)
        before = desk["before"]
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        assert not changed, f"changed: {', '.join(sorted(changed))}"
        return True

    eventually(same, within=SYNCED, what="the platform as it was", hint="kubectl -n argocd get applications")
