"""Which containers of a pod Services lead to."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.argocd import serving_containers
from acceptance.drivers.argocd.serving_containers import serving

MAIN = {"name": "main", "ports": [{"name": "http", "containerPort": 4000}]}
SIDECAR = {"name": "metrics", "ports": [{"containerPort": 9100}]}
BARE = {"name": "bare"}
PROBED = {"name": "probed", "readinessProbe": {"httpGet": {"path": "/", "port": 4000}}}


def service(port, app="backend"):
    return {"spec": {"selector": {"app": app}, "ports": [port]}}


@pytest.mark.parametrize(
    ("containers", "services", "names"),
    [
        ([MAIN, SIDECAR], [service({"port": 80, "targetPort": "http"})], ["main"]),
        ([MAIN, SIDECAR], [service({"port": 80, "targetPort": 4000})], ["main"]),
        ([MAIN, SIDECAR], [service({"port": 4000})], ["main"]),
        ([MAIN, SIDECAR], [service({"port": 4000}), service({"port": 9100})], ["main", "metrics"]),
        ([MAIN, SIDECAR], [service({"port": 4000}, app="other")], ["main", "metrics"]),
        ([MAIN, SIDECAR], [{"spec": {"ports": [{"port": 4000}]}}], ["main", "metrics"]),
        ([BARE, PROBED], [service({"port": 4000})], ["probed"]),
        ([BARE], [], ["bare"]),
    ],
    ids=["name", "number", "same-port", "both", "another-service", "no-selector", "probed", "none"],
)
def test_the_containers_of_a_services_port_serve(containers, services, names):
    template = {"metadata": {"labels": {"app": "backend", "tier": "api"}}, "spec": {"containers": containers}}
    assert [item["name"] for item in serving(template, services)] == names


def test_services_of_production_are_among_them_and_scenarios_are_not():
    here = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b", "labels": {"alternate-futures.dev/scenario": "x"}}}]
    cluster = SimpleNamespace(
        api=SimpleNamespace(sanitize_for_serialization=lambda items: items),
        core=SimpleNamespace(list_namespaced_service=lambda _: SimpleNamespace(items=here)),
    )
    rendered = [{"kind": "Service", "metadata": {"name": "c"}}, {"kind": "Deployment", "metadata": {"name": "d"}}]
    rendering = SimpleNamespace(production=lambda name: rendered if name == "redis" else [])
    found = serving_containers.services_everywhere(SimpleNamespace(cluster=cluster, rendering=rendering))
    assert [item["metadata"]["name"] for item in found] == ["a", "c"]
