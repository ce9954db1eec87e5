"""What leads from the run's own process to a lane, and back."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Any

from acceptance.base.progress import Output


class Line:
    """One end of what leads from the run's own process to a lane. Several threads may speak at once."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.lock = threading.Lock()

    def send(self, *message: Any) -> None:
        """Say something. Raises OSError if nobody listens any more."""
        with self.lock:
            self.connection.send(message)

    def receive(self) -> Any:
        """What the other end says. Raises EOFError if it is gone."""
        return self.connection.recv()


class ToRun(Output):
    """Hands a lane's progress to the run's own process."""

    terminal = None

    def __init__(self, line: Line):
        super().__init__()
        self.line = line

    def write(self, message: str) -> None:
        """Send a line."""
        self.line.send("say", message)
