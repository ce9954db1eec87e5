"""Who could ask Argo CD for a sync, and which programs of its namespace are not its own."""

from types import SimpleNamespace

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.security import sync_rights
from acceptance.drivers.security.granted_rights import among, grants_of
from acceptance.drivers.security.powerful_rights import TO_SYNCS

ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


def subject(kind, name, namespace=None):
    """A subject as the API writes it."""
    return {"kind": kind, "name": name} | ({"namespace": namespace} if namespace else {})


def binding(who):
    """A binding of all rights as the API writes it."""
    role = {"kind": "ClusterRole", "name": "cluster-admin"}
    return {"metadata": {"name": "b"}, "roleRef": role, "subjects": [who]}


def objects(*bindings):
    """Roles and bindings by kind."""
    roles = [{"metadata": {"name": "cluster-admin"}, "rules": [ALL]}]
    return {"ClusterRole": roles, "Role": [], "RoleBinding": [*bindings], "ClusterRoleBinding": []}


CONTROLLER = "argocd-application-controller"


def program(kind, name, account):
    """A workload of Argo CD's namespace."""
    pod = {"serviceAccountName": account} if account else {}
    spec = {"template": {"spec": pod}}
    spec = {"CronJob": {"jobTemplate": {"spec": spec}}, "Pod": pod}.get(kind, spec)
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("kind", ["CronJob", "Job", "Deployment", "Pod"])
def test_a_program_that_uses_argo_cds_account_is_told(kind):
    known = {("StatefulSet", CONTROLLER)}
    found = [
        program("StatefulSet", CONTROLLER, CONTROLLER),
        program(kind, "tidy", ""),
        program(kind, "sync", CONTROLLER),
    ]
    (said,) = sync_rights.unknown_programs(found, known, {CONTROLLER})
    assert said == f"{kind} sync has the account {CONTROLLER}"


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (subject("ServiceAccount", "syncer", "default"), True),
        (subject("Group", "system:serviceaccounts"), True),
        (subject("Group", "operators"), False),
        (subject("ServiceAccount", "helm-x", "kube-system"), False),
    ],
)
def test_accounts_that_may_ask_for_syncs(who, told):
    (grant,) = among(objects(binding(who)), "argocd", TO_SYNCS)
    assert sync_rights.may_ask(grant, ()) is told


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (subject("ServiceAccount", CONTROLLER, "argocd"), False),
        (subject("ServiceAccount", "argocd-server", "argocd"), False),
        (subject("ServiceAccount", "argocd-redis", "argocd"), True),
        (subject("ServiceAccount", "auto-sync", "argocd"), True),
        (subject("ServiceAccount", "metrics-server", "kube-system"), True),
        (subject("Group", "operators"), False),
    ],
)
def test_of_what_the_manifests_bind_argo_cds_own_accounts_alone_are_known(who, told):
    (grant,) = grants_of(binding(who), "RoleBinding", "argocd")
    assert sync_rights.may_ask(grant, [grant]) is told


def release(path):
    """The workloads of Argo CD's release."""
    texts = (ROOT / "k8s" / "upstream" / "argocd" / path).read_text().split("\n---\n")
    kinds = [f"\nkind: {kind}\n" for kind in sync_rights.RUNS]
    return [yaml.safe_load(text) for text in texts if any(kind in text for kind in kinds)]


@pytest.mark.parametrize("path", ["install.yaml", "ha/install.yaml"])
def test_the_release_has_known_programs_and_containers_only(path):
    found = release(path)
    accounts = {sync_rights.account_of(item) for item in found}
    known = [(kind, name) for kind in sync_rights.RUNS for name in sync_rights.CONTAINERS]
    assert len(found) > 6 and sync_rights.unknown_programs(found, known, accounts) == []
    assert sync_rights.unknown_containers(found, accounts) == []


@pytest.mark.parametrize(
    ("name", "container", "told"),
    [
        (CONTROLLER, {"name": "tidy"}, [f"StatefulSet {CONTROLLER} has the container tidy"]),
        (CONTROLLER, {"name": CONTROLLER}, []),
        ("other", {"name": "tidy"}, []),
        (
            "other",
            {"name": "tidy", "command": ["sh", "-c"], "args": ["while sleep 300; do argocd app sync -l a; done"]},
            ["StatefulSet other syncs Applications by its container tidy"],
        ),
    ],
    ids=["sidecar", "own", "another-program", "loop"],
)
def test_a_container_beside_those_of_the_release_is_told(name, container, told):
    item = program("StatefulSet", name, CONTROLLER)
    item["spec"]["template"]["spec"]["containers"] = [container]
    assert sync_rights.unknown_containers([item], {CONTROLLER}) == told


def test_a_program_that_git_has_is_not_known_by_that(monkeypatch):
    (grant,) = among(objects(binding(subject("ServiceAccount", "argocd-server", "argocd"))), "argocd", TO_SYNCS)
    monkeypatch.setattr(sync_rights, "granted", lambda *_: [grant])
    monkeypatch.setattr(sync_rights, "rendered_grants", lambda _: frozenset([grant]))
    monkeypatch.setattr(sync_rights, "rendered_programs", lambda _: {("Deployment", "auto-sync")})
    monkeypatch.setattr(sync_rights, "programs", lambda _: [program("Deployment", "auto-sync", "argocd-server")])
    found = sync_rights.without_operator(SimpleNamespace(cluster=SimpleNamespace(is_attached=False)))
    assert found == ["Deployment auto-sync has the account argocd-server"]


@pytest.mark.parametrize("attached", [False, True])
def test_a_tool_of_somebody_elses_cluster_may_write_applications(monkeypatch, attached):
    (grant,) = among(objects(binding(subject("ServiceAccount", "updater", "tools"))), "argocd", TO_SYNCS)
    monkeypatch.setattr(sync_rights, "granted", lambda *_: [grant])
    monkeypatch.setattr(sync_rights, "rendered_grants", lambda _: frozenset())
    monkeypatch.setattr(sync_rights, "rendered_programs", lambda _: frozenset())
    monkeypatch.setattr(sync_rights, "programs", lambda _: [])
    found = sync_rights.without_operator(SimpleNamespace(cluster=SimpleNamespace(is_attached=attached)))
    assert bool(found) is not attached
