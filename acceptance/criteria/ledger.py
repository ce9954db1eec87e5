"""The ledger: which defects turned which criterion red, when, and by which version of what judges it."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from acceptance.base.paths import ROOT

LEDGER = ROOT / "defects" / "ledger.json"
SCENARIO = re.compile(r"^[ ]*@(?:ac-|(?=plan-))([\w.-]+).*?(?=^[ ]*@|\Z)", re.MULTILINE | re.DOTALL)
ORDER = re.compile(r" @(?:disturbs|needs)-[\w-]+")
"""Tags that say beside what a scenario may run: they do not judge anything."""
Ledger = dict[str, dict[str, dict[str, str]]]
"""By criterion, by defect: `at` (UTC), `commit`, `judged_by` (a fingerprint)."""


def read_ledger(path: Path = LEDGER) -> Ledger:
    """The ledger; empty where there is none yet."""
    return json.loads(path.read_text()) if path.exists() else {}


def write_ledger(ledger: Ledger, path: Path = LEDGER) -> None:
    """Write it, in an order that keeps differences small."""
    path.write_text(json.dumps(ledger, indent=1, sort_keys=True) + "\n")


@functools.cache
def scenarios(root: Path = ROOT) -> dict[str, str]:
    """The text of each scenario in the features, by criterion."""
    found: dict[str, str] = {}
    for path in sorted((root / "features").rglob("*.feature")):
        text = path.read_text()
        found |= {match[1]: match[0] for match in SCENARIO.finditer(text)}
    return found


def destroys(identity: str, root: Path = ROOT) -> bool:
    """Whether a criterion's scenario takes the whole platform: nothing can be judged on it afterwards."""
    return "@exclusive_platform" in scenarios(root).get(identity, "")


def step_modules(text: str, root: Path = ROOT) -> set[Path]:
    """The modules of steps/ that define the steps of a scenario: those whose words, without values, are in it."""
    found = set()
    for path in sorted((root / "steps").glob("[a-z]*.py")):
        for words in step_words(path):
            pattern = re.sub(r"\\{[^}]*\\}", ".+?", re.escape(words)).replace("<", "").replace(">", "")
            if re.search(rf"(Given|When|Then|And|But) {pattern}\s*$", text, re.MULTILINE):
                found.add(path)
    return found


@functools.cache
def step_words(path: Path) -> tuple[str, ...]:
    """The words of the steps that a module defines."""
    return tuple(words_in(ast.parse(path.read_text())))


def words_in(module: ast.Module) -> Iterable[str]:
    """The words of the steps of a module that was read."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("given", "when", "then") and node.args:
            argument: Any = node.args[0]
            if isinstance(argument, ast.Call) and argument.args:
                argument = argument.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


@functools.cache
def imported(path: Path, root: Path = ROOT) -> frozenset[Path]:
    """The drivers and steps that a module imports, and what those import."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                file = root / f"{name.replace('.', '/')}.py"
                if name.startswith(("acceptance.drivers", "steps")) and file.is_file() and file not in found:
                    found.add(file)
                    waiting.append(file)
    return frozenset(found)


def fingerprint(identity: str, root: Path = ROOT) -> str:
    """A fingerprint of all that judges a criterion: its scenario, its steps, and the drivers that they stand on."""
    text = scenarios(root).get(identity, "")
    modules = step_modules(text, root)
    for module in sorted(modules):
        modules |= imported(module, root)
    digest = hashlib.sha256(ORDER.sub("", text).encode())
    for module in sorted(modules):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


def unproven(ledger: Ledger, criteria: Iterable[str], root: Path = ROOT) -> tuple[list[str], list[str]]:
    """The criteria that no defect has turned red, and those whose proof is older than what judges them."""
    missing, stale = [], []
    for identity in criteria:
        entries = ledger.get(identity, {})
        if not entries:
            missing.append(identity)
        elif all(entry["judged_by"] != fingerprint(identity, root) for entry in entries.values()):
            stale.append(identity)
    return missing, stale


def proofs_of(ledger: Ledger, criterion: str) -> list[dict[str, str]]:
    """The defects that turned a criterion red, the last one first: `defect`, `at`, `commit`."""
    entries = (
        {"defect": name, "at": of["at"], "commit": of["commit"]} for name, of in ledger.get(criterion, {}).items()
    )
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)
