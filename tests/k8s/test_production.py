"""Manifests as production has them: what holds on its volumes, in its zones and behind its load balancer."""

import re
from pathlib import Path

import pytest
import yaml
from aws_tools import AWS
from built import tool, upstream_manifests
from tests_support import kustomized

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.cluster.rendering import Rendering
from acceptance.drivers.argocd.polling import NOTICED_WITHIN, longest_wait, polling
from acceptance.drivers.argocd.sync_retries import has_no_end

K8S = ROOT / "k8s"
PODS = {"Deployment", "StatefulSet", "DaemonSet", "Job"}
SERVICES = ("auth-service", "backend-service", "frontend-service", "database", "redis")
PRODUCTION = [f"{name}/overlays/production" for name in SERVICES]


def sources():
    """Each object of k8s/ that runs pods, by its file; upstream's manifests are upstream's."""
    for path in sorted(K8S.rglob("*.yaml")):
        if "upstream" in path.relative_to(K8S).parts:
            continue
        for item in yaml.safe_load_all(path.read_text()):
            if isinstance(item, dict) and item.get("kind") in PODS:
                yield str(path.relative_to(K8S)), item


def keeps_a_volume(item):
    """Whether pods of this object mount something that outlives them."""
    claims = item["spec"].get("volumeClaimTemplates", [])
    volumes = item["spec"]["template"]["spec"].get("volumes", [])
    return bool(claims) or any("persistentVolumeClaim" in volume for volume in volumes)


def test_kubelet_changes_no_file_of_a_volume_that_it_has_changed_before():
    kept = [(path, item) for path, item in sources() if keeps_a_volume(item)]
    assert len(kept) >= 4
    for path, item in kept:
        context = item["spec"]["template"]["spec"].get("securityContext", {})
        if "fsGroup" in context:
            assert context.get("fsGroupChangePolicy") == "OnRootMismatch", path


def test_traefik_is_behind_a_load_balancer_that_knows_where_it_runs(tmp_path):
    # Traefik's base lies on upstream's manifests: the overlay's own patches are enough here.
    overlay = yaml.safe_load((K8S / "traefik/overlays/production/kustomization.yaml").read_text())
    patches = {each["target"]["kind"]: yaml.safe_load(each["patch"]) for each in overlay["patches"]}
    values = {operation["path"]: operation["value"] for operation in patches["Service"]}
    assert values["/spec/externalTrafficPolicy"] == "Local"
    told = re.search(r"ingress_health_port = (\d+)", (AWS / "load-balancer.tf").read_text())
    assert values["/spec/healthCheckNodePort"] == int(told[1])
    (storage,) = patches["PersistentVolumeClaim"]
    assert storage["value"] == "ingress"


def test_the_job_that_fills_the_database_runs_as_its_images_user():
    objects = {(item["kind"], item["metadata"]["name"]): item for item in kustomized("database/overlays/production")}
    users = {
        name: objects[kind, name]["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        for kind, name in (("StatefulSet", "yb-tserver"), ("Job", "yugabytedb-init"), ("Job", "database-replicated"))
    }
    assert set(users.values()) == {10001}, users


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_whoever_asks_at_its_start_asks_again(overlay):
    hooks = [item for item in kustomized(overlay) if item["kind"] == "Job"]
    assert hooks
    for job in hooks:
        pod = job["spec"]["template"]["spec"]
        (one,) = pod["containers"]
        words = [*one.get("command", []), *one.get("args", [])]
        files = [name for name in words if name.endswith(".sh")]
        text = " ".join(words) + "".join((K8S / scripts(name)).read_text() for name in files)
        assert re.search(r"^await http|\bfor _ in \$\(seq 60\)|\buntil\b", text), job["metadata"]["name"]
        # A minute of asking, and the pull of an image, have to fit in.
        assert job["spec"]["activeDeadlineSeconds"] >= 120, job["metadata"]["name"]


def scripts(name):
    """Where the script of a ConfigMap lies."""
    return next(path.relative_to(K8S) for path in K8S.glob(f"database/*/{Path(name).name}"))


@pytest.fixture
def rendered(tmp_path):
    """Renders a component for production with another repository."""
    text = (ROOT / "environments" / "production.toml").read_text()
    file = tmp_path / "elsewhere.toml"
    file.write_text(text.replace("github.com/alternatefutures/platform.git", "git.example.test/ours.git"))
    made = Rendering(load_environment(str(file)), tmp_path / "k8s", Path(tool("kubectl")))
    made.write()
    return made.manifests


def test_argocd_deploys_from_the_repository_that_the_environment_names(rendered):
    applications = rendered("argocd/applications")
    assert {item["spec"]["source"]["repoURL"] for item in applications} == {"https://git.example.test/ours.git"}
    projects = {item["metadata"]["name"]: item["spec"] for item in rendered("argocd/projects")}
    assert projects["alternate-futures"]["sourceRepos"] == ["https://git.example.test/ours.git"]
    assert projects["default"]["sourceRepos"] == []


def test_demos_have_a_project_that_takes_the_repositories_that_the_environment_names(rendered):
    projects = {item["metadata"]["name"]: item["spec"] for item in rendered("argocd/projects")}
    named = load_environment("production").gitops.repositories
    assert projects["demo"]["sourceRepos"] == [named["demo"], named["demo-polled"]]
    assert [item["namespace"] for item in projects["demo"]["destinations"]] == ["scenario-*"]


def test_argocd_goes_on_for_longer_than_a_first_deployment_takes(rendered):
    for item in rendered("argocd/applications"):
        retry = item["spec"]["syncPolicy"]["retry"]
        first, factor, longest = 10, retry["backoff"]["factor"], 180
        assert retry["backoff"]["duration"] == "10s" and retry["backoff"]["maxDuration"] == "3m"
        # The plan gives the database five to seven minutes (11.8).
        assert sum(min(first * factor**n, longest) for n in range(retry["limit"])) >= 2 * 420
        assert not has_no_end(item), "3.8 judges what is rendered for production, too"


@pytest.mark.parametrize(("environment", "seconds"), [("production", 155), ("kind", 45)])
def test_polling_finds_a_push_within_three_minutes_as_it_is_rendered(environment, seconds, tmp_path):
    upstream_manifests()
    tree = Rendering(load_environment(environment), tmp_path / "k8s", Path(tool("kubectl")))
    tree.write()
    objects = {(item["kind"], item["metadata"]["name"]): item for item in tree.manifests("argocd")}
    controller = objects["StatefulSet", "argocd-application-controller"]
    repo_server = objects["Deployment", "argocd-repo-server"]
    said = polling(controller, repo_server, objects["ConfigMap", "argocd-cm"]["data"])
    assert said["interval"] == load_environment(environment).gitops.polling_seconds
    # Criterion 3.2: 180 seconds.
    assert longest_wait(said) == seconds <= NOTICED_WITHIN
