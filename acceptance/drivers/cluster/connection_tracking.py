"""How long a machine remembers a connection that it forwards, and how many: what is forgotten or has no room is lost.

Source: 1.9.
"""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster

FOLDER = "/proc/sys/net/netfilter"
SETTING = "net.netfilter.nf_conntrack_tcp_timeout_established"
LOOK = ("cat", f"/proc/sys/{SETTING.replace('.', '/')}")
"""Prints the seconds for which an idle connection is remembered; the kernel's own value is five days."""
ROOM = ("cat", f"{FOLDER}/nf_conntrack_max", f"{FOLDER}/nf_conntrack_count")
"""Prints how many connections a machine may remember, and how many it does; new ones beyond that are dropped."""


def forgetful(cluster: Cluster, least: int) -> dict[str, int]:
    """The workers that forget idle connections sooner than after `least` seconds, with their seconds.

    None where no machine can be reached, or tracks no connections (a network of eBPF).
    """
    said = {name: text.strip() for name, text in looked_at(cluster, LOOK).items()}
    return {name: int(text) for name, text in said.items() if text.isdigit() and int(text) < least}


def crowded(cluster: Cluster, least: int) -> dict[str, str]:
    """The workers that have room to remember fewer than `least` more connections, with how many; else as above."""
    said = {name: text.split() for name, text in looked_at(cluster, ROOM).items()}
    room = {name: int(words[0]) - int(words[1]) for name, words in said.items() if are_two_numbers(words)}
    return {f"{name} can remember, of {least}": str(left) for name, left in room.items() if left < least}


def looked_at(cluster: Cluster, look: tuple[str, ...]) -> dict[str, str]:
    """What a command prints on each worker, by name."""
    workers = [] if cluster.is_attached else cluster.outputs.workers
    return {worker.name: cluster.on_node(worker.name, *look, check=False) for worker in workers}


def are_two_numbers(words: list[str]) -> bool:
    """Whether words are two numbers: 0 of the first is no limit."""
    return len(words) == 2 and all(word.isdigit() for word in words) and words[0] != "0"
