"""Machines of which some have cores and memory of their own."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.machines import capacities


def capacity(machine):
    if machine.name == "shared":
        raise Unverifiable("it shares its host's")
    return 1.0, 4e9


@pytest.mark.parametrize(("names", "known"), [(["shared", "small"], {"small": (1.0, 4e9)}), (["shared"], {})])
def test_a_machine_that_shares_its_cores_hides_no_other(names, known):
    seen, unknown = capacities(Thing(capacity=capacity), [Thing(name=name) for name in names])
    assert seen == known and isinstance(unknown, Unverifiable)


def test_where_all_have_their_own_all_are_told():
    assert capacities(Thing(capacity=capacity), [Thing(name="small")]) == ({"small": (1.0, 4e9)}, None)
