"""`make bench`: where the time goes, as JSON, and as ratios to plain `kind create cluster` of the same shape.

`make bench` measures requirements 1 and 2; `make bench ARGS=all` measures the whole platform. `make bench ARGS=growth`
measures what twice as many scenarios cost, on the platform that `make up` keeps.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from acceptance.base.paths import INFRASTRUCTURE, ROOT, STATE
from acceptance.base.progress import say
from acceptance.clients import engine
from acceptance.clients.docker import docker
from acceptance.clients.engine import lacks_sys_resource
from acceptance.clients.kustomize import build
from acceptance.clients.process import run as run_program
from acceptance.commands.growth import measure_growth
from acceptance.commands.pytest_run import pytest_run
from acceptance.criteria.run import covered
from acceptance.images.build import Images
from acceptance.images.registry import REGISTRY_NAME

NAME = "alternate-futures-bench"
SHAPE = ("control-plane",) * 3 + ("worker",) * 2
CORE = ("--requirement", "1", "--requirement", "2")


def overhead(reused: dict[str, Any]) -> float:
    """Seconds of a run outside scenarios and phases, where it waits for cluster and tools: the suite's own overhead."""
    parts = reused["document"]["phases"] + reused["document"]["scenarios"]
    spans = [(part["at"], part["at"] + part["duration"]) for part in parts]
    return float(reused["seconds"] - covered(spans, 0, reused["document"]["seconds"]))


def critical_path(document: dict[str, Any]) -> list[str]:
    """The phases that a run waited for, traced backwards: from each phase to the last one that ended before it."""
    path: list[dict[str, Any]] = []
    limit = float("inf")
    for phase in sorted(document["phases"], key=lambda phase: phase["at"] + phase["duration"], reverse=True):
        if phase["at"] + phase["duration"] <= limit + 0.1:
            path.insert(0, phase)
            limit = phase["at"]
    return [f"{phase['name']} {phase['duration']:.1f} s" for phase in path]


def plain_kind(images: Images, tools: Path) -> float:
    """Seconds that `kind create cluster` takes for the same shape, with the same image and registry, until Ready."""
    patches = f"""[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = {json.dumps(lacks_sys_resource())}
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
"""
    mount = {"hostPath": str(INFRASTRUCTURE / "kind" / "registry"), "containerPath": "/etc/containerd/certs.d"}
    tag = images.lock["coredns"].reference.rpartition(":")[2]
    image = images.tag(images.lock["node"])
    configuration = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"disableDefaultCNI": True},
        "featureGates": {"KubeletInUserNamespace": True} if lacks_sys_resource() else {},
        "containerdConfigPatches": [patches],
        "kubeadmConfigPatches": [json.dumps({"kind": "ClusterConfiguration", "dns": {"imageTag": tag}})],
        "nodes": [{"role": role, "image": image, "extraMounts": [mount]} for role in SHAPE],
    }
    kubeconfig = STATE / "bench.kubeconfig"
    environment = {"KIND_EXPERIMENTAL_DOCKER_NETWORK": NAME, "PATH": f"{Path(engine.client()).parent}:/usr/bin:/bin"}
    log = STATE / "bench.log"
    # A killed benchmark may have left its cluster or network behind.
    remove_plain_kind(tools, environment)
    docker("network", "create", NAME)
    try:
        docker("network", "connect", "--alias", "registry", NAME, REGISTRY_NAME)
        create: list[str | Path] = [
            tools / "kind",
            "create",
            "cluster",
            "--name",
            NAME,
            "--kubeconfig",
            kubeconfig,
            "--config",
            "-",
        ]
        began = time.monotonic()
        run_program(create, stdin=json.dumps(configuration), environment=environment, log=log)
        kubectl: list[str | Path] = [tools / "kubectl", "--kubeconfig", kubeconfig]
        flannel = build(tools / "kubectl", ROOT / "k8s" / "flannel")
        run_program([*kubectl, "apply", "--server-side", "-f", "-"], stdin=flannel, log=log)
        run_program([*kubectl, "wait", "node", "--all", "--for", "condition=Ready", "--timeout", "180s"], log=log)
        return time.monotonic() - began
    finally:
        remove_plain_kind(tools, environment)


def remove_plain_kind(tools: Path, environment: dict[str, str]) -> None:
    """Remove the cluster that was created for comparison, and its network."""
    run_program([tools / "kind", "delete", "cluster", "--name", NAME], environment=environment, check=False)
    docker("network", "disconnect", "--force", NAME, REGISTRY_NAME, check=False)
    docker("network", "rm", NAME, check=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("core", "all", "growth"),
        default="core",
        help="measure requirements 1 and 2 (default), everything, or twice as many scenarios on a kept platform",
    )


def run(options: argparse.Namespace) -> int:
    """Print the figures as JSON; return 1 if a run was not green."""
    if options.what == "growth":
        return measure_growth()
    return measure(() if options.what == "all" else CORE)


def measure(selection: tuple[str, ...]) -> int:
    """Measure what `selection` selects; return 0 if every run was green."""
    images = Images()
    components = {component for entry in images.lock.values() for component in entry.components}
    images.ensure(components if not selection else {"cluster"})
    began = time.monotonic()
    made = Images().ensure(components if not selection else {"cluster"})
    figures: dict[str, float] = {"images_from_cache": time.monotonic() - began, "builds": made.builds}
    subprocess.call([sys.executable, "-m", "acceptance", "down"], cwd=ROOT, stdout=sys.stderr)
    began = time.monotonic()
    subprocess.call([sys.executable, "-m", "pytest", "--collect-only", "-q"], cwd=ROOT, stdout=subprocess.DEVNULL)
    figures["collect_only"] = time.monotonic() - began
    figures["plain_kind"] = plain_kind(images, made.tools)
    warm = pytest_run(*selection)
    figures["warm_run"] = warm["seconds"]
    for phase in warm["document"]["phases"]:
        figures[f"warm_{phase['name']}"] = phase["duration"]
    # A reused run has the whole platform only if something asked for each part of it.
    kept = pytest_run("--keep=always", *(("-m", "not disruptive") if not selection else ("--criterion", "2.1")))
    reused = pytest_run("--reuse", "-m", "not disruptive", *selection)
    figures["reused_undisturbing"] = reused["seconds"]
    figures["suite_overhead"] = overhead(reused)
    subprocess.call([sys.executable, "-m", "acceptance", "down"], cwd=ROOT, stdout=sys.stderr)
    codes = [warm["code"], kept["code"], reused["code"]]
    ratios = {key: round(value / figures["plain_kind"], 2) for key, value in figures.items() if key != "builds"}
    rounded = {key: round(value, 2) for key, value in figures.items()}
    document = {
        "seconds": rounded,
        "ratios_to_plain_kind": ratios,
        "critical_path": critical_path(warm["document"]),
        "exit_codes": codes,
    }
    print(json.dumps(document, indent=2))
    if any(codes):
        say("a run was not green: its figures are meaningless")
    return int(any(codes))
