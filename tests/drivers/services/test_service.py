"""The constant part of a service's answers, and where its Service leads."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services import service
from acceptance.drivers.services.service import Service, shape


def test_what_stays_the_same_of_an_answer():
    assert shape('{"b": 1, "a": 2}') == shape('{"a": 7, "b": 8}') == "a, b"
    assert shape("OK") == "OK"


def test_an_address_that_somebody_added_by_a_slice_is_seen(monkeypatch):
    subset = Thing(addresses=[Thing(ip="10.1.0.5")], not_ready_addresses=None)
    core = Thing(read_namespaced_endpoints=lambda *_: Thing(subsets=[subset]))
    one = Service(Thing(name="default", cluster=Thing(core=core)), "auth-service")
    monkeypatch.setattr(Service, "rolled_out", lambda _: [Thing(status=Thing(pod_ip="10.1.0.5"))])
    endpoint = Thing(addresses=["10.1.0.5"], conditions=None)
    monkeypatch.setattr(service, "slices", lambda *_: [Thing(endpoints=[endpoint])])
    assert one.behind()
    endpoint.addresses = ["10.1.0.5", "10.1.0.9"]
    with pytest.raises(AssertionError, match=r"leads to .*10\.1\.0\.9"):
        one.behind()
