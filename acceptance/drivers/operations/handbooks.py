"""The handbooks' blocks of commands: which of them run anywhere, only in production, or by hand. Source: tasks 25, 26.

A block's info string says so: `sh run`, `sh production`, or `sh manual PROOF` for a block that is disruptive or needs a
person. PROOF names the scenario, test or target that proves the same.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients.process import run
from acceptance.criteria.subtasks import load_subtasks
from acceptance.drivers.operations import dumps

HANDBOOKS = ("operations.md", "developer-guide.md", "first-deployment.md")
MODES = ("run", "production", "manual")
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".terraform*", "*.tfstate*"
)
SHELL = ("bash", "-euo", "pipefail", "-c")
TIMEOUT = 240
"""Seconds that a block may take."""
SUBTASK = re.compile(r"\((\d+\.\d+)\)")
TASKS = {"operations.md": 25, "developer-guide.md": 26}
"""The task of the plan whose subtasks a handbook describes."""
JUDGE = "plan-25.2"
SHOWS = re.compile(r"^kubectl( -n [\w-]+)? (get|logs|describe) [^|>]*[^|>&\\]$")
"""A command that shows something by itself: neither into a pipe or a file nor continued on the next line."""
MAY_BE_EMPTY = ("--field-selector", "--since", "--dry-run")
"""Options of commands that rightly show nothing where nothing is wrong, or where little happened."""
NOTHING = "No resources found"
"""What kubectl says, without an error, if nothing has the name, label or kind that was asked for."""
BEGINS, ENDS = "\x1e{}\x1f", "\x1d{}\x1f"
MARKS = re.compile("[\x1d\x1e]\\d+\x1f")
"""Characters that no command prints, around what a command shows."""
DUMP = re.compile(r"\bpg_dump\b.*> *(\S+)$", re.MULTILINE)


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


def shows(line: str, before: str) -> bool:
    """Whether a line is a whole command that has to show something; `before` is the line before it."""
    whole = SHOWS.match(line) and not before.endswith(("\\", "|"))
    return bool(whole) and not any(option in line for option in MAY_BE_EMPTY)


def marked(text: str) -> str:
    """A block in which what each command shows that `shows` names has marks around it; nothing else is changed."""
    lines = text.splitlines()
    found = []
    for number, (before, line) in enumerate(zip(["", *lines], lines, strict=False)):
        mark = [f"printf '%s' '{form.format(number)}'" for form in (BEGINS, ENDS)]
        found += [mark[0], line, mark[1]] if shows(line, before) else [line]
    return "\n".join(found) + "\n"


def showing_nothing(text: str, printed: str, errors: str) -> list[str]:
    """What a block's commands did not show, in words, given what the marked block printed."""
    lines = text.splitlines()
    found = [
        f"{line!r} printed nothing"
        for number, line in enumerate(lines)
        if BEGINS.format(number) + ENDS.format(number) in printed
    ]
    allowed = sum(line.count("--field-selector") for line in lines)
    empty = [line for line in errors.splitlines() if NOTHING in line]
    return found + ([f"{empty[0]!r} was said"] if len(empty) > allowed else [])


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
    silent: list[str] = field(default_factory=list)
    """What blocks did not show although they succeeded, in words."""
    ran: list[Block] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    """Further variables of its shells, such as those with which git reaches the server."""

    def type(self, block: Block) -> str:
        """Run a block as written; return its commands, output and exit code."""
        path = f"{self.tools}:{os.environ.get('PATH', '')}"
        environment = {"KUBECONFIG": str(self.kubeconfig), "PATH": path, **self.more}
        command = [*SHELL, marked(block.text)]
        ended = run(command, cwd=self.folder, environment=environment, timeout=TIMEOUT, check=False)
        said = MARKS.sub("", ended.stdout) + ended.stderr
        self.ended[block.place] = (ended.returncode, said)
        self.ran.append(block)
        self.silent += [f"{block.place}: {text}" for text in showing_nothing(block.text, ended.stdout, ended.stderr)]
        return f"{block.text}\n{said}\nexit code {ended.returncode}"

    def lost_from_backups(self, tables: Sequence[str], services: str, administrator: str) -> list[str]:
        """What the dumps of the blocks that were run lack of these tables and a new platform of the dumps, in words.

        `services`, `administrator`: the database's roles that a deployment makes.
        """
        names = [name for block in self.ran for name in DUMP.findall(block.text)]
        texts = {name: dumps.read(self.folder / name) for name in names}
        missing = {
            name: [what for table in tables for what in dumps.lacks(text, table)]
            + dumps.strangers(text, services, administrator, tables)
            for name, text in texts.items()
        }
        return [f"{name} lacks {what}" for name, found in missing.items() for what in dict.fromkeys(found)]

    def not_run(self, handbook: str) -> list[str]:
        """The subtasks of which the plan's catalogue says that this judges them, but no block was run."""
        run_here = {identity for block in self.ran for identity in SUBTASK.findall(block.heading)}
        known = load_subtasks().subtasks.items()
        own = [identity for identity, item in known if item.task == TASKS.get(handbook) and JUDGE in item.by]
        return [identity for identity in own if identity not in run_here]

    @property
    def bad(self) -> list[str]:
        """A line for each block that failed."""
        return [
            f"{place}: exit code {code}: {' | '.join(said.strip().splitlines()[-3:])}"
            for place, (code, said) in self.ended.items()
            if code
        ]
