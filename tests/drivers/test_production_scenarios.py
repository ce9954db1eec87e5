"""What scenarios do on machines that are out of reach, where volumes are network disks and DNS is real."""

import json
import types

import pytest

from acceptance.base.environment import load_environment
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.data import storage
from acceptance.drivers.ingress import certificates, scenario_routes
from acceptance.platform import application_deployment, argocd, git, metrics


def thing(**fields):
    """An object with fields."""
    return types.SimpleNamespace(**fields)


def test_host_names_that_scenarios_invent_lie_below_the_wildcard_that_production_makes():
    made = []
    custom = thing(create_namespaced_custom_object=lambda *arguments: made.append(arguments))
    namespace = thing(name="scenario-x", cluster=thing(custom=custom))
    server = thing(namespace=namespace)
    host = scenario_routes.create_route(server, load_environment("production"))
    assert host.endswith(".acceptance.alternatefutures.ai")
    assert scenario_routes.create_route(server, load_environment("kind")).count(".") == 2


@pytest.mark.parametrize(("disk", "way"), [("local", "node"), ("csi", "pod")])
def test_the_acme_store_is_read_where_it_can_be(disk, way):
    claim = thing(claim_name="traefik-acme")
    pod = thing(
        spec=thing(node_name="worker-1", volumes=[thing(name="acme", persistent_volume_claim=claim)]),
        metadata=thing(name="traefik-1"),
    )
    volume = thing(host_path=None, local=thing(path="/var/x") if disk == "local" else None)
    asked = []

    def answer(kind):
        def said(*words):
            asked.append((kind, words))
            return json.dumps({"letsencrypt": {"Certificates": None}})

        return said

    core = thing(
        read_namespaced_pod=lambda *_: pod,
        read_namespaced_persistent_volume_claim=lambda *_: thing(spec=thing(volume_name="pv")),
        read_persistent_volume=lambda _: thing(spec=volume),
    )
    cluster = thing(core=core, on_node=answer("node"), kubectl=answer("pod"))
    assert certificates.store(cluster, thing(pod=lambda: "traefik-1")) == {"letsencrypt": []}
    ((kind, words),) = asked
    assert kind == way
    assert words[-1] == ("/var/x/acme.json" if disk == "local" else "/data/acme.json")


def test_kubelet_gives_a_new_disk_to_who_writes_to_it():
    probe = thing(container=lambda *_, **__: {})
    spec = storage.writer(probe, "writer", {"claim": "text"}, "worker-1")["spec"]
    assert spec["securityContext"]["fsGroup"] == 65532


def test_what_signs_webhooks_is_what_the_operator_gives(monkeypatch):
    platform = thing(environment=load_environment("production"))
    monkeypatch.setenv("AF_GIT_PASSWORD", "a-password-for-git")
    monkeypatch.setenv("AF_WEBHOOK_SECRET", "a-secret-for-webhooks")
    assert git.credentials(platform)["webhook-secret"] == "a-secret-for-webhooks"


@pytest.mark.parametrize(("given", "password"), [("a-token-that-reads", "a-token-that-reads"), (None, None)])
def test_argocd_is_not_given_the_password_for_pushing(given, password, monkeypatch):
    if given:
        monkeypatch.setenv("AF_GIT_READ_PASSWORD", given)
    else:
        monkeypatch.delenv("AF_GIT_READ_PASSWORD", raising=False)
    platform = thing(
        environment=load_environment("production"), wait_for=lambda _: {"password": "a-password-for-pushing"}
    )
    made = argocd.repository_secrets(platform)
    assert {item["stringData"].get("password") for item in made} == {password}
    assert len(made) == 3


@pytest.mark.parametrize("attached", [True, False])
def test_metrics_are_asked_for_on_machines_only_where_these_are_in_reach(attached, monkeypatch):
    applied, asked = [], []
    monkeypatch.setattr(metrics, "apply", lambda cluster, manifests: applied.append(manifests))
    monkeypatch.setattr(metrics, "eventually", lambda check, **_: asked.append(check.__name__))
    service = thing(spec=thing(cluster_ip="10.96.0.7"))
    cluster = thing(is_attached=attached, core=thing(read_namespaced_service=lambda *_: service))
    metrics.deploy(thing(cluster=cluster, render=lambda name: [{"kind": "APIService"}]))
    assert ("reached" in asked) is not attached
    assert applied[-1] == [{"kind": "APIService"}]


def test_a_job_of_the_clusters_own_that_is_done_is_not_waited_for():
    def pod(name, phase, ready):
        conditions = [thing(type="Ready", status=str(ready), reason=None, message=None)]
        status = thing(phase=phase, conditions=conditions, container_statuses=[], init_container_statuses=[])
        return thing(metadata=thing(name=name, namespace="kube-system", deletion_timestamp=None), status=status)

    pods = [pod("helm-install-aws-ebs-csi-driver-x", "Succeeded", False), pod("coredns-x", "Running", True)]
    core = thing(list_pod_for_all_namespaces=lambda **_: thing(items=pods))
    assert Cluster.system_ready(thing(core=core))
    pods.append(pod("metrics-server-x", "Running", False))
    with pytest.raises(AssertionError, match="metrics-server-x"):
        Cluster.system_ready(thing(core=core))


@pytest.mark.parametrize(("environment", "seconds"), [("production", 900), ("kind", 300)])
def test_a_first_deployment_on_machines_has_the_time_that_the_plan_gives_the_database(
    environment, seconds, monkeypatch
):
    given = []
    monkeypatch.setattr(application_deployment, "eventually", lambda check, within, **_: given.append(within.seconds))
    application_deployment.wait_deployed(thing(environment=load_environment(environment)), "database")
    assert given == [seconds]
