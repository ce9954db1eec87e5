"""Runs programs: in their own process group, with a log, and with an error that shows the last lines."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.base.secrecy import redact, redact_file

TAIL = 20

AGAIN_AFTER = 5
"""Seconds before a command that downloads something is retried."""

STEERING = ("GIT_", "TF_WORKSPACE", "TF_CLI_ARGS", "TF_DATA_DIR", "KUBECTL_", "KIND_EXPERIMENTAL_")
"""Variables that would redirect a child to the user's own repository, workspace or cluster."""


def child_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for a child, without variables that steer git, OpenTofu, kubectl and kind; `more` is added as is.

    In a git hook, GIT_DIR names the user's own repository: our commits would move its branches.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(STEERING)}
    return {**kept, **(more or {})}


class Children:
    """The programs that this process runs. They are in sessions of their own, where Ctrl-C does not reach them."""

    def __init__(self) -> None:
        self.running: set[subprocess.Popen[str]] = set()
        self.ended: weakref.WeakSet[subprocess.Popen[str]] = weakref.WeakSet()
        """Those that were terminated here, and so did not fail by themselves."""
        self.grace: weakref.WeakKeyDictionary[subprocess.Popen[str], float] = weakref.WeakKeyDictionary()
        """Seconds that a process gets to stop by itself, for those that need them."""

    def end(self, process: subprocess.Popen[str]) -> None:
        """Terminate a process and its group: gracefully, then by SIGKILL after 10 seconds.

        One that has grace is asked first. Ctrl-C while it is awaited cuts that short, and is raised afterwards.
        """
        self.ended.add(process)
        try:
            self.ask(process)
        finally:
            self.terminate(process)

    def ask(self, process: subprocess.Popen[str]) -> None:
        """Interrupt a process that has grace, without its children, which it may still need, and wait for its end."""
        grace = self.grace.pop(process, 0)
        if not grace or process.poll() is not None:
            return
        name = Path(process.args[0]).name  # type: ignore[index,arg-type]
        say(
            f"  {name} was asked to stop: it ends what it has begun and records it, within {grace / 60:.0f} min; a "
            "second Ctrl-C ends it at once, and what it was about is lost track of"
        )
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)

    def terminate(self, process: subprocess.Popen[str]) -> None:
        """Send a process and its group SIGTERM, and SIGKILL after 10 seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            try:
                process.wait(10)
                return
            except subprocess.TimeoutExpired:
                continue

    def end_all(self) -> None:
        """Terminate those of all threads."""
        for process in list(self.running):
            self.end(process)


CHILDREN = Children()
"""This process's children, terminated when it exits."""
atexit.register(CHILDREN.end_all)


class Ended(UserError):
    """A command did not fail by itself but was terminated here."""


def run(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
    grace: float = 0,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run `command`; return the completed process with its standard output (empty if it went to `log`).

    `environment` is added to ours (`child_environment`); `timeout` is in seconds. Ctrl-C does not reach the child:
    it is terminated here, with its children. If it has `grace`, in seconds, it is interrupted first and may stop by
    itself; it needs a `log`, because nobody reads its output meanwhile. `log` is redacted when it has ended. Raises
    UserError with the last lines of its output, redacted, if it fails and `check`.
    """
    began = log.stat().st_size if log and log.exists() else 0
    output = log.open("ab") if log else subprocess.PIPE
    process = None
    try:
        with interrupts_held_back():
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else subprocess.PIPE,
                cwd=cwd,
                env=child_environment(environment),
                text=True,
                # A program may print binary data.
                errors="replace",
                start_new_session=True,
            )
            CHILDREN.grace[process] = grace
            CHILDREN.running.add(process)
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except BaseException:
        if process:
            CHILDREN.end(process)
        raise
    finally:
        if process:
            CHILDREN.running.discard(process)
        if log:
            output.close()  # type: ignore[union-attr]
            redact_file(log, began)
    if check and process.returncode != 0:
        text = log.read_text(errors="replace") if log else (stdout or "") + (stderr or "")
        tail = "\n    ".join(redact(text).strip().splitlines()[-TAIL:])
        # A secret cut in half would no longer be found.
        said = redact(" ".join(str(part) for part in command))
        kind = Ended if process in CHILDREN.ended else UserError
        raise kind(
            f"`{said[:200]}` ended with {process.returncode}:\n    {tail}",
            remedy=f"read {log}" if log else "read the lines above",
        )
    return subprocess.CompletedProcess(process.args, process.returncode, stdout or "", stderr or "")


def run_twice(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    """`run` an idempotent command that downloads something, retrying it if it fails by itself."""
    try:
        return run(command, **options)
    except Ended:
        raise
    except UserError:
        time.sleep(AGAIN_AFTER)
        return run(command, **options)


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Ctrl-C while a child starts, before we know about it, would leave it running: it is raised afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if seen:
            signal.raise_signal(signal.SIGINT)


def end_children() -> None:
    """Terminate the children of all threads."""
    CHILDREN.end_all()


def end(process: subprocess.Popen[str]) -> None:
    """Terminate a process and its group: gracefully, then by SIGKILL after 10 seconds."""
    CHILDREN.end(process)
