"""`make rehearse-production`: production's first deployment, judging run and maintenance window, on a kind cluster.

The cluster is provisioned as environment kind provisions it, with nothing deployed on it. From then on the suite
attaches to it from outside, as to production (environments/rehearsal.toml). Names resolve through the rehearsal's own
DNS: each run has its own /etc/resolv.conf, and the machine's stays unchanged.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT, STATE
from acceptance.base.progress import say
from acceptance.base.proxies import reach_directly
from acceptance.clients import process
from acceptance.commands import down
from acceptance.commands.pytest_run import pytest_run
from acceptance.images.build import Images
from acceptance.infrastructure import rehearsal
from acceptance.infrastructure.contract import Outputs
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.runner.plugin import platform_is_up

NAME = "rehearsal"
NO_CLUSTER = "00000000-0000-0000-0000-000000000000"
DEPLOYMENT = "first deployment"
RUNS = {
    DEPLOYMENT: ("--provision", f"--confirm={NAME}"),
    "judgement": (),
    "maintenance window": ("--disruptive", f"--confirm={NAME}"),
}
"""The handbook's commands, in order (docs/first-deployment.md, steps 6 and 7)."""
GOOD = ("passed", "substituted", "not selected")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is kept, and what each run is given."""
    parser.add_argument("--keep", action="store_true", help="keep the cluster afterwards (`make down` removes it)")
    parser.add_argument("--go-on", action="store_true", help="use the cluster that --keep left, instead of a new one")
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="further pytest arguments, after --")


def run(options: argparse.Namespace) -> int:
    """Rehearse; return 0 if each run succeeded and nothing is left behind."""
    kind, images = load_environment("kind"), Images()
    if not options.go_on:
        provision(images)
    outputs = KindInfrastructure(kind, NAME, images, images.cache / "bin", STATE / NAME / "tofu.log").attach()
    left = 0
    try:
        runs = rehearse(outputs, images, options)
    finally:
        if not options.keep:
            left = down.run(argparse.Namespace(environment=kind.name, force=False))
    for name, made in runs.items():
        print(summary(name, made))
    return int(bool(left or len(runs) < len(RUNS) or any(made["code"] for made in runs.values())))


def provision(images: Images) -> None:
    """A cluster without the platform, and all images in its registry.

    Raises UserError if there is a platform on kind already.
    """
    if platform_is_up(load_environment("kind")):
        raise UserError("a platform is already running on kind, where the rehearsal would go", "make down")
    rehearsal.publish(images)
    if code := pytest_run("--env=kind", "--keep=always", "--criterion", "1.1")["code"]:
        raise UserError(f"no cluster to rehearse on: the run that provisions it ended with {code}", "make down")


def rehearse(outputs: Outputs, images: Images, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The handbook's commands with their results, up to the first that judged nothing."""
    environment, folder, kubectl = load_environment(NAME), STATE / NAME, images.cache / "bin" / "kubectl"
    if options.go_on:
        around = rehearsal.surroundings(folder)
    else:
        rehearsal.add_classes(outputs, kubectl)
        around = rehearsal.surround(outputs, images, environment.domain, folder)
    file = with_cluster(folder, kubectl, outputs)
    network = [outputs.network.subnet] if outputs.network else []
    reach_directly([f".{environment.domain}", rehearsal.GIT_HOST, *network])
    variables = {**around.variables, "KUBECONFIG": str(outputs.kubeconfig_path)}
    runs: dict[str, dict[str, Any]] = {}
    for name, permissions in RUNS.items():
        say(f"rehearsal: {name}")
        arguments = (f"--env={file}", *permissions, *options.arguments)
        runs[name] = pytest_run(*arguments, through=with_names(around.resolver), variables=variables)
        if runs[name]["code"] not in (0, 1):
            break
    return runs


def with_cluster(folder: Path, kubectl: Path, outputs: Outputs) -> Path:
    """The environment file with the cluster's UID, as step 6 of the handbook writes it."""
    kubeconfig = f"--kubeconfig={outputs.kubeconfig_path}"
    uid = process.run([kubectl, kubeconfig, "get", "ns", "kube-system", "--output=jsonpath={.metadata.uid}"]).stdout
    file = folder / f"{NAME}.toml"
    file.write_text((ROOT / "environments" / f"{NAME}.toml").read_text().replace(NO_CLUSTER, uid))
    return file


def with_names(resolver: Path) -> list[str]:
    """The command prefix that runs a program with `resolver` as its /etc/resolv.conf."""
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    return [*unshare, "sh", "-ec", 'mount --bind "$0" /etc/resolv.conf; exec "$@"', str(resolver)]


def summary(name: str, made: dict[str, Any]) -> str:
    """A run in one line, and a line for each bad verdict, with its reason."""
    document = made["document"]
    entries = [*document["criteria"], *document["beyond"]]
    bad = [entry for entry in entries if entry["outcome"] not in GOOD]
    lines = [f"  {entry['id']:>10}  {entry['outcome']}: {entry['reason']}" for entry in bad]
    judged = sum(entry["outcome"] in GOOD[:2] for entry in entries)
    head = f"{name}: exit code {made['code']}, {made['seconds']:.0f} s, {judged} passed or substituted, {len(bad)} not:"
    return "\n".join([head, *lines])
