"""Requirement 2 on a kept platform, by this suite and by others: what each takes, and its ratio to plain kubectl.

    .venv/bin/python tests/peers/compare.py [-n ROUNDS] [--only NAME]...

`make up` first. Prints a table in Markdown; 1 if a run was not green, 4 if it cannot begin. README.md says more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from acceptance.base.cpu import children_cpu_seconds, machine_cpu_seconds  # noqa: E402
from acceptance.base.environment import load_environment  # noqa: E402
from acceptance.base.errors import UserError  # noqa: E402
from acceptance.base.paths import CACHE, ROOT, STATE, find_tool  # noqa: E402
from acceptance.runner.machine_lock import MachineLock  # noqa: E402

CHAINSAW = "github.com/kyverno/chainsaw@v0.2.12"
BATS = "bats@1.13.0"
TOOLS = CACHE / "peers"
"""Where the peers' tools are, each in a folder of its version."""
FLOOR = "kubectl and sh"
"""What all others are compared with."""

Command = list[str]


@dataclass(frozen=True)
class Platform:
    """The kept platform: its state's folder, kubectl, and the image of the pods."""

    state: Path
    kubectl: Path
    image: str

    @property
    def nodes(self) -> Path:
        """The infrastructure's machines, a line each: role, name, address."""
        return self.state / "nodes"

    def machines(self, role: str = "") -> list[str]:
        """Names of the machines, or of those of one role."""
        lines = [line.split() for line in self.nodes.read_text().splitlines()]
        return [line[1] for line in lines if role in ("", line[0])]

    def environment(self) -> dict[str, str]:
        """What checks.sh needs, besides our own environment."""
        return {
            **os.environ,
            "PATH": f"{self.kubectl.parent}:{os.environ['PATH']}",
            "KUBECONFIG": str(self.state / "kubeconfig"),
            "NODES": str(self.nodes),
            "PROBE_IMAGE": self.image,
        }


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds; CPU seconds of the whole machine, cluster included; those of the run's processes."""

    seconds: float
    machine: float
    own: float
    code: int = 0


def kept_platform() -> Platform:
    """The platform that `make up` keeps. Raises UserError if there is none."""
    environment = load_environment("kind")
    state, kubectl = STATE / environment.name, find_tool("kubectl")
    if kubectl is None or not (state / "terraform.tfstate").exists() or not (state / "nodes").exists():
        raise UserError("there is no platform to compare on", "make up")
    return Platform(state, kubectl, environment.images.probe)


def installed(name: str, folder: Path, command: Command, environment: dict[str, str]) -> Path:
    """A peer's program, which `command` puts into `folder`. Raises UserError if that fails or its client is missing."""
    found = [folder / "bin" / name, folder / "node_modules" / ".bin" / name]
    if not any(path.exists() for path in found):
        folder.mkdir(parents=True, exist_ok=True)
        print(f"installing {name}: {' '.join(command)}", file=sys.stderr)
        try:
            subprocess.run(command, check=True, env={**os.environ, **environment}, cwd=folder, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UserError(f"{name} cannot be installed: {error}", "leave it out with --only") from None
    return next(path for path in found if path.exists())


def chainsaw() -> Path:
    """chainsaw, built from its module."""
    folder = TOOLS / CHAINSAW.rpartition("/")[2]
    command = ["go", "install", "-trimpath", CHAINSAW]
    return installed("chainsaw", folder, command, {"GOBIN": str(folder / "bin")})


def bats() -> Path:
    """bats, a package of npm."""
    folder = TOOLS / BATS
    command = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", f"--prefix={folder}", BATS]
    return installed("bats", folder, command, {})


def values(platform: Platform) -> str:
    """What chainsaw's tests know of the platform, as YAML."""
    return json.dumps(
        {"image": platform.image, "machines": platform.machines(), "workers": platform.machines("worker")}
    )


def chainsaw_command(platform: Platform, folder: Path) -> Command:
    """chainsaw on all its tests."""
    (folder / "values.yaml").write_text(values(platform))
    tests = HERE / "chainsaw"
    options = [f"--config={tests / 'configuration.yaml'}", f"--values={folder / 'values.yaml'}", f"--test-dir={tests}"]
    return [str(chainsaw()), "test", *options, "--remarshal", "--no-color"]


def contenders(platform: Platform, folder: Path, only: list[str]) -> dict[str, Command]:
    """The commands by name, in the order of their turns; with `only`, those alone. Installs what they need."""
    floor, suite = str(HERE / "floor.sh"), [sys.executable, "-m", "pytest", "--env=kind", "--reuse", "--requirement=2"]
    every = {
        FLOOR: lambda: ["sh", floor],
        "kubectl and sh, all at once": lambda: ["sh", floor, "--at-once"],
        BATS: lambda: [str(bats()), str(HERE / "requirement_2.bats")],
        CHAINSAW.rpartition("/")[2]: lambda: chainsaw_command(platform, folder),
        "this suite, one lane": lambda: [*suite, "-m", "not disruptive", "--lanes=1"],
        "this suite": lambda: [*suite, "-m", "not disruptive"],
    }
    if unknown := set(only) - set(every):
        raise UserError(f"there is no {', '.join(sorted(unknown))}", f"known are {', '.join(every)}")
    return {name: make() for name, make in every.items() if not only or name in only}


@contextlib.contextmanager
def machine_held(name: str) -> Iterator[None]:
    """No run of the suite begins meanwhile, but for the one that is measured. Raises UserError if one is going on."""
    lock = MachineLock()
    if not name.startswith("this suite"):
        lock.acquire(f"comparison with {name}")
    try:
        yield
    finally:
        lock.release()


def measure(name: str, command: Command, environment: dict[str, str], log: Path) -> Cost:
    """Run a command once; what it prints is added to `log`."""
    with machine_held(name), log.open("ab") as output:
        began, machine, own = time.monotonic(), machine_cpu_seconds(), children_cpu_seconds()
        code = subprocess.run(command, env=environment, cwd=ROOT, stdout=output, stderr=output).returncode
        return Cost(
            time.monotonic() - began, machine_cpu_seconds() - machine, children_cpu_seconds() - own, code
        )  # fmt: skip


def table(costs: dict[str, list[Cost]]) -> str:
    """The medians as Markdown: what was measured, and ratios to the floor where that was."""
    header = "| requirement 2 by | runs | wall | CPU, all | CPU, own | wall to floor | CPU to floor |"
    lines = [header, "|---" * 7 + "|"]
    medians = {name: median(runs) for name, runs in costs.items()}
    floor = medians.get(FLOOR)
    for name, cost in medians.items():
        ratios = "| | |"
        if floor:
            of_all = f"{cost.machine / floor.machine:.2f}" if floor.machine else ""
            ratios = f"| {cost.seconds / floor.seconds:.2f} | {of_all} |"
        red = sum(bool(run.code) for run in costs[name])
        runs = f"{len(costs[name])}, {red} not green" if red else str(len(costs[name]))
        lines.append(f"| {name} | {runs} | {cost.seconds:.1f} s | {cost.machine:.0f} s | {cost.own:.0f} s {ratios}")
    return "\n".join(lines)


def median(runs: list[Cost]) -> Cost:
    """Each figure's median."""
    return Cost(*(statistics.median(getattr(run, key) for run in runs) for key in ("seconds", "machine", "own")))


def main(arguments: list[str] | None = None) -> int:
    """Measure each in turn, round after round, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", dest="rounds", type=int, default=3, help="how often each has its turn (3)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="of the table; repeatable")
    options = parser.parse_args(arguments)
    log = Path(tempfile.gettempdir()) / "peers.log"
    log.write_bytes(b"")
    try:
        platform = kept_platform()
        with tempfile.TemporaryDirectory() as folder:
            commands = contenders(platform, Path(folder), options.only)
            costs: dict[str, list[Cost]] = {name: [] for name in commands}
            for number in range(options.rounds):
                for name, command in commands.items():
                    cost = measure(name, command, platform.environment(), log)
                    costs[name].append(cost)
                    green = "green" if cost.code == 0 else f"ended with {cost.code}. Try: read {log}"
                    print(f"round {number + 1}, {name}: {cost.seconds:.1f} s, {green}", file=sys.stderr)
    except UserError as error:
        print(error, file=sys.stderr)
        return 4
    print(table(costs))
    return int(any(cost.code for runs in costs.values() for cost in runs))


if __name__ == "__main__":
    sys.exit(main())
