"""Room for claims."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data import storage
from acceptance.drivers.data.storage import claims_rendered, classes_named, kept_out, on_other_disks, smaller, used_up


@pytest.mark.parametrize(
    ("hard", "used", "is_told"),
    [
        ({"persistentvolumeclaims": "0"}, {"persistentvolumeclaims": "4"}, True),
        ({"persistentvolumeclaims": "10"}, {"persistentvolumeclaims": "4"}, False),
        ({"requests.storage": "4Gi"}, {"requests.storage": "4096Mi"}, True),
        ({"redis.storageclass.storage.k8s.io/requests.storage": "0"}, {}, True),
        ({"pods": "0"}, {"pods": "9"}, False),
    ],
)
def test_a_quota_without_room_for_a_claim_is_told(hard, used, is_told):
    quota = Thing(metadata=Thing(name="small"), status=Thing(hard=hard, used=used))
    assert bool(used_up([quota])) is is_told
    assert used_up([Thing(metadata=quota.metadata, status=None)]) == []


@pytest.mark.parametrize(
    ("most", "least", "kind", "is_told"),
    [
        ({"storage": "100Mi"}, None, "PersistentVolumeClaim", True),
        ({"storage": "1Gi"}, None, "PersistentVolumeClaim", False),
        (None, {"storage": "2Gi"}, "PersistentVolumeClaim", True),
        ({"cpu": "1"}, None, "Container", False),
    ],
)
def test_a_limit_that_no_claim_of_the_platforms_keeps_to_is_told(most, least, kind, is_told):
    limit = Thing(type=kind, max=most, min=least)
    found = kept_out([Thing(metadata=Thing(name="small"), spec=Thing(limits=[limit]))], {"1Gi"})
    assert bool(found) is is_told


def a_claim(name, namespace="default"):
    return Thing(metadata=Thing(namespace=namespace), spec=Thing(storage_class_name=name))


def test_classes_are_those_of_claims_that_are_made_and_of_those_to_be_made():
    claims = [a_claim("redis"), a_claim("local-path", "traefik"), a_claim("own", "scenario-1"), a_claim(None)]
    template = {"spec": {"storageClassName": "database"}}
    sets = [{"kind": "StatefulSet", "spec": {"volumeClaimTemplates": [template]}}, {"kind": "StatefulSet", "spec": {}}]
    cluster = Thing(core=Thing(list_persistent_volume_claim_for_all_namespaces=lambda: Thing(items=claims)))
    assert classes_named(cluster, [*sets, {"kind": "Service"}]) == ["database", "local-path", "redis"]


def test_what_is_claimed_of_a_class_and_is_too_small_is_told():
    def stateful(name, size):
        spec = {"storageClassName": "redis", "resources": {"requests": {"storage": size}}}
        return {"kind": "StatefulSet", "metadata": {"name": name}, "spec": {"volumeClaimTemplates": [{"spec": spec}]}}

    seen = claims_rendered([stateful("a", "20Gi"), stateful("b", "5Gi"), {"kind": "Service"}], "redis")
    assert seen == {"a": "20Gi", "b": "5Gi"} and smaller(seen, 20) == ["b"]
    assert claims_rendered([stateful("a", "20Gi")], "database") == {}


def test_kubelet_gives_a_new_disk_to_who_writes_to_it():
    probe = Thing(container=lambda *_, **__: {})
    spec = storage.writer(probe, "writer", {"claim": "text"}, "worker-1")["spec"]
    assert spec["securityContext"]["fsGroup"] == 65532


@pytest.mark.parametrize(
    ("mount", "elsewhere"),
    [("/mnt/redis", {}), ("/mnt/redis/pvc-1", {"default/data-redis-0": "/mnt/redis/pvc-1 of worker"})],
)
def test_a_volume_that_is_not_on_the_disk_of_its_machine_is_told(mount, elsewhere):
    seen = {
        "scenario/redis-0": ("scenario", "worker", "/mnt/redis"),
        "default/data-redis-0": ("default", "worker", mount),
        "default/on-a-machine-without-a-proof": ("default", "worker3", "/mnt/other"),
    }
    assert on_other_disks(seen, "scenario") == elsewhere
