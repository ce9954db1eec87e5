"""Network cuts between addresses, made on the machines that forward the traffic."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from acceptance.cluster.cluster import Cluster

DROP, RESET = "drop", "reject with tcp reset"
"""What happens to traffic: it is dropped, or its sender is told that nothing listens."""


class Cut:
    """Rules for what some addresses send to others (`ways`), on `nodes`.

    They are in a table of their own. It is asked before the table `filter`, where the controller of network policies
    puts itself first, accepts what goes on, and writes back what it has read: a rule there may never be asked, or
    come back after it was removed.
    """

    def __init__(self, cluster: Cluster, nodes: list[str], ways: Iterable[tuple[str, str]], verdict: str = DROP):
        self.cluster, self.nodes = cluster, nodes
        self.table = f"alternate-futures-cut-{secrets.token_hex(3)}"
        # Connections that were made before are cut, too: each packet is asked about.
        rules = "".join(f" ip saddr {source} ip daddr {target} {verdict};" for source, target in ways)
        chain = f"chain forward {{ type filter hook forward priority filter - 10;{rules} }}"
        self.command = f"nft 'table ip {self.table} {{ {chain}; }}'"
        """What makes it on a machine."""

    def make(self) -> None:
        """Make it everywhere."""
        for node in self.nodes:
            self.cluster.on_node(node, "sh", "-ec", self.command)

    def heal(self) -> None:
        """Undo it, wherever it was made. Raises AssertionError if it stayed somewhere."""
        for node in self.nodes:
            self.cluster.on_node(node, "nft", "delete", "table", "ip", self.table, check=False)
            left = self.cluster.on_node(node, "nft", "list", "tables", "ip")
            hint = f"docker exec {node} nft delete table ip {self.table}"
            assert self.table not in left, f"still cut on {node}. Try: {hint}"
