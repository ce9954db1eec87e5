"""The connection between the run's main process and a lane."""

from __future__ import annotations

import threading
from multiprocessing.connection import Connection
from typing import Any

from acceptance.base.progress import Output


class Line:
    """One end of the connection between the run's main process and a lane. Several threads may send concurrently."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.lock = threading.Lock()

    def send(self, *message: Any) -> None:
        """Send a message. Raises OSError if the other end is gone."""
        with self.lock:
            self.connection.send(message)

    def receive(self) -> Any:
        """Receive a message. Raises EOFError if the other end is gone."""
        return self.connection.recv()


class ToRun(Output):
    """Passes a lane's progress to the run's main process."""

    terminal = None

    def __init__(self, line: Line):
        super().__init__()
        self.line = line

    def write(self, message: str) -> None:
        """Send a line."""
        self.line.send("say", message)
