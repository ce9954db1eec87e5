"""Which connections the network policies in the manifests allow."""

from types import SimpleNamespace

import pytest
from tests_support import deployed_objects, kustomized, pod_templates

from acceptance.base.labels import CLIENT, NAME_LABEL, SCENARIO_LABEL
from acceptance.cluster.probe import Probe
from acceptance.drivers.security.network_policies import SERVICES, let_in_from_elsewhere
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import client_pod
from acceptance.platform.applications import APPLICATIONS

PLACES = ("kind", "production")

PORTS = {name: port for name, (_, port) in SERVICES.items()}

DEFAULT = {"kubernetes.io/metadata.name": "default"}

TRAEFIK = ({"app": "traefik"}, {"kubernetes.io/metadata.name": "traefik"})

BACKEND_ELSEWHERE = ({NAME_LABEL: "backend-service"}, {"kubernetes.io/metadata.name": "scenario-1"})


def covers(selector, labels):
    """Whether a selector, of labels alone, covers something."""
    assert set(selector) <= {"matchLabels"}, selector
    return selector.get("matchLabels", {}).items() <= labels.items()


def admits(objects, source, target, port):
    """Whether policies among `objects` allow a pod (its labels, and its namespace's) to reach a pod of `default`."""
    specs = [item["spec"] for item in objects if item["kind"] == "NetworkPolicy"]
    specs = [spec for spec in specs if covers(spec["podSelector"], target)]
    assert specs, f"no policy covers {target}"
    labels, namespace = source
    for rule in (rule for spec in specs for rule in spec.get("ingress", [])):
        ports = {item["port"] for item in rule.get("ports", [])}
        peers = rule.get("from", [])
        assert peers, "a rule without peers admits everyone"
        for peer in peers:
            assert set(peer) <= {"podSelector", "namespaceSelector"} and peer.get("podSelector"), peer
            inside = covers(peer.get("namespaceSelector", {"matchLabels": DEFAULT}), namespace)
            if inside and covers(peer["podSelector"], labels) and (not ports or port in ports):
                return True
    return False


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("target", "admitted"),
    [
        ("auth-service", {"auth-service", "backend-service", "Traefik"}),
        ("backend-service", {"backend-service", "Traefik"}),
        ("frontend-service", {"frontend-service", "Traefik"}),
        ("database", {"auth-service", "backend-service", "database"}),
        ("redis", {"auth-service", "redis"}),
    ],
)
def test_policies_admit_those_who_need_a_service_and_nobody_else(place, target, admitted):
    objects = deployed_objects(place)
    sources = {name: ({NAME_LABEL: name}, DEFAULT) for name in PORTS}
    sources |= {"Traefik": TRAEFIK, "a pod of no Application": ({}, DEFAULT), "a backend elsewhere": BACKEND_ELSEWHERE}
    sources["Traefik's label here"] = ({"app": "traefik"}, DEFAULT)
    seen = {who for who, source in sources.items() if admits(objects, source, {NAME_LABEL: target}, PORTS[target])}
    assert seen == admitted
    if target != "database":
        assert not any(admits(objects, source, {NAME_LABEL: target}, 22) for source in sources.values())


@pytest.mark.parametrize("place", PLACES)
def test_every_pod_of_the_applications_is_known_to_the_policies(place):
    objects = deployed_objects(place)
    assert {kind for kind, _ in pod_templates(objects)} == {"Deployment", "StatefulSet", "Job"}
    for application in APPLICATIONS:
        own = kustomized(f"{application}/overlays/{place}")
        (policy,) = [item for item in own if item["kind"] == "NetworkPolicy"]
        assert policy["metadata"]["name"] == application
        assert policy["spec"]["policyTypes"] == ["Ingress"]
        for labels, _ in pod_templates(own).values():
            assert covers(policy["spec"]["podSelector"], labels)
            # Jobs ask the Service of their own Application.
            assert admits(objects, (labels, DEFAULT), {NAME_LABEL: application}, PORTS[application])


def test_whom_no_policy_covers_nobody_reaches():
    (policy,) = [item for item in kustomized("access") if item["kind"] == "NetworkPolicy"]
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert policy["metadata"]["namespace"] == "default"
    assert not admits([policy], ({NAME_LABEL: "auth-service"}, DEFAULT), {"app": "other"}, 80)


NAMESPACES = {name: {"kubernetes.io/metadata.name": name} for name in ("default", "traefik", "argocd", "kube-system")}

NAMED = {"namespaceSelector": {"matchLabels": NAMESPACES["argocd"]}, "podSelector": {"matchLabels": {"app": "x"}}}


@pytest.mark.parametrize("place", PLACES)
def test_policies_let_in_nobody_from_elsewhere_but_traefik(place):
    specs = {i["metadata"]["name"]: i["spec"] for i in deployed_objects(place) if i["kind"] == "NetworkPolicy"}
    assert len(specs) == len(APPLICATIONS) + 1 and let_in_from_elsewhere(specs, NAMESPACES) == []


@pytest.mark.parametrize(
    ("name", "rule", "told"),
    [
        ("redis", {"from": [NAMED]}, ["redis: pods of argocd"]),
        ("redis", {"from": [{"namespaceSelector": {"matchLabels": NAMESPACES["traefik"]}, "podSelector": {"a": "b"}}]},
         ["redis: pods of traefik"]),
        ("auth-service", {"from": [{"namespaceSelector": {"matchLabels": NAMESPACES["traefik"]}}]},
         ["auth-service: pods of traefik"]),
        ("auth-service", {"from": [{"namespaceSelector": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["traefik", "argocd"]}]}}]},
         ["auth-service: pods of kube-system"]),
        ("auth-service", {"ports": [{"port": 3001}]}, ["auth-service: any source"]),
        ("redis", {}, ["redis: any source"]),
        ("redis", {"from": [{}]}, ["redis: any source"]),
        ("database", {"from": [{"ipBlock": {"cidr": "172.30.0.0/16"}}]}, ["database: the addresses 172.30.0.0/16"]),
    ],
)  # fmt: skip
def test_whom_a_policy_lets_in_from_elsewhere_is_told(name, rule, told):
    assert let_in_from_elsewhere({name: {"ingress": [rule]}}, NAMESPACES) == told


def test_clients_of_scenarios_are_let_in_on_any_port_and_copies_count_as_the_service(monkeypatch):
    objects = deployed_objects("kind")
    labels = client_pod(Probe("probe:1"), "data-client")["metadata"]["labels"]
    assert labels.items() >= CLIENT.items() and labels["app"] == "data-client"
    for name in PORTS:
        for port in (PORTS[name], 3999):
            assert admits(objects, (labels, {SCENARIO_LABEL: "true"}), {NAME_LABEL: name}, port)
            assert not admits(objects, (labels, DEFAULT), {NAME_LABEL: name}, port)
    made = []
    template = SimpleNamespace(spec=SimpleNamespace(template={}))
    spec = {"spec": {"containers": [{"ports": [{}]}]}}
    cluster = SimpleNamespace(
        api=SimpleNamespace(sanitize_for_serialization=lambda _: spec),
        apps=SimpleNamespace(
            read_namespaced_deployment=lambda *_: template, delete_namespaced_deployment=lambda *_, **__: None
        ),
    )
    namespace = SimpleNamespace(cluster=cluster, name="default", create=made.append, pods=lambda _: [])
    monkeypatch.setattr("acceptance.drivers.services.copies.Copy.wait_ready", lambda _: None)
    with copy_of(Service(namespace, "backend-service"), {}):
        pass
    labels = made[0]["spec"]["template"]["metadata"]["labels"]
    assert labels[NAME_LABEL] == "backend-service" and labels["app"] != "backend-service"
    assert admits(objects, (labels, DEFAULT), {NAME_LABEL: "auth-service"}, 3001)
