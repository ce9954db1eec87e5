"""How long a container's log may become on production's machines, as infrastructure/aws starts their kubelets.

A kubelet says so itself where scenarios run; production's machines are not there then. Source: 13.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from kubernetes.utils import parse_quantity

from acceptance.base.paths import ROOT

STARTED_BY = ROOT / "infrastructure" / "aws" / "modules" / "k3s-cluster" / "cloud-init"
SIZE = re.compile(r"(?:container-log-max-size|containerLogMaxSize)\W+(\d+\w*)")
"""The kubelet's flag, and the same in a file of its configuration."""
DEFAULT = "10Mi"


def log_sizes(texts: Iterable[str]) -> list[int]:
    """The sizes in bytes at which kubelets that these texts start rotate a log; the default where they do not say."""
    return [int(parse_quantity(size)) for text in texts for size in SIZE.findall(text) or [DEFAULT]]


def shortest_log(folder: Path = STARTED_BY) -> int:
    """The smallest size in bytes at which a kubelet of production's machines rotates a log."""
    return min(log_sizes(path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()))
