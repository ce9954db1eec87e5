"""Requirement 2 on a kept platform, by this suite and by others: what each takes, and its ratio to plain kubectl.

    .venv/bin/python tests/peers/compare.py [-n ROUNDS] [--only NAME]...

`make up` first. Prints a table in Markdown; 1 if a run was not green, 4 if it cannot begin. README.md says more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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
CHAINSAW_NAME = CHAINSAW.rpartition("/")[2]
MODULE_PATH = """package internal

// ModulePath is what testing.MainStart asks for since Go 1.26.
func (*TestDeps) ModulePath() string { return "" }
"""
"""A method that chainsaw 0.2.12 lacks."""
BATS = "bats@1.13.0"
TOOLS = CACHE / "peers"  # each tool in a folder of its version
FLOOR = "kubectl and sh"  # what all others are compared with

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


def run(command: Command, folder: Path, **environment: str) -> str:
    """What a command printed in a folder. Raises UserError if it fails or is not there."""
    try:
        done = subprocess.run(
            command, check=True, env={**os.environ, **environment}, cwd=folder, stdout=subprocess.PIPE, text=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"a peer cannot be installed: {error}", "leave it out with --only") from None
    return done.stdout


def installed(program: Path, install: Callable[[Path], None]) -> str:
    """The path of a peer's program; `install` puts it there, given the folder of its version, if it is missing.

    Raises UserError if it is not there even then.
    """
    folder = TOOLS / program.relative_to(TOOLS).parts[0]
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"installing {program.name} into {folder}, which may take some minutes", file=sys.stderr)
        install(folder)
    if not program.exists():
        raise UserError(f"{folder} holds no {program.name}", f"remove {folder}, and try again")
    return str(program)


def build_chainsaw(folder: Path) -> None:
    """Build chainsaw from its module, with what Go 1.26 requires. Raises UserError if it is unavailable."""
    module = json.loads(run(["go", "mod", "download", "-json", CHAINSAW], folder))["Dir"]
    with tempfile.TemporaryDirectory() as made:
        source = Path(made) / "source"
        # Files of Go's cache may be read only; those of the copy are not.
        shutil.copytree(module, source, copy_function=shutil.copyfile)
        (source / "pkg" / "runner" / "internal" / "module_path.go").write_text(MODULE_PATH)
        run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(folder / "chainsaw"), "."], source)


def install_bats(folder: Path) -> None:
    """Install bats from npm. Raises UserError if it is unavailable."""
    run(
        ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", f"--prefix={folder}", BATS],
        folder,
    )


def values(platform: Platform) -> str:
    """The values that chainsaw's tests have about the platform, as YAML."""
    return json.dumps(
        {"image": platform.image, "machines": platform.machines(), "workers": platform.machines("worker")}
    )


def chainsaw_command(platform: Platform, folder: Path) -> Command:
    """chainsaw on all its tests."""
    (folder / "values.yaml").write_text(values(platform))
    tests = HERE / "chainsaw"
    options = [f"--config={tests / 'configuration.yaml'}", f"--values={folder / 'values.yaml'}", f"--test-dir={tests}"]
    program = installed(TOOLS / CHAINSAW_NAME / "chainsaw", build_chainsaw)
    return [program, "test", *options, "--remarshal", "--no-color"]


def contenders(platform: Platform, folder: Path, only: list[str]) -> dict[str, Command]:
    """The commands by name, in the order of their turns; with `only`, those alone. Installs what they need."""
    floor, suite = str(HERE / "floor.sh"), [sys.executable, "-m", "pytest", "--env=kind", "--reuse", "--requirement=2"]
    every = {
        FLOOR: lambda: ["sh", floor],
        "kubectl and sh, all at once": lambda: ["sh", floor, "--at-once"],
        BATS: lambda: [
            installed(TOOLS / BATS / "node_modules" / "bats" / "bin" / "bats", install_bats),
            str(HERE / "requirement_2.bats"),
        ],
        CHAINSAW_NAME: lambda: chainsaw_command(platform, folder),
        "this suite, one lane": lambda: [*suite, "-m", "not disruptive", "--lanes=1"],
        "this suite": lambda: [*suite, "-m", "not disruptive"],
    }
    if unknown := set(only) - set(every):
        raise UserError(f"there is no {', '.join(sorted(unknown))}", f"use one of {', '.join(every)}")
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
    """Measure each in turn, round after round, and print the table; on Ctrl-C of what was measured until then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", dest="rounds", type=int, default=3, help="how often each has its turn (3)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="of the table; repeatable")
    options = parser.parse_args(arguments)
    log = Path(tempfile.gettempdir()) / "peers.log"
    log.write_bytes(b"")
    costs: dict[str, list[Cost]] = {}
    try:
        platform = kept_platform()
        with tempfile.TemporaryDirectory() as folder:
            commands = contenders(platform, Path(folder), options.only)
            for number in range(options.rounds):
                for name, command in commands.items():
                    cost = measure(name, command, platform.environment(), log)
                    costs.setdefault(name, []).append(cost)
                    green = "green" if cost.code == 0 else f"ended with {cost.code}. Try: read {log}"
                    print(f"round {number + 1}, {name}: {cost.seconds:.1f} s, {green}", file=sys.stderr)
    except UserError as error:
        print(error, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print(table(costs))
        return 130
    print(table(costs))
    return int(any(cost.code for runs in costs.values() for cost in runs))


if __name__ == "__main__":
    sys.exit(main())
