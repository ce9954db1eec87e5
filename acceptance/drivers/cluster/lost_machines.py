"""How soon a machine that is lost is listed as not Ready, from the controller managers' settings. Source: 2.1."""

from __future__ import annotations

import re
from collections.abc import Mapping

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_benchmark import Settings, of_k3s, of_program
from acceptance.drivers.cluster.cis_checks import MANAGER

GRACE, PERIOD = "node-monitor-grace-period", "node-monitor-period"
NOTICES = ("nodelifecycle", "node-lifecycle-controller")
"""The names of the controller that marks a silent machine as not Ready."""
RATE = "node-eviction-rate"
"""How many machines a second it takes lost pods from; those of none are replaced if it is 0."""
STAYS_LOST = 600
"""Seconds after which the pods of a single lost machine are to be replaced."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def slow_to_notice(cluster: Cluster, most: int) -> list[str]:
    """The controller managers that would list a lost machine as Ready for more than `most` seconds, or forever.

    Kubernetes' own value is 40 s, or 50. Where the machines are out of reach, K3s' servers are judged by what they tell
    the API, and other control planes not at all.
    """
    return [
        f"{MANAGER} of {name} {text}" for name, found in of_managers(cluster).items() if (text := late(found, most))
    ]


def of_managers(cluster: Cluster) -> dict[str, Settings]:
    """The flags of the controller managers, by node; of K3s' servers those that somebody set."""
    started: dict[str, Settings] = {node.metadata.name: of_k3s(node, MANAGER) for node in cluster.nodes()}
    if not cluster.is_attached:
        names = [server.name for server in cluster.outputs.control_planes]
        started |= {name: {**started.get(name, {}), **of_program(cluster, name, MANAGER)} for name in names}
    return started


def late(settings: Mapping[str, object], most: int) -> str:
    """Why a controller manager with these flags notices a loss after more than `most` seconds, or leaves it at that.

    Empty if it does neither.
    """
    # It looks for silent machines once a period only.
    seconds = sum(seconds_of(str(settings.get(name, "0s"))) for name in (GRACE, PERIOD))
    if seconds > most:
        return f"waits {seconds:.0f} s for a silent machine (--{GRACE}, --{PERIOD})"
    runs = str(settings.get("controllers", "*")).split(",")
    if any(f"-{name}" in runs for name in NOTICES) or not {"*", *NOTICES} & {*runs}:
        return f"does not run {NOTICES[0]} (--controllers)"
    rate = str(settings.get(RATE, "0.1"))
    if float(rate) * STAYS_LOST < 1:
        return f"leaves pods on a silent machine (--{RATE}={rate})"
    return ""


def seconds_of(duration: str) -> float:
    """A duration as Go writes it (`1h0m0s`, `40s`), in seconds."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[hms])", duration))
