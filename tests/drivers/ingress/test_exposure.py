"""Ways into the cluster."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.drivers.ingress.exposure import ways_in, ways_past_routes

NOTHING = {"metadata": {"name": "pages", "namespace": "elsewhere"}, "spec": {"routes": [{"match": "Host(`a.test`)"}]}}


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
