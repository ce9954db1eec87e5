"""Ways into the cluster."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.drivers.ingress import exposure
from acceptance.drivers.ingress.exposure import ways_in, ways_past_routes

NOTHING = {"metadata": {"name": "pages", "namespace": "elsewhere"}, "spec": {"routes": [{"match": "Host(`a.test`)"}]}}


@pytest.fixture(autouse=True)
def in_slices(monkeypatch):
    """The EndpointSlices of the cluster: none, unless a test adds some."""
    found = []
    monkeypatch.setattr(exposure, "slices", lambda *_: found)
    return found


def a_slice(address, labels=None, terminating=None):
    endpoint = Thing(addresses=[address], conditions=Thing(terminating=terminating))
    labels = {exposure.OF_SERVICE: "redis-debug"} if labels is None else labels
    return Thing(metadata=Thing(namespace="elsewhere", labels=labels), endpoints=[endpoint])


def pod(host_network=None, host_port=None):
    container = Thing(ports=[Thing(host_port=host_port)])
    return Thing(
        metadata=Thing(name="redis-0"), status=Thing(pod_ip="10.1.0.5"),
        spec=Thing(host_network=host_network, containers=[container]),
    )  # fmt: skip


def cluster(address, kind="ClusterIP", external=None, exists=True, routed=None):
    subset = Thing(addresses=None, not_ready_addresses=[Thing(ip=address)])
    endpoints = Thing(metadata=Thing(name="redis-debug", namespace="elsewhere"), subsets=[subset])

    def read(name, namespace):
        if not exists:
            raise ApiException(status=404)
        return Thing(spec=Thing(type=kind, external_ips=external))

    def routes(group, version, plural):
        if plural not in routed:
            raise ApiException(status=404)
        spec = {"routes": [{"match": "HostSNI(`*`)", "services": [routed[plural]]}]}
        return {"items": [{"metadata": {"name": "debug", "namespace": "elsewhere"}, "spec": spec}, NOTHING]}

    every, routed = Thing(items=[endpoints]), routed or {}
    core = Thing(list_endpoints_for_all_namespaces=lambda: every, read_namespaced_service=read)
    return Thing(core=core, custom=Thing(list_cluster_custom_object=routes))


@pytest.mark.parametrize(
    ("there", "it", "expected"),
    [
        (cluster("10.1.0.5"), pod(), []),
        (cluster("10.9.9.9", "NodePort"), pod(), []),
        (cluster("10.1.0.5", "NodePort", exists=False), pod(), []),
        (cluster("10.1.0.5", "NodePort"), pod(), ["Service elsewhere/redis-debug is of type NodePort"]),
        (
            cluster("10.1.0.5", external=["192.0.2.1"]),
            pod(),
            ["Service elsewhere/redis-debug has the external IP 192.0.2.1"],
        ),
        (cluster("10.1.0.5", routed={"ingressroutes": {"name": "pages"}}), pod(), []),
        (cluster("10.1.0.5", routed={"ingressroutetcps": {"name": "redis-debug", "namespace": "default"}}), pod(), []),
        (
            cluster("10.1.0.5", routed={"ingressroutetcps": {"name": "redis-debug"}}),
            pod(),
            ["ingressroutetcps elsewhere/debug leads to redis-debug"],
        ),
        (cluster("10.9.9.9"), pod(host_port=6379), ["pod redis-0 uses host port 6379"]),
        (cluster("10.9.9.9"), pod(host_network=True), ["pod redis-0 uses the host network"]),
    ],
)
def test_every_way_in_is_named(there, it, expected):
    assert ways_in(there, [it]) == expected


def service_pod(phase="Running", labels=None):
    found = pod()
    found.metadata.labels, found.status.phase = labels or {}, phase
    return found


@pytest.mark.parametrize(
    ("it", "is_told"),
    [
        (service_pod(), True),
        # The address of a Job's pod that has ended may be Traefik's by now.
        (service_pod("Succeeded"), False),
        (service_pod(labels={"alternate-futures.dev/scenario": "true"}), False),
    ],
)
def test_ways_past_the_routes_are_those_to_pods_that_run(it, is_told):
    there = cluster("10.1.0.5", "NodePort")
    there.core.list_namespaced_pod = lambda namespace, label_selector: Thing(items=[it])
    assert bool(ways_past_routes(there)) is is_told


@pytest.mark.parametrize(
    ("item", "is_told"),
    [
        (a_slice("10.1.0.5"), True),
        (a_slice("10.1.0.6"), False),
        (a_slice("10.1.0.5", labels={}), False),
        (a_slice("10.1.0.5", terminating=True), False),
    ],
)
def test_a_service_that_leads_to_a_pod_by_a_slice_made_by_hand_is_told(in_slices, item, is_told):
    in_slices.append(item)
    assert bool(ways_in(cluster("10.9.9.9", "NodePort"), [pod()])) is is_told
