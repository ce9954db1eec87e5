"""A Service that differs from the plan, or only leads to pods on the caller's machine, is found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services.service_ports import check


def checked(**changes):
    """What is wrong with a changed Service; empty if nothing."""
    spec = {"type": "ClusterIP", "ports": [Thing(port=3001)], "internal_traffic_policy": "Cluster"} | changes
    core = Thing(read_namespaced_service=lambda *_: Thing(spec=Thing(**spec)))
    try:
        return "" if check(Thing(name="default", cluster=Thing(core=core)), "auth-service", 3001) else "none"
    except AssertionError as error:
        return str(error)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"internal_traffic_policy": None}, ""),
        ({"internal_traffic_policy": "Local"}, "internalTrafficPolicy: Local"),
        ({"type": "NodePort"}, "saw NodePort"),
        ({"ports": [Thing(port=80)]}, "saw [80]"),
    ],
)
def test_what_is_wrong_with_a_service_is_told(changes, said):
    assert said in checked(**changes) and bool(said) == bool(checked(**changes))
