"""Liveness probes of the platform's pods, in the cluster and in what production deploys; sizes of its volumes."""

from types import SimpleNamespace

import pytest
from kubernetes import client
from tests_support import kustomized

from acceptance.drivers.workloads import liveness_probes
from acceptance.platform.applications import APPLICATIONS


def pod(app, threshold=3, *, owner="ReplicaSet", labels=None, delay=None, command=None, **extra):
    run = client.V1ExecAction(command=command) if command else None
    ask = client.V1HTTPGetAction(port=80, host=extra.get("host")) if not command else None
    timing = {"failure_threshold": threshold, "initial_delay_seconds": delay, "period_seconds": 10}
    probe = (
        client.V1Probe(**timing, _exec=run, http_get=ask, timeout_seconds=extra.get("timeout")) if threshold else None
    )
    start = client.V1Probe(failure_threshold=extra["start"], period_seconds=1, _exec=run) if "start" in extra else None
    container = SimpleNamespace(name=app, liveness_probe=probe, startup_probe=start)
    return SimpleNamespace(
        metadata=SimpleNamespace(
            name=f"{app}-1", namespace="default", uid=app, labels={"app": app, **(labels or {})},
            owner_references=[SimpleNamespace(kind=owner)],
        ),
        spec=SimpleNamespace(containers=[container], termination_grace_period_seconds=extra.get("ends")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (pod("redis"), False),
        (pod("redis", 30), True),
        (pod("redis", None), True),
        (pod("redis", delay=86400), True),
        (pod("redis", command=["redis-cli", "-e", "ping"]), False),
        (pod("redis", command=["true"]), True),
        (pod("redis", timeout=5), False),
        (pod("redis", timeout=600), True),
        (pod("redis", start=180), False),
        (pod("redis", start=86400), True),
        (pod("redis", start=30, command=["redis-cli", "-e", "ping"]), False),
        (pod("redis", start=3, command=["redis-cli", "-e", "ping"]), True),
        (pod("auth-service", start=3), False),
        (pod("redis", ends=60), False),
        (pod("redis", ends=3600), True),
        (pod("redis", host="127.0.0.1"), True),
        (pod("yb-tserver", 6, delay=30), False),
        (pod("yb-tserver", 6), False),
        (pod("yb-tserver", 600), True),
        (pod("init", None, owner="Job"), False),
        (pod("copy", None, labels={"alternate-futures.dev/scenario": "true"}), False),
    ],
)
def test_a_container_that_nothing_restarts_in_time_is_told(found, wrong):
    assert bool(liveness_probes.without_probe([found])) is wrong


def test_a_probe_of_a_kind_that_nobody_tried_is_told():
    found = pod("redis")
    found.spec.containers[0].liveness_probe = client.V1Probe(failure_threshold=3, grpc=client.V1GRPCAction(port=80))
    assert "none of these: httpGet" in liveness_probes.without_probe([found])[0]


@pytest.mark.parametrize(
    ("app", "wrong"), [("auth-service", True), ("traefik", True), ("redis", False), ("yb-tserver", False)]
)
def test_a_probe_that_only_opens_a_port_is_told_where_there_is_a_better_one(app, wrong):
    probe = {"tcpSocket": {"port": "http"}, "failureThreshold": liveness_probes.OTHER_FAILURES.get(app, 3)}
    assert bool(liveness_probes.trouble_of({"livenessProbe": probe}, app, None)) is wrong


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (pod("coredns", 5, delay=60), []),
        (pod("coredns", 100_000), ["livenessProbe of coredns of coredns-1 takes 1000000 s"]),
        (pod("coredns", None), ["coredns of coredns-1 has none"]),
        (pod("argocd-repo-server", 3, delay=150, owner="ReplicaSet"), []),
        (pod("argocd-server", 3, delay=160), ["livenessProbe of argocd-server of argocd-server-1 takes 190 s"]),
        (pod("kube-flannel", None, owner="DaemonSet"), []),
        (pod("metrics-server", 3, start=86400), ["startupProbe of metrics-server of metrics-server-1 takes 86400 s"]),
        (pod("cilium-agent", 10, delay=120, timeout=30, start=600, owner="DaemonSet"), []),
        (pod("etcd", 8, delay=10, timeout=15, start=360, owner="Node"), []),
        (pod("etcd", None, owner="Node"), ["etcd of etcd-1 has none"]),
        (
            pod("kube-apiserver", 600, owner="Node"),
            ["livenessProbe of kube-apiserver of kube-apiserver-1 takes 6000 s"],
        ),
        (pod("kube-vip", 24, owner="Node"), []),
        (pod("helm-install", 600, owner="Job"), []),
    ],
)
def test_a_probe_of_the_clusters_own_components_that_takes_long_is_told(found, told):
    listed = {"kube-system": [found], "argocd": []}
    core = SimpleNamespace(list_namespaced_pod=lambda name: SimpleNamespace(items=listed[name]))
    pods = liveness_probes.upstream_pods(SimpleNamespace(core=core))
    assert liveness_probes.upstream_too_late(pods) == told


def event(uid, count=1, message="Container redis failed liveness probe, will be restarted"):
    return SimpleNamespace(involved_object=SimpleNamespace(uid=uid), message=message, count=count)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([event("redis")], []),
        ([event("redis", 2)], ["default/redis-1 (2 times)"]),
        ([event("redis"), event("redis")], ["default/redis-1 (2 times)"]),
        ([event("redis", 9, "Stopping container redis")], []),
        ([event("another", 9)], []),
    ],
)
def test_a_pod_whose_probe_fails_every_few_minutes_is_told(events, told):
    assert liveness_probes.restarted_again(events, [pod("redis")]) == told


@pytest.fixture
def production():
    return [item for name in APPLICATIONS for item in kustomized(f"{name}/overlays/production")]


def test_production_restarts_after_as_many_failures(production):
    assert liveness_probes.rendered_without_probe(production) == []
    for item in (item for item in production if item["kind"] == "Deployment"):
        item["spec"]["template"]["spec"]["containers"][0].pop("livenessProbe")
    assert len(liveness_probes.rendered_without_probe(production)) == 3


@pytest.mark.parametrize(
    ("name", "storage_class", "gibibytes"), [("yb-tserver", "database", 100), ("redis", "redis", 20)]
)
def test_production_claims_the_volumes_of_criterion_1_10(production, name, storage_class, gibibytes):
    (found,) = [i for i in production if i["kind"] == "StatefulSet" and i["metadata"]["name"] == name]
    claims = [claim["spec"] for claim in found["spec"]["volumeClaimTemplates"]]
    sizes = [
        claim["resources"]["requests"]["storage"] for claim in claims if claim["storageClassName"] == storage_class
    ]
    assert sizes and all(int(size.removesuffix("Gi")) >= gibibytes for size in sizes), sizes


def test_a_rollout_that_has_only_begun_is_judged_by_what_it_will_be():
    def deployment(host, labels=None):
        probe = client.V1Probe(http_get=client.V1HTTPGetAction(port=80, host=host))
        template = client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels={"app": "web"}),
            spec=client.V1PodSpec(containers=[client.V1Container(name="web", liveness_probe=probe)]),
        )
        spec = client.V1DeploymentSpec(template=template, selector=client.V1LabelSelector())
        return client.V1Deployment(metadata=client.V1ObjectMeta(name="web", labels=labels), spec=spec)

    def cluster(*deployments):
        none = SimpleNamespace(items=[])
        api = SimpleNamespace(
            list_namespaced_deployment=lambda name, **_: SimpleNamespace(
                items=list(deployments) if name == "default" else []
            ),
            list_namespaced_stateful_set=lambda *_, **__: none,
        )
        return SimpleNamespace(apps=api)

    assert liveness_probes.deployed_without_probe(cluster(deployment(None))) == []
    wrong = liveness_probes.deployed_without_probe(cluster(deployment("127.0.0.1")))
    assert wrong == ["web of web: its probe checks 127.0.0.1 instead of the container"]
    copy = deployment("127.0.0.1", {"alternate-futures.dev/scenario": "true"})
    assert liveness_probes.deployed_without_probe(cluster(copy)) == []
