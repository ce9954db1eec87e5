"""`make prove`: inject defects into the kept platform, and check that the right criteria turn red.

Independent defects are injected together, in a round. Each is verified to be in effect by a check of its own, judged,
undone, and verified to be gone; the next round begins on a platform restored to its previous state. The ledger
(defects/ledger.json) records what turned red.
It needs a platform on kind that `make up` brought up, and refuses any other. Defects that only a scenario that destroys
the platform can see are left out unless they are named; the platform is gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acceptance.base.environment import Environment, load_environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.clients.git import Repository
from acceptance.clients.port_forward import Forward
from acceptance.clients.process import interrupts_held_back
from acceptance.clients.web import pinned_session
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.probe import Probe
from acceptance.commands.pytest_run import pytest_run
from acceptance.criteria.ledger import destroys, read_ledger, unproven, write_ledger
from acceptance.images.build import Images
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.platform.git import GIT, PLATFORM, GitServer
from acceptance.platform.secrets import read_secret
from acceptance.proof.catalogue import Defect, load_defects
from acceptance.proof.proofs import keep, noted, other_reasons, report, unjudged
from acceptance.proof.rounds import covering, ends_platform, rounds_of
from acceptance.proof.workbench import Undo, Workbench
from acceptance.reports.report import git

RED = ("failed", "error")
BESIDE = 6
"""The number of criteria from which starting lanes pays off."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which defects."""
    parser.add_argument("--defect", action="append", default=[], metavar="ID", help="inject this defect; repeatable")
    parser.add_argument(
        "--criterion",
        action="append",
        default=[],
        metavar="N.M",
        help="inject all that must turn this criterion red; repeatable",
    )
    parser.add_argument("--stale", action="store_true", help="criteria that were never proven, or whose proof is stale")
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="N",
        help="begin no round after this many minutes",
    )
    parser.add_argument("--env", default="kind", metavar="NAME|PATH", help="an environment that runs on kind")


def chosen(options: argparse.Namespace) -> list[Defect]:
    """The defects that the options select. Raises UserError for an unknown one, or if none is selected."""
    defects = load_defects()
    for name in options.defect:
        if name not in defects:
            raise UserError(f"there is no defect {name}", f"use one of {', '.join(sorted(defects))}")
    wanted = set(options.criterion)
    if options.stale:
        named = sorted({name for defect in defects.values() for name in defect.red if not destroys(name)})
        missing, stale = unproven(read_ledger(), named)
        found = covering(defects.values(), {*missing, *stale})
    elif options.defect or wanted:
        found = [item for item in defects.values() if item.id in options.defect or wanted & set(item.red)]
    else:
        found = [defect for defect in defects.values() if not ends_platform(defect)]
    if not found and not options.stale:
        raise UserError(f"no defect turns {', '.join(sorted(wanted))} red", "write one: docs/developer-guide.md")
    return found


def attach(environment: Environment) -> tuple[Workbench, Forward]:
    """The kept platform. Raises UserError if there is none, or if it is not on kind."""
    if not isinstance(environment.infrastructure, KindSettings):
        raise UserError(f"{environment.name} does not run on kind", "inject defects on kind only")
    images = Images()
    tools, state = images.cache / "bin", STATE / environment.name
    outputs = KindInfrastructure(environment, "prove", images, tools, state / "prove.log").attach()
    cluster = Cluster(outputs, tools, run_id="prove", probe=Probe(environment.images.probe))
    known = read_secret(cluster, "git-credentials", GIT)
    if not known:
        raise UserError("the platform has no Git server", "make up")
    forward = Forward(cluster, GIT, "svc/git", 80)
    server = GitServer(environment.gitops, forward, state / "git-prove", "platform", known["password"])
    repository: Repository = server.repository(PLATFORM)
    balancer = outputs.load_balancer
    trust = state / "acme-roots.pem"
    web = pinned_session(balancer.address, balancer.http_port, balancer.https_port, trust)
    return Workbench(cluster, repository, images, web, environment.domain), forward


def selection(names: list[str]) -> list[str]:
    """The pytest options that select criteria, and scenarios of the plan by their tasks."""
    options = []
    for name in names:
        task = name.removeprefix("plan-").partition(".")[0]
        options += ["--task", task] if name.startswith("plan-") else ["--criterion", name]
    return options


def prove(bench: Workbench, together: list[Defect], given: str) -> list[dict[str, Any]]:
    """Inject the defects of a round, judge what they must turn red, undo them; return what was seen of each."""
    began = time.monotonic()
    found: list[dict[str, Any]] = [
        {"defect": defect.id, "says": defect.says, "expected": defect.red} for defect in together
    ]
    undoing: list[Undo] = []
    ends = all(map(ends_platform, together))
    try:
        for defect, proof in zip(together, found, strict=True):
            with noted(proof), interrupts_held_back():
                undoing.append(bench.make(defect))
        for defect, proof in zip(together, found, strict=True):
            with noted(proof):
                proof["effect"] = bench.wait_in_effect(defect)[:500] if "error" not in proof else ""
        names = sorted(
            {n for defect, proof in zip(together, found, strict=True) if "error" not in proof for n in defect.red}
        )
        if not names:
            return found
        more = ["--lanes=1"] if len(names) < BESIDE else []
        more += ["--destroy"] if ends else []
        document = pytest_run(f"--env={given}", "--reuse", *more, *selection(names))["document"]
        entries = {entry["id"]: entry for entry in [*document["criteria"], *document["beyond"]]}
        red = [name for name, entry in entries.items() if entry["outcome"] in RED]
        expected = {name for defect in together for name in (*defect.red, *defect.may)}
        for defect, proof in zip(together, found, strict=True):
            proof["red"] = [name for name in red if name in (*defect.red, *defect.may)]
            proof["missed"] = [name for name in defect.red if name not in red]
            if left_out := unjudged(defect, {name: entry["outcome"] for name, entry in entries.items()}):
                # What kept it from being in effect comes first.
                proof.setdefault("error", f"the run did not judge {', '.join(left_out)}: read the lines above")
            proof["without cause"] = [name for name in red if name not in expected]
            proof["for another reason"] = other_reasons(defect, {name: entries[name]["reason"] for name in red})
            reported = (*proof["red"], *proof["without cause"])
            proof["reasons"] = {name: entries[name]["reason"][:400] for name in reported}
    finally:
        for undo in reversed(undoing):
            undo()
        if not ends:
            bench.end_syncs()
            for defect, proof in zip(together, found, strict=True):
                if "error" not in proof:
                    bench.wait_undone(defect)
            bench.wait_as_before()
        for proof in found:
            proof["seconds"] = round(time.monotonic() - began, 1)
    return found


def in_time(rounds: list[list[Defect]], minutes: float | None) -> Iterator[list[Defect]]:
    """The rounds that may begin within this many minutes, all for None; prints what is left after that."""
    until = time.monotonic() + 60 * (math.inf if minutes is None else minutes)
    for number, together in enumerate(rounds):
        if time.monotonic() >= until:
            left = [defect.id for others in rounds[number:] for defect in others]
            say(f"{minutes:g} minutes are over; left: {', '.join(left)}")
            return
        yield together


def run(options: argparse.Namespace) -> int:
    """Prove; return 0 if every chosen defect turned red what it must, and nothing else."""
    environment, defects = load_environment(options.env), chosen(options)
    bench, forward = attach(environment)
    ledger, proofs, bad = read_ledger(), [], 0
    commit = git("rev-parse", "--short", "HEAD")
    try:
        packed = rounds_of(defects)
        for number, together in enumerate(in_time(packed, options.minutes), 1):
            for defect in together:
                say(f"[{number}/{len(packed)}] {defect.id}: {defect.says}")
            try:
                found = prove(bench, together, options.env)
            except Exception as error:
                found = [{"defect": defect.id, "error": f"{type(error).__name__}: {error}"} for defect in together]
            for defect, proof in zip(together, found, strict=True):
                proofs.append(proof)
                bad += report(proof)
                keep(ledger, defect, proof, commit)
            write_ledger(ledger)
    finally:
        forward.close()
        Path(STATE / "proof.json").write_text(json.dumps(proofs, indent=2, default=str))
    say(f"{len(proofs)} defects, {bad} not proven; details in {STATE / 'proof.json'}")
    return int(bool(bad))
