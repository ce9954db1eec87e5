"""What an apply of infrastructure/aws says while it runs, read from OpenTofu's log: what to do, progress and cost."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from acceptance.base.progress import say
from acceptance.infrastructure.aws_prices import Apply

FOLLOW_EVERY = 0.5
"""Seconds between two looks at the log of an apply."""
SAY_EVERY = 30
"""Seconds between two lines on an apply's progress and cost."""
SCRIPT_SAYS = re.compile(r"^terraform_data\.(?:dns|kubeconfig) \(local-exec\): (?!Executing)(.+)$", re.MULTILINE)
"""OpenTofu's prefix of each line of a script that it runs (scripts/await-dns.sh, fetch-kubeconfig.sh)."""


def lines_after(log: Path, place: int, *, to_the_end: bool) -> tuple[str, int]:
    """What a file has after a position, and the new position; complete lines only, as the last may still be growing."""
    if not log.exists():
        return "", place
    with log.open("rb") as file:
        file.seek(place)
        text = file.read()
    whole = len(text) if to_the_end else text.rfind(b"\n") + 1
    return text[:whole].decode(errors="replace"), place + whole


@contextlib.contextmanager
def followed(log: Path, so_far: Apply) -> Iterator[None]:
    """Print, as it appears in the log, what an apply's scripts ask for: records to create, a tunnel to open.

    Whenever something was created, also print progress and hourly cost, at most every half minute.
    """
    began = log.stat().st_size if log.exists() else 0
    over = threading.Event()

    def follow() -> None:
        place, said, looked, last = began, "", time.monotonic(), False
        while not last:
            last = over.wait(FOLLOW_EVERY)
            text, place = lines_after(log, place, to_the_end=last)
            for line in SCRIPT_SAYS.findall(text):
                say(f"  {line}")
            so_far.read(text)
            is_time = last or time.monotonic() - looked > SAY_EVERY
            if is_time and so_far.there and said != so_far.describe():
                said, looked = so_far.describe(), time.monotonic()
                say(f"  {said}")

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
