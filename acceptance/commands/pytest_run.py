"""A run of the suite in a process of its own, for commands that compare runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from acceptance.base.errors import UserError
from acceptance.base.paths import REPORTS, ROOT


def pytest_run(
    *arguments: str, through: Sequence[str] = (), variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run the suite; return seconds, exit code, and its report's document. Raises UserError if it left no report.

    `through`: a program that execs the suite, as env does; `variables` are added to our environment.
    """
    known = set(REPORTS.glob("*/verdicts.json"))
    began = time.monotonic()
    command = [*through, sys.executable, "-m", "pytest", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=sys.stderr, env={**os.environ, **(variables or {})})
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # However it was interrupted, it first cleans up what its scenarios created; only then is the rest undone.
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    seconds = time.monotonic() - began
    new = set(REPORTS.glob("*/verdicts.json")) - known
    if not new:
        raise UserError(f"pytest {' '.join(arguments)} ended with {code} and left no report", "read the lines above")
    return {"seconds": seconds, "code": code, "document": json.loads(new.pop().read_text())}
