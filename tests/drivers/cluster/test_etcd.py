"""Members of etcd that are cut off from each other."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import etcd

NAMES = ("one", "two", "three")


class Machines:
    """Control planes, of which some do not reach others; `node` runs what asks them."""

    def __init__(self, *cut):
        self.cut = cut
        self.outputs = Thing(control_planes=[Thing(name=name, address=f"10.0.0.{name}") for name in NAMES])

    def on_node(self, node, *command, check):
        asked = [word.removeprefix("https://10.0.0.").removesuffix(":2380") for word in command if "https" in word]
        return "".join("0.000000 " if (node, name) in self.cut else "0.005343 " for name in asked)


def test_members_that_reach_each_other_are_connected():
    assert etcd.all_connected(Machines())


def test_each_pair_that_is_cut_off_is_told():
    assert etcd.unreached(Machines(("three", "two"), ("two", "three"))) == {"three": ["two"], "two": ["three"]}
    with pytest.raises(AssertionError, match="'three': \\['one'\\]"):
        etcd.all_connected(Machines(("three", "one")))


def test_a_machine_whose_own_member_does_not_answer_there_is_not_judged():
    assert etcd.unreached(Machines(("one", "one"), ("one", "two"), ("one", "three"))) == {}
