"""CPU seconds: of this machine, and of the processes that this one has waited for."""

from __future__ import annotations

import os
import resource
from pathlib import Path

BUSY = (0, 1, 2, 5, 6)
"""The fields user, nice, system, irq and softirq of /proc/stat; not idle, iowait or steal."""


def machine_cpu_seconds(stat: Path = Path("/proc/stat")) -> float:
    """CPU seconds that all processes of this machine have used since boot, including a kind cluster's.

    0 on systems that do not report it (only Linux does); a remote cluster is not included. Source: proc(5).
    """
    if not stat.exists():
        return 0.0
    ticks = stat.read_text().split("\n", 1)[0].split()[1:]
    return sum(int(ticks[field]) for field in BUSY) / os.sysconf("SC_CLK_TCK")


def children_cpu_seconds() -> float:
    """CPU seconds of child processes that have ended and been waited for, and of their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
