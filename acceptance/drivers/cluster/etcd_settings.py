"""What each member of etcd is started with: flags, and variables where there is no flag. Source: 2.8.

Source: etcd, "Configuration options": each flag has a variable, `ETCD_` and its name in capitals; flags come first.
"""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_benchmark import of_words

ETCD = "etcd"
PREFIX = "ETCD_"
TRUE = {"1", "t", "T", "TRUE", "true", "True"}
"""The values of a flag that Go's programs take for yes. Source: Go, strconv.ParseBool."""
LOOK = (
    f'for folder in /proc/[0-9]*; do if read -r name <"$folder/comm" && [ "$name" = {ETCD} ]; then '
    'tr "\\0" "\\t" <"$folder/cmdline"; echo; tr "\\0" "\\t" <"$folder/environ"; echo; fi; done 2>/dev/null'
)
"""Prints the words of etcd's command in one line, and its variables in the next."""


def of_member(cluster: Cluster, machine: str) -> dict[str, str]:
    """The settings of the member of etcd on a machine by their flags' names; none where no process etcd runs.

    K3s embeds it.
    """
    return in_lines(cluster.on_node(machine, "sh", "-c", LOOK, check=False))


def in_lines(printed: str) -> dict[str, str]:
    """The same, from what LOOK prints."""
    lines = [line.split("\t") for line in printed.splitlines()]
    for words, variables in zip(lines, [*lines[1:], []], strict=False):
        if words[0].rpartition("/")[2] == ETCD:
            return by_flag(variables) | of_words(words)
    return {}


def by_flag(variables: list[str]) -> dict[str, str]:
    """The settings among variables, by the names of their flags."""
    pairs = (item.partition("=") for item in variables if item.startswith(PREFIX))
    return {name.removeprefix(PREFIX).lower().replace("_", "-"): value for name, _, value in pairs}


def is_set(settings: dict[str, str], flag: str) -> bool:
    """Whether a flag that is yes or no is set to yes."""
    return settings.get(flag, "") in TRUE
