"""What controller managers have to do for machines that join or return: today's machines have it already. Source: 1.7.

Read from their flags: only a machine that joins, or that was off for long, would show it.
"""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.lost_machines import of_managers, seconds_of

ADDRESSES, SIGNS, CONTROLLERS = "allocate-node-cidrs", "cluster-signing-duration", "controllers"
GIVES_ADDRESSES = {"*", "nodeipam", "node-ipam-controller"}
OF_CLOUDS = {
    "service", "service-lb-controller", "route", "node-route-controller", "cloud-node-lifecycle",
    "cloud-node-lifecycle-controller",
}  # fmt: skip
"""Controllers that have nothing to do here. Those that are off by default are judged by what they do."""
LASTS = 3 * 24 * 3600
"""Seconds for which a machine has to be able to be off, or without control planes, and to come back: a weekend."""
YEAR = "8760h"


def neglected(cluster: Cluster) -> list[str]:
    """What the controller managers would not do for a machine that joins or returns, in words.

    K3s' own flags are not shown: there only what somebody set is judged.
    """
    if cluster.is_attached:
        return []
    have_addresses = all(node.spec.pod_cidr for node in cluster.nodes())
    found = {name: in_words(flags, have_addresses=have_addresses) for name, flags in of_managers(cluster).items()}
    return [f"kube-controller-manager of {name} {text}" for name, said in found.items() for text in said]


def in_words(flags: Mapping[str, object], *, have_addresses: bool) -> list[str]:
    """The same for one of them; `have_addresses` is whether today's machines got their pods' addresses from it."""
    runs = str(flags.get(CONTROLLERS, "*")).split(",")
    found = []
    gives = flags.get(ADDRESSES, "true") == "true" and bool(GIVES_ADDRESSES & {*runs})
    if have_addresses and not gives:
        found.append(f"gives new machines no addresses for pods (--{ADDRESSES}, --{CONTROLLERS})")
    left_out = [name[1:] for name in runs if name.startswith("-") and name[1:] not in OF_CLOUDS]
    found += [f"does not run {', '.join(left_out)} (--{CONTROLLERS})"] if left_out else []
    seconds = seconds_of(str(flags.get(SIGNS, YEAR)))
    found += [f"issues certificates for {seconds:.0f} s (--{SIGNS}), not {LASTS}"] if seconds < LASTS else []
    return found
