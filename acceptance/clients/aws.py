"""AWS, through its command line; credentials and endpoint come from the environment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.base.errors import UserError
from acceptance.clients.process import run

ANSWERS_WITHIN = 60
"""Seconds for one call."""
REFUSAL = re.compile(r"An error occurred \((\w+)\)[^:]*: *(.*)")


@dataclass(frozen=True)
class Aws:
    """The command line in one region."""

    program: Path
    region: str

    def ask(self, *arguments: str) -> Any:
        """AWS's answer. Raises UserError with what it said."""
        command: list[str | Path] = [self.program, *arguments, "--region", self.region, "--output", "json"]
        return json.loads(run(command, timeout=ANSWERS_WITHIN).stdout or "null")


def refusal(error: UserError) -> tuple[str, str]:
    """The code and message with which AWS refused a call; the code is empty if the error is not AWS's."""
    found = REFUSAL.search(error.problem)
    return (found[1], found[2].strip()) if found else ("", error.problem.strip().splitlines()[-1].strip())
