"""Progress for people: lines, and on a terminal a status line below them that updates during long operations."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

EVERY = 30.0
"""Seconds between two progress lines where there is no terminal."""
TICK = 0.5
"""Seconds between two updates on a terminal."""


class Output:
    """Where progress goes: standard error, unless a subclass says otherwise."""

    def __init__(self) -> None:
        self.live: Any = None

    @property
    def terminal(self) -> TextIO | None:
        """The terminal whose status line is updated; None if the output is not a terminal."""
        return sys.stderr if sys.stderr.isatty() else None

    def write(self, message: str) -> None:
        """Write a line."""
        print(message, file=sys.stderr, flush=True)

    def say(self, message: str) -> None:
        """Write a line above the status line, if there is one."""
        if self.live:
            self.live.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            self.write(message)

    @contextlib.contextmanager
    def showing(self, status: Callable[[], str]) -> Iterator[None]:
        """Show `status` while the block runs: on a status line, or on a new line now and then."""
        terminal = self.terminal
        if terminal and not self.live:
            # Rich takes a tenth of a second to load, and most commands do not need it.
            from rich.console import Console
            from rich.live import Live
            from rich.text import Text

            def line() -> Text:
                return Text(status(), no_wrap=True, overflow="ellipsis")

            console = Console(file=terminal)
            with Live(get_renderable=line, console=console, transient=True, refresh_per_second=1 / TICK) as live:
                self.live = live
                try:
                    yield
                finally:
                    self.live = None
            return
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(EVERY):
                self.say(f"  {status()}")

        thread = threading.Thread(target=tell, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


class Progress:
    """Progress, and where it goes: to the output that was chosen last and is still in use."""

    def __init__(self) -> None:
        self.outputs = [Output()]

    @property
    def output(self) -> Output:
        """Where it goes now."""
        return self.outputs[-1]

    @contextlib.contextmanager
    def through(self, output: Output) -> Iterator[None]:
        """Send it to `output` while the block runs."""
        self.outputs.append(output)
        try:
            yield
        finally:
            self.outputs.remove(output)


PROGRESS = Progress()
"""This process's progress."""


def say(message: str) -> None:
    """Print one progress line for people."""
    PROGRESS.output.say(message)


def speaking_through(output: Output) -> contextlib.AbstractContextManager[None]:
    """Send all progress of this process to `output` while the block runs."""
    return PROGRESS.through(output)


class Steps:
    """The steps of one piece of work, which may run concurrently: done, running, seconds elapsed."""

    def __init__(
        self, total: int, doing: str = "", done: str = "", expected: Mapping[str, float] | None = None, workers: int = 1
    ) -> None:
        """`expected`: seconds that each step is likely to take, if known; `workers`: how many run at once."""
        self.total = total
        self.expected = dict(expected or {})
        self.workers = workers
        self.doing, self.verb = doing, done
        self.done = 0
        self.running: dict[str, Callable[[], str]] = {}
        self.begun: dict[str, float] = {}
        self.started = time.monotonic()
        self.lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started

    def status(self) -> str:
        """`[3/20] building traefik 4/7, kubernetes 2/5 (95 s, about 600 s left)`."""
        with self.lock:
            running = ", ".join(f"{name} {part()}".rstrip() for name, part in self.running.items())
            return f"[{self.done}/{self.total}] {self.doing} {running or '...'} ({self.seconds:.0f} s{self.left()})"

    def left(self) -> str:
        """About how many seconds are left, in words; empty if it is not known, or if it takes longer than expected."""
        now = time.monotonic()
        parts = [max(0.0, seconds - now + self.begun.get(name, now)) for name, seconds in self.expected.items()]
        seconds = max(sum(parts) / self.workers, max(parts, default=0.0))
        return f", about {seconds:.0f} s left" if seconds >= 1 else ""

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show progress while the block runs."""
        with PROGRESS.output.showing(self.status):
            yield

    @contextlib.contextmanager
    def step(self, name: str, part: Callable[[], str] = str) -> Iterator[None]:
        """One step; `part` tells its own progress, if known. A line is printed when it is done."""
        began = time.monotonic()
        with self.lock:
            self.running[name] = part
            self.begun[name] = began
        try:
            yield
        finally:
            with self.lock:
                del self.running[name]
                self.expected.pop(name, None)
        with self.lock:
            self.done += 1
            place = f"[{self.done}/{self.total}]"
        say(f"  {place} {self.verb} {name} ({time.monotonic() - began:.0f} s; {self.seconds:.0f} s in all)")
