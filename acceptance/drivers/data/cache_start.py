"""Whether Redis could start again with what is on its disk. Source: 7.6.

It reads its append-only file at its next start alone, and appends to a damaged one without noticing.
"""

from __future__ import annotations

import contextlib

from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.data.cache import Cache

PROGRAM = "redis-check-aof"


def unreadable(cache: Cache) -> str:
    """Why Redis could not read its append-only file at its next start, in words; empty if it could.

    A file whose last write is under way is looked at again. Nothing is judged without the file, which 7.6 itself tells,
    or where the image lacks the program.
    """
    if cache.setting("appendonly") != "yes":
        return ""
    folder = f"{cache.setting('dir')}/{cache.setting('appenddirname')}"
    path = f"{folder}/{cache.setting('appendfilename')}.manifest"
    name = cache.pod().metadata.name

    def readable() -> bool:
        with contextlib.suppress(NotStarted):
            cache.namespace.execute(name, PROGRAM, path)
        return True

    try:
        eventually(readable, within=LOGS_READABLE, what=f"{path} to be valid")
    except AssertionError as error:
        return " ".join(str(error).split())
    return ""
