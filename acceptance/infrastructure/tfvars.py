"""The variables that an apply of an OpenTofu root would get, as far as they are plain values."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

ASSIGNMENT = re.compile(r'^(\w+)[ \t]*=[ \t]*("[^"]*"|\[[^\]]*\]|[\w.]+)[ \t]*(?:#.*)?$', re.MULTILINE)
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
DEFAULT = re.compile(r"^[ \t]+default[ \t]*=[ \t]*(.+)$", re.MULTILINE)


def plain(text: str) -> Any:
    """Parse a value: a string, number, boolean, null, or a list of them; anything else stays text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def assignments(path: Path) -> dict[str, Any]:
    """The plain values that a variables file assigns on a single line."""
    return {name: plain(value) for name, value in ASSIGNMENT.findall(path.read_text())}


def variables(root: Path, file: str) -> dict[str, Any]:
    """The value of each variable of a root: from the file, else this shell's TF_VAR_, else its default, else None."""
    blocks = dict(VARIABLE.findall((root / "variables.tf").read_text()))
    found: dict[str, Any] = {}
    for name, block in blocks.items():
        default = DEFAULT.search(block)
        found[name] = plain(default[1]) if default else None
        if given := os.environ.get(f"TF_VAR_{name}"):
            found[name] = plain(given)
    return found | assignments(root / file)
