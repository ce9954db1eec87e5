"""The store of certificates is read where it is, and one that a restart would lose or share is found."""

import json
from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import acme_store


@pytest.mark.parametrize(("disk", "way"), [("local", "node"), ("csi", "pod")])
def test_the_acme_store_is_read_where_it_can_be(disk, way):
    claim = Thing(claim_name="traefik-acme")
    pod = Thing(
        spec=Thing(node_name="worker-1", volumes=[Thing(name="acme", persistent_volume_claim=claim)]),
        metadata=Thing(name="traefik-1"),
    )
    volume = Thing(host_path=None, local=Thing(path="/var/x") if disk == "local" else None)
    asked = []

    def answer(kind):
        def said(*words):
            asked.append((kind, words))
            return json.dumps({"letsencrypt": {"Certificates": None}})

        return said

    core = Thing(
        read_namespaced_pod=lambda *_: pod,
        read_namespaced_persistent_volume_claim=lambda *_: Thing(spec=Thing(volume_name="pv")),
        read_persistent_volume=lambda _: Thing(spec=volume),
    )
    cluster = Thing(core=core, on_node=answer("node"), kubectl=answer("pod"))
    assert acme_store.store(cluster, Thing(pod=lambda: "traefik-1")) == {"letsencrypt": []}
    ((kind, words),) = asked
    assert kind == way
    assert words[-1] == ("/var/x/acme.json" if disk == "local" else "/data/acme.json")


@pytest.mark.parametrize(
    ("strategy", "is_told"),
    [
        ({"type": "Recreate"}, False),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}, False),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "0%", "maxUnavailable": "100%"}}, False),
        ({"type": "RollingUpdate"}, True),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, True),
        (None, True),
    ],
)
def test_two_pods_that_share_a_store_are_told(strategy, is_told):
    assert bool(acme_store.two_at_once("here", {"strategy": strategy})) is is_told


def test_the_running_deployment_and_productions_are_both_read():
    base = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "deployment.yaml").read_text())
    assert acme_store.two_at_once("here", base["spec"]) == []

    def told(here, there):
        found = {"kind": "Deployment", "spec": {"strategy": {"type": there}}}
        live = Thing(read_namespaced_deployment=lambda *_: {"spec": {"strategy": {"type": here}}})
        cluster = Thing(apps=live, api=Thing(sanitize_for_serialization=lambda item: item))
        platform = Thing(cluster=cluster, rendering=Thing(production=lambda _: [{"kind": "Service"}, found]))
        return [text.partition(" a restart")[0] for text in acme_store.shared_at_restarts(platform)]

    assert told("Recreate", "Recreate") == []
    assert told("RollingUpdate", "Recreate") == ["here"]
    assert told("Recreate", "RollingUpdate") == ["in production"]


@pytest.mark.parametrize(("kind", "is_told"), [("tmpfs\n", True), ("ext2/ext3\n", False), ("", False)])
def test_a_store_in_memory_is_told(monkeypatch, kind, is_told):
    pod, asked = Thing(spec=Thing(node_name="worker-1")), []
    monkeypatch.setattr(acme_store, "Ingress", lambda _: Thing(pod=lambda: "traefik-1"))
    monkeypatch.setattr(acme_store, "folder_of", lambda *_: "/var/x")
    on_node = lambda *words, check: asked.append(words) or kind  # noqa: E731
    cluster = Thing(core=Thing(read_namespaced_pod=lambda *_: pod), on_node=on_node)
    assert bool(acme_store.kept_in_memory(cluster)) is is_told
    assert asked[0][0] == "worker-1" and asked[0][-1] == "/var/x"
    monkeypatch.setattr(acme_store, "folder_of", lambda *_: "")
    assert acme_store.kept_in_memory(cluster) == []


def scaler(most, name="traefik"):
    """An autoscaler of a Deployment."""
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": most}
    return {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "scalers", "said"),
    [
        ({"replicas": 1}, [], ""),
        ({}, [scaler(1), scaler(5, "other")], ""),
        ({"replicas": 2}, [], "2 pods of Traefik write one store"),
        ({}, [scaler(3)], "the autoscaler a may have 3 pods"),
    ],
)
def test_several_pods_that_may_share_a_store_are_told_here_and_in_production(monkeypatch, spec, scalers, said):
    def told(here, there):
        listed = Thing(list_namespaced_horizontal_pod_autoscaler=lambda _: Thing(items=here[1:]))
        monkeypatch.setattr(acme_store.client, "AutoscalingV2Api", lambda _: listed)
        live = Thing(read_namespaced_deployment=lambda *_: here[0])
        cluster = Thing(apps=live, api=Thing(sanitize_for_serialization=lambda item: item))
        return acme_store.run_by_several(Thing(cluster=cluster, rendering=Thing(production=lambda _: there)))

    right = [{"kind": "Deployment", "spec": {"replicas": 1}}]
    wrong = [{"kind": "Deployment", "spec": spec}, *scalers]
    assert told(right, right) == []
    for where, found in (("here ", told(wrong, right)), ("in production ", told(right, wrong))):
        assert len(found) == bool(said) and all(text.startswith(where) and said in text for text in found)
