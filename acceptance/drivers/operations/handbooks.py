"""The handbooks' blocks of commands: which of them run anywhere, only in production, or by hand. Source: tasks 25, 26.

A block's info string says so: `sh run`, `sh production`, or `sh manual PROOF` for a block that is disruptive or needs a
person. PROOF names the scenario, test or target that proves the same.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients.process import run

HANDBOOKS = ("operations.md", "developer-guide.md", "first-deployment.md")
MODES = ("run", "production", "manual")
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".terraform*", "*.tfstate*"
)
SHELL = ("bash", "-euo", "pipefail", "-c")
TIMEOUT = 240
"""Seconds that a block may take."""
SUBTASK = re.compile(r"\((\d+\.\d+)\)")


@dataclass(frozen=True)
class Block:
    """A block of commands in a handbook: its line, its heading, its mode, and for `manual` what proves the same."""

    handbook: str
    line: int
    heading: str
    mode: str
    proof: str
    text: str

    @property
    def place(self) -> str:
        """Its location in readable form."""
        return f"{self.handbook}:{self.line} ({self.heading})"


def read_blocks(handbook: str, folder: Path = ROOT / "docs") -> list[Block]:
    """All blocks of commands in a handbook. Raises UserError if one has no valid mode or is not closed."""
    found: list[Block] = []
    heading, indent, began = "", "", 0
    fence: list[str] | None = None
    lines: list[str] = []
    for number, line in enumerate((folder / handbook).read_text().splitlines(), 1):
        if fence is None and line.startswith("#"):
            heading = line.lstrip("# ")
        elif fence is None and line.lstrip().startswith("```"):
            # A block in a list is indented.
            indent = line[: len(line) - len(line.lstrip())]
            fence, began, lines = line.strip("` ").split(), number, []
        elif fence is not None and line == f"{indent}```":
            if fence[:1] == ["sh"]:
                found.append(block(handbook, began, heading, fence, lines))
            fence = None
        elif fence is not None:
            lines.append(line.removeprefix(indent))
    if fence is not None:
        raise UserError(f"{handbook}:{began}: the block is not closed", "close it with ```")
    return found


def block(handbook: str, line: int, heading: str, fence: list[str], lines: list[str]) -> Block:
    """A block, from its info string (`fence`) and its lines. Raises UserError if its mode is not valid."""
    mode, proof = (fence[1] if len(fence) > 1 else ""), " ".join(fence[2:])
    if mode not in MODES or bool(proof) != (mode == "manual"):
        raise UserError(
            f"{handbook}:{line}: `{' '.join(fence)}` is no valid mode of a block of commands",
            "write `sh run`, `sh production` or `sh manual PROOF`",
        )
    return Block(handbook, line, heading, mode, proof, "\n".join(lines) + "\n")


def copy_project(target: Path) -> Path:
    """Copy this project to `target`, with a link to its Python environment: handbooks are followed in the copy."""

    def left_behind(folder: str, names: list[str]) -> set[str]:
        reports = {"reports"} if Path(folder) == ROOT else set()
        return {*LEFT_BEHIND(folder, names), *reports}

    shutil.copytree(ROOT, target, ignore=left_behind, symlinks=True)
    if (ROOT / ".venv").is_dir():
        (target / ".venv").symlink_to((ROOT / ".venv").resolve(), target_is_directory=True)
    return target


@dataclass
class Checkout:
    """The place where a handbook is followed: a copy of the project, with this run's programs and kubeconfig."""

    folder: Path
    tools: Path
    kubeconfig: Path
    before: dict[str, str]
    """The platform as it was found."""
    ended: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Exit code and output of each block that was run, by its place."""

    def type(self, block: Block) -> str:
        """Run a block as written; return its commands, output and exit code."""
        environment = {"KUBECONFIG": str(self.kubeconfig), "PATH": f"{self.tools}:{os.environ.get('PATH', '')}"}
        command = [*SHELL, block.text]
        ended = run(command, cwd=self.folder, environment=environment, timeout=TIMEOUT, check=False)
        said = ended.stdout + ended.stderr
        self.ended[block.place] = (ended.returncode, said)
        return f"{block.text}\n{said}\nexit code {ended.returncode}"

    @property
    def bad(self) -> list[str]:
        """A line for each block that failed."""
        return [
            f"{place}: exit code {code}: {' | '.join(said.strip().splitlines()[-3:])}"
            for place, (code, said) in self.ended.items()
            if code
        ]
