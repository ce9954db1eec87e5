"""Network cuts between addresses, made on the machines that forward the traffic."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from acceptance.cluster.cluster import Cluster

DROP, RESET = "drop", "reject with tcp reset"
"""What happens to a packet: it is dropped, or its sender gets a TCP reset, as if nothing listened."""


class NetworkPartition:
    """Rules on `nodes` that block traffic from one address to another (`ways`: source and target of each).

    They are in a table of their own, which comes before the table `filter`. In `filter`, the network policy controller
    puts itself first, accepts packets, and restores the rules that it has read: a rule there may never be reached, or
    come back after its removal.
    """

    def __init__(self, cluster: Cluster, nodes: list[str], ways: Iterable[tuple[str, str]], verdict: str = DROP):
        self.cluster, self.nodes = cluster, nodes
        self.table = f"alternate-futures-cut-{secrets.token_hex(3)}"
        # Existing connections are cut, too: the rules apply to every packet.
        rules = "".join(f" ip saddr {source} ip daddr {target} {verdict};" for source, target in ways)
        chain = f"chain forward {{ type filter hook forward priority filter - 10;{rules} }}"
        self.command = f"nft 'table ip {self.table} {{ {chain}; }}'"
        """The command that installs the rules on a machine."""

    def make(self) -> None:
        """Install the rules on all nodes."""
        for node in self.nodes:
            self.cluster.on_node(node, "sh", "-ec", self.command)

    def heal(self) -> None:
        """Remove the rules from all nodes. Raises AssertionError if a node still has them."""
        for node in self.nodes:
            self.cluster.on_node(node, "nft", "delete", "table", "ip", self.table, check=False)
            left = self.cluster.on_node(node, "nft", "list", "tables", "ip")
            hint = f"docker exec {node} nft delete table ip {self.table}"
            assert self.table not in left, f"expected the cut on {node} to be removed, saw it still there. Try: {hint}"
