"""The workflows of GitHub Actions: well-formed, pinned, with no more rights than needed, and their steps run here."""

import importlib.util
import json
import os
import re
import subprocess

import built
import pytest
import requests
import yaml
from aws_tools import programs
from built import tool

from acceptance.base.paths import ROOT
from acceptance.clients import engine
from acceptance.clients.docker import docker

SERVICES = {"auth": "auth-service", "backend": "backend-service", "frontend": "frontend-service"}
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("services/*/.github/workflows/*.yml")])
TAG = "0123456789abcdef0123456789abcdef01234567"


def jobs(path):
    """The jobs of a workflow."""
    return yaml.safe_load(path.read_text())["jobs"]


def steps(path):
    """Each step of a workflow."""
    return [step for job in jobs(path).values() for step in job["steps"]]


def test_references_are_checked_at_night_whatever_else_fails():
    found = jobs(ROOT / ".github/workflows/acceptance.yml")
    [name] = [name for name, job in found.items() if "make verify-references" in str(job["steps"])]
    assert name not in ("kind", "rehearsal", "production")
    assert found[name]["if"] == "github.event_name == 'schedule'" and "needs" not in found[name]


def test_every_service_and_the_suite_have_a_workflow():
    assert [str(path.relative_to(ROOT)) for path in WORKFLOWS] == [
        ".github/workflows/acceptance.yml",
        ".github/workflows/probe.yml",
        *(f"services/{name}/.github/workflows/image.yml" for name in SERVICES),
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_each_push_to_main_becomes_an_image_and_is_deployed(name):
    path = ROOT / f"services/{name}/.github/workflows/image.yml"
    # YAML reads the key `on` as true. A list of paths would leave pushes out that change only other files.
    assert yaml.safe_load(path.read_text())[True] == {"pull_request": None, "push": {"branches": ["main"]}}
    found = jobs(path)
    assert list(found) == ["check", "publish", "deploy"]
    assert [job.get("needs") for job in found.values()] == [None, "check", "publish"]
    assert [job.get("if") for job in found.values()] == [None, "github.event_name == 'push'", None]


def test_actionlint_finds_nothing():
    command = [tool("actionlint"), f"-shellcheck={programs()}/shellcheck", "-pyflakes=", *WORKFLOWS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actionlint_would_find_a_mistake(tmp_path):
    path = tmp_path / "wrong.yml"
    path.write_text(WORKFLOWS[0].read_text().replace("runs-on: ubuntu-24.04", "runs-on: ubuntu-0.1"))
    assert subprocess.run([tool("actionlint"), path], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parts[-4])
def test_actions_are_pinned_by_commit_and_say_their_version(path):
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parts[-4])
def test_rights_are_granted_job_by_job(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        rights = job["permissions"]
        assert {key for key, value in rights.items() if value == "write"} <= {"packages", "id-token"}, name
        # Whoever may write something runs only on main or in a protected environment.
        if "write" in rights.values():
            assert job.get("environment") == "production" or job["if"] == "github.event_name == 'push'"
        assert job["timeout-minutes"] <= 120


def test_images_are_published_for_both_architectures():
    for path in WORKFLOWS[1:]:
        built_on = jobs(path)["check"]["strategy"]["matrix"]["include"]
        assert {item["architecture"]: item["runner"] for item in built_on} == {
            "amd64": "ubuntu-24.04",
            "arm64": "ubuntu-24.04-arm",
        }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parts[-4])
def test_no_expression_is_pasted_into_a_script(path):
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step
        if step.get("uses", "").startswith("actions/checkout@") and "repository" not in step.get("with", {}):
            assert step["with"]["persist-credentials"] is False


def test_production_goes_by_oidc_behind_a_protected_environment():
    job = jobs(ROOT / ".github" / "workflows" / "acceptance.yml")["production"]
    assert job["environment"] == "production"
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    text = json.dumps(job)
    assert "role-to-assume" in text
    # A token for pushing to the platform's repositories, from the protected environment; none of AWS's.
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"AF_GIT_PASSWORD"}


# The steps, run here


@pytest.fixture(scope="module")
def registry():
    """A registry of this test's own in the place of GHCR."""
    container = docker("run", "--detach", "--publish", "127.0.0.1::5000", built.image("registry"))
    yield docker("port", container, "5000").splitlines()[0]
    docker("rm", "--force", "--volumes", container)


class Runner:
    """Runs the `run` steps of a workflow's job as GitHub would, with its environment replaced by ours."""

    def __init__(self, path, folder, registry):
        self.path = path
        self.document = yaml.safe_load(path.read_text())
        self.folder = folder
        self.output = folder / "output"
        self.output.touch()
        common = {**self.document["env"], "REGISTRY": registry, "TAG": TAG, "GITHUB_OUTPUT": str(self.output)}
        # The client that the suite itself uses: another one on the path may lack BuildKit.
        (folder / "bin").mkdir()
        (folder / "bin" / "docker").symlink_to(engine.client())
        self.environment = {**os.environ, **common, "PATH": f"{folder}/bin:{os.environ['PATH']}"}

    def run(self, job, name, cwd, **environment):
        """Run a step by its name; return what it printed."""
        step = next(step for step in self.document["jobs"][job]["steps"] if step.get("name") == name)
        own = {key: value for key, value in step.get("env", {}).items() if "${{" not in value}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=cwd, env={**self.environment, **own, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_image_is_built_tried_pushed_and_named_in_the_platforms_repository(name, registry, tmp_path):
    # With this machine's registries of packages; the workflow's own build then finds its layers.
    built.image(name)
    folder = ROOT / "services" / name
    runner = Runner(folder / ".github" / "workflows" / "image.yml", tmp_path, registry)
    step = runner.document["jobs"]["check"]["steps"][1]
    # No registry is asked for the base image here, and this test's own speaks HTTP.
    step["run"] = step["run"].replace("--pull ", "")
    for push in runner.document["jobs"]["publish"]["steps"]:
        push["run"] = re.sub(r"manifest (create|push) ", r"manifest \1 --insecure ", push.get("run", ""))
    image = f"{registry}/{runner.environment['REPOSITORY']}:{TAG}"
    try:
        runner.run("check", "Build", folder)
        runner.run("check", "Test", folder)
        hand_on(runner, image, tmp_path)
        runner.run("publish", "Push", tmp_path, DOCKER_CONFIG=str(tmp_path / "docker"))
        digest = runner.output.read_text().removeprefix("digest=").strip()
        published = requests.get(
            f"http://{registry}/v2/{runner.environment['REPOSITORY']}/manifests/{TAG}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.list.v2+json"},
            timeout=10,
        )
        assert published.headers["Docker-Content-Digest"] == digest
        platforms = [item["platform"] for item in published.json()["manifests"]]
        assert [item["architecture"] for item in platforms] == ["amd64", "arm64"]
    finally:
        docker("rmi", "--force", image, f"{image}-amd64", f"{image}-arm64", check=False)
    check_commit(runner, SERVICES[name], digest, tmp_path)


def hand_on(runner, image, folder):
    """Hand on what was built here, and an empty image of the architecture that cannot be built here, as artifacts."""
    for architecture in ("amd64", "arm64"):
        if architecture == "arm64":
            (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
            runner.environment["DOCKER_BUILDKIT"] = "1"
            command = ["docker", "build", "--quiet", "--platform", "linux/arm64", "--tag", image, "."]
            subprocess.run(command, cwd=folder, env=runner.environment, capture_output=True, check=True)
        (folder / architecture).mkdir()
        runner.run("check", "Hand the image on", folder / architecture)
        docker("rmi", "--force", image)


def git(folder, *arguments):
    """Run git, without this machine's settings."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.test", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(
        ["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True, env=environment
    ).stdout


def check_commit(runner, component, digest, tmp_path):
    """The step that commits the tag, against a repository of our own; twice, for the second finds a digest there."""
    origin, clone, other = (tmp_path / name for name in ("origin.git", "platform", "other"))
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    overlay = f"k8s/{component}/overlays/production/kustomization.yaml"
    (clone / overlay).parent.mkdir(parents=True)
    (clone / overlay).write_text((ROOT / overlay).read_text())
    git(clone, "checkout", "--quiet", "-B", "main")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "as it is")
    git(clone, "push", "--quiet", "origin", "main")
    before = yaml.safe_load((ROOT / overlay).read_text())["images"]
    for tag in (TAG, TAG[::-1]):
        # Another service's commit comes in between.
        if not other.exists():
            git(tmp_path, "clone", "--quiet", str(origin), str(other))
            (other / "another").touch()
            git(other, "add", ".")
            git(other, "commit", "--quiet", "--message", "another service")
            git(other, "push", "--quiet", "origin", "main")
        runner.run("deploy", "Commit the new tag", clone, TAG=tag, DIGEST=digest, GIT_CONFIG_GLOBAL="/dev/null")
        pushed = yaml.safe_load(git(origin, "show", f"main:{overlay}"))["images"]
        assert pushed[0] == {
            "name": before[0]["name"],
            "newName": before[0]["newName"],
            "newTag": tag,
            "digest": digest,
        }
        assert pushed[1:] == before[1:]


# The job's summary


@pytest.fixture
def summary():
    """The function that writes a job's summary."""
    spec = importlib.util.spec_from_file_location("summary", ROOT / ".github" / "summary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.summary


def test_the_summary_counts_verdicts_and_names_what_did_not_pass(summary, tmp_path):
    (tmp_path / "run").mkdir()
    criteria = [{"id": "1.1", "outcome": "passed"}, {"id": "1.2", "outcome": "failed", "reason": "saw 1 | wanted 2"}]
    (tmp_path / "run" / "verdicts.json").write_text(json.dumps({"criteria": criteria}))
    text = summary(tmp_path)
    assert "| passed | 1 |" in text
    assert "| 1.2 | failed | saw 1 \\| wanted 2 |" in text
    assert "| 1.1 |" not in text


def test_the_summary_of_a_run_without_a_report_says_so(summary, tmp_path):
    assert "no report" in summary(tmp_path)
