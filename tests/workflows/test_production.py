"""The images that production runs are published, and its job reaches the cluster."""

import re

import yaml
from tests_support import kustomized

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT

WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("services/*/.github/workflows/*.yml")])
SERVICES = ("auth-service", "backend-service", "frontend-service", "database", "redis")


def published():
    """The images that a workflow pushes."""
    for path in WORKFLOWS:
        document = yaml.safe_load(path.read_text())
        pushes = any("docker push" in step.get("run", "") for job in document["jobs"].values() for step in job["steps"])
        if pushes:
            yield f"{document['env']['REGISTRY']}/{document['env']['REPOSITORY']}"


def test_every_image_of_ours_that_production_names_is_published_by_a_workflow():
    text = "\n".join(yaml.safe_dump(item) for name in SERVICES for item in kustomized(f"{name}/overlays/production"))
    named = set(re.findall(r"ghcr\.io/alternatefutures/[\w-]+", text))
    named.add(load_environment("production").images.probe.partition(":")[0])
    assert "ghcr.io/alternatefutures/probe" in named
    assert named <= set(published())


def test_the_readme_says_that_nodes_have_to_be_able_to_pull_them():
    text = " ".join((ROOT / "infrastructure" / "aws" / "README.md").read_text().split())
    for name in sorted({found.rpartition("/")[2] for found in published()}):
        assert f"`{name}`" in text
    assert "Package settings" in text and "Public" in text


def test_the_job_tunnels_to_the_api_for_the_listener_lets_in_named_networks_only():
    job = yaml.safe_load((ROOT / ".github/workflows/acceptance.yml").read_text())["jobs"]["production"]
    names = [step.get("name") for step in job["steps"]]
    steps = {step.get("name"): step.get("run", "") for step in job["steps"]}
    assert "infrastructure/aws/scripts/tunnel.sh" in steps["Tunnel"]
    # The API's certificate has this address (tls-san of K3s: 127.0.0.1 is always in it).
    assert "https://127.0.0.1:6443" in steps["Kubeconfig"]
    assert names.index("Kubeconfig") < names.index("Tunnel") < names.index("Attach and judge")


def test_the_job_has_what_its_checkout_lacks_before_it_judges():
    """Upstream's manifests are generated and ignored by Git; scenarios that push need a password."""
    job = yaml.safe_load((ROOT / ".github/workflows/acceptance.yml").read_text())["jobs"]["production"]
    runs = [step.get("run", "") for step in job["steps"]]
    made = next(number for number, text in enumerate(runs) if "-m acceptance images" in text)
    (judged,) = [number for number, text in enumerate(runs) if "pytest --env=production" in text]
    assert made < judged
    variable = load_environment("production").gitops.password_variable
    assert job["steps"][judged]["env"][variable] == f"${{{{ secrets.{variable} }}}}"
