"""The pod that is made while a control plane is away."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster.control_plane_outage import ControlPlaneOutage

made = []


def outage(pod=None):
    core = Thing(
        create_namespaced_pod=lambda name, body, **_: made.append(body), read_namespaced_pod=lambda *_, **__: pod
    )
    return ControlPlaneOutage(Thing(core=core, probe=Probe("probe")), Thing(name="scenario"), None)


def test_it_begins_once_it_found_a_service_by_its_name():
    made.clear()
    assert outage().create_pod()
    (spec,) = [body["spec"] for body in made]
    (first,) = spec["initContainers"]
    assert first["args"] == ["await", "http://server.scenario.svc.cluster.local/"]
    names = [first["name"], *(item["name"] for item in spec["containers"])]
    assert len({*names}) == 2, "names of containers are unique within a pod"
    assert {"name": "attempts", "value": "5"} in spec["dnsConfig"]["options"]


def test_a_name_that_is_not_found_is_said():
    status = Thing(
        phase="Pending", conditions=None, container_statuses=None, init_container_statuses=[Thing(ready=False)]
    )
    with pytest.raises(AssertionError, match="it has not found a Service by its name"):
        outage(Thing(status=status)).runs()
