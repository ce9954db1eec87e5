"""Network cuts: what is run on the machines, and what happens to a cut that stays."""

import re

import pytest

from acceptance.drivers.network.cuts import DROP, RESET, NetworkPartition

WAYS = [("10.0.0.1", "10.0.0.2"), ("10.0.0.1", "10.0.0.3")]


class Machines:
    """Machines that keep tables of nftables; on those that are `stuck`, none is ever removed."""

    def __init__(self, stuck=()):
        self.stuck = stuck
        self.tables = {}

    def on_node(self, node, *command, check=True):
        tables = self.tables.setdefault(node, set())
        if command[0] == "sh":
            tables.add(re.search("table ip ([^ ]+)", command[-1])[1])
        elif command[1] == "delete" and node not in self.stuck:
            tables.discard(command[-1])
        return "\n".join(f"table ip {name}" for name in tables)


@pytest.mark.parametrize("verdict", [DROP, RESET])
def test_a_cut_is_a_table_of_its_own_that_is_asked_before_policies_are(verdict):
    command = NetworkPartition(Machines(), ["a"], WAYS, verdict).command
    assert re.search("hook forward priority filter - 10;", command)
    for source, target in WAYS:
        assert f"ip saddr {source} ip daddr {target} {verdict};" in command
    assert "ct state" not in command, "a connection that was made before is cut, too"


def test_a_cut_heals_wherever_it_was_made():
    machines = Machines()
    cut = NetworkPartition(machines, ["a", "b"], WAYS)
    other = NetworkPartition(machines, ["a"], WAYS)
    other.make()
    cut.make()
    assert {node: len(tables) for node, tables in machines.tables.items()} == {"a": 2, "b": 1}
    cut.heal()
    cut.heal()
    assert machines.tables == {"a": {other.table}, "b": set()}


def test_a_cut_that_stayed_is_an_error():
    cut = NetworkPartition(Machines(stuck=["b"]), ["a", "b"], WAYS)
    cut.make()
    with pytest.raises(
        AssertionError, match=f"the cut on b to be removed, .* Try: docker exec b nft delete table ip {cut.table}"
    ):
        cut.heal()
