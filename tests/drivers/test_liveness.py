"""Liveness probes of the platform's pods, in the cluster and in what production deploys; sizes of its volumes."""

from types import SimpleNamespace

import pytest
from kubernetes import client
from tests_support import kustomized

from acceptance.drivers import liveness
from acceptance.platform.applications import APPLICATIONS


def pod(app, threshold=3, *, owner="ReplicaSet", labels=None, delay=None, command=None):
    run = client.V1ExecAction(command=command) if command else None
    timing = {"failure_threshold": threshold, "initial_delay_seconds": delay, "period_seconds": 10}
    probe = client.V1Probe(**timing, _exec=run) if threshold else None
    return SimpleNamespace(
        metadata=SimpleNamespace(
            name=f"{app}-1", namespace="default", uid=app, labels={"app": app, **(labels or {})},
            owner_references=[SimpleNamespace(kind=owner)],
        ),
        spec=SimpleNamespace(containers=[SimpleNamespace(name=app, liveness_probe=probe)]),
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
        (pod("yb-tserver", 6, delay=30), False),
        (pod("yb-tserver", 6), False),
        (pod("yb-tserver", 600), True),
        (pod("init", None, owner="Job"), False),
        (pod("copy", None, labels={"alternate-futures.dev/scenario": "true"}), False),
    ],
)
def test_a_container_that_nothing_restarts_in_time_is_told(found, wrong):
    assert bool(liveness.without_probe([found])) is wrong


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
    assert liveness.restarted_again(events, [pod("redis")]) == told


@pytest.fixture
def production():
    return [item for name in APPLICATIONS for item in kustomized(f"{name}/overlays/production")]


def test_production_restarts_after_as_many_failures(production):
    assert liveness.rendered_without_probe(production) == []
    for item in (item for item in production if item["kind"] == "Deployment"):
        item["spec"]["template"]["spec"]["containers"][0].pop("livenessProbe")
    assert len(liveness.rendered_without_probe(production)) == 3


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
