"""One run at a time on one machine."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from acceptance.base.errors import UserError
from acceptance.base.paths import STATE


class MachineLock:
    """A lock that is released when the process that holds it ends, however it ends."""

    def __init__(self, path: Path | None = None):
        self.path = path or STATE / "run.lock"
        self.file: IO[str] | None = None

    def acquire(self, run_id: str) -> None:
        """Take the lock. Raises UserError with the id of the run that holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"another run is in progress: {file.read().strip()}", "wait for it to end, or stop it with Ctrl-C"
            ) from None
        file.truncate(0)
        file.write(f"{run_id} (process {os.getpid()})")
        file.flush()
        self.file = file

    def release(self) -> None:
        """Release the lock."""
        if self.file:
            self.file.truncate(0)
            self.file.close()
            self.file = None
