"""What ends a program from outside: a SIGTERM, or the end of its terminal (SIGHUP), as when a connection is lost."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""The signals that end a program from outside, besides Ctrl-C."""


def end_politely() -> None:
    """Have SIGTERM and SIGHUP end this program as Ctrl-C does, so that what was created is removed.

    A signal may arrive twice, from the kernel and from the parent process; the second has no effect.
    """
    told: list[int] = []

    def end(number: int) -> None:
        if not told:
            told.append(number)
            if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
                # In the background of a shell's script, Ctrl-C is for others, but this signal is for us.
                signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.raise_signal(signal.SIGINT)

    on_end(end)


def on_end(act: Callable[[int], None]) -> None:
    """Call `act` with the number of each signal that ends a program, after leaving a terminal that is gone.

    A SIGHUP that is ignored already, as under nohup, stays ignored.
    """

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            leave_terminal()
        act(number)

    for number in ENDING:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def leave_terminal() -> None:
    """Redirect each file descriptor that is a terminal to /dev/null: writing to a lost one would fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if os.path.realpath(entry).startswith(("/dev/pts/", "/dev/tty")):
                os.dup2(nowhere, int(entry.name))
