"""What admission refuses is reported; missing rights, and quotas where one pod replaces another, are not."""

from types import SimpleNamespace as Thing

import pytest
from manifest_changes import BACKEND

from acceptance.base.errors import UserError
from acceptance.drivers.workloads import dry_runs

FULL = 'Error from server (Forbidden): error when creating "STDIN": pods "a" is forbidden: exceeded quota: few'
NO_RIGHT = (
    'Error from server (Forbidden): error when creating "STDIN": pods is forbidden: User "x" cannot create resource'
)
RATIO = 'Error from server (Forbidden): error when creating "STDIN": pods "a" is forbidden: ratio per Container is 2'
POLICY = "ValidatingAdmissionPolicy 'kept' with binding 'kept' denied request: failed expression: false"
KEPT = f'The secrets "a" is invalid: : {POLICY}'
REPLACING = f'Error from server (Forbidden): error when replacing "STDIN": secrets "a" is forbidden: {POLICY}'
CLAIMS = [{"metadata": {"name": "data"}}]
DEPLOYMENT = {**BACKEND, "metadata": {"name": "backend", "namespace": "default", "uid": "1"}}
REDIS = {
    "metadata": {"name": "redis", "namespace": "default", "uid": "2"},
    "spec": {"updateStrategy": {}, "template": BACKEND["spec"]["template"], "volumeClaimTemplates": CLAIMS},
}


PROXY = {
    "metadata": {"name": "kube-proxy", "namespace": "kube-system", "uid": "3"},
    "spec": {"updateStrategy": {}, "template": BACKEND["spec"]["template"]},
    "status": {"desiredNumberScheduled": 2},
}


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ("", []),
        ('Warning: would violate PodSecurity "restricted"', []),
        (NO_RIGHT, []),
        ('The Pod "a" is invalid: spec.containers: Required value', []),
        (FULL, ['pods "a" is forbidden: exceeded quota: few']),
        (KEPT, [POLICY]),
        (REPLACING, [f'secrets "a" is forbidden: {POLICY}']),
        (NO_RIGHT.replace("cannot create", "cannot update"), []),
        (f"{RATIO}\n{NO_RIGHT}\n", ['pods "a" is forbidden: ratio per Container is 2']),
    ],
)
def test_what_the_api_server_refuses_is_told(monkeypatch, says, found):
    monkeypatch.setattr(dry_runs, "run", lambda *_, **__: Thing(returncode=1, stderr=says))
    assert dry_runs.refused(Thing(kubectl_command=["kubectl"]), [{}], "somebody") == found
    assert dry_runs.refused(Thing(), [], "somebody") == []


def test_a_webhook_that_nobody_answers_for_refuses(monkeypatch):
    def away(_):
        raise UserError("failed calling webhook", "read")

    monkeypatch.setattr(dry_runs, "when_reachable", away)
    assert dry_runs.refused(Thing(kubectl_command=["kubectl"]), [{}], "somebody") == ["failed calling webhook"]


@pytest.mark.parametrize(("says", "told"), [(FULL, 2), (RATIO, 4)])
def test_each_workload_is_tried_as_its_controllers_would(monkeypatch, says, told):
    tried = {}

    def refused(_, manifests, creator):
        tried[creator.rpartition(":")[2]] = [(item["kind"], item["metadata"]["name"]) for item in manifests]
        return [says]

    monkeypatch.setattr(dry_runs, "refused", refused)
    monkeypatch.setattr(dry_runs, "workloads", lambda *_: [DEPLOYMENT, REDIS])
    monkeypatch.setattr(dry_runs, "objects_of", lambda *_: [PROXY, {**PROXY, "status": {}}])
    cluster = Thing(is_attached=False, api=Thing(sanitize_for_serialization=lambda item: item))
    assert len(dry_runs.refused_restarts(cluster, "default")) == told
    assert tried == {
        "deployment-controller": [("ReplicaSet", "backend-dry-run")],
        "replicaset-controller": [("Pod", "backend-dry-run")],
        "statefulset-controller": [("Pod", "redis-dry-run")],
        "daemon-set-controller": [("Pod", "kube-proxy-dry-run")],
    }
    assert dry_runs.refused_restarts(Thing(is_attached=True), "default") == []


def test_a_pod_has_its_claims_and_no_replica_set_has_pods():
    spec = dry_runs.pod(REDIS, "StatefulSet")["spec"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "data-redis-0"}} in spec["volumes"]
    assert dry_runs.replica_set(DEPLOYMENT)["spec"]["replicas"] == 0


def test_a_secret_is_tried_where_the_run_owns_the_cluster(monkeypatch):
    monkeypatch.setattr(dry_runs, "refused", lambda _, manifests, creator: [manifests[0]["kind"], creator])
    assert dry_runs.refused_secret(Thing(is_attached=False), "default", "a") == ["Secret", "a"]
    assert dry_runs.refused_secret(Thing(is_attached=True), "default", "a") == []


def a_claim(name, size):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "volumeName": f"pvc-{name}"}
    metadata = {"name": name, "namespace": "default", "labels": {"app": "redis"}, "uid": name}
    return {"metadata": metadata, "spec": {**spec, "storageClassName": "redis"}}


def test_a_claim_of_each_class_and_size_is_tried_as_a_statefulset_creates_it(monkeypatch):
    tried = []

    def refused(_, manifests, creator):
        tried.extend((creator, item["metadata"], item["spec"]) for item in manifests)
        return ["exceeded quota: storage"]

    monkeypatch.setattr(dry_runs, "refused", refused)
    there = [a_claim("data-redis-0", "1Gi"), a_claim("data-redis-1", "1Gi"), a_claim("data-big-0", "2Gi")]
    core = Thing(list_namespaced_persistent_volume_claim=lambda *_, **__: Thing(items=there))
    cluster = Thing(is_attached=False, core=core, api=Thing(sanitize_for_serialization=lambda item: item))
    assert dry_runs.refused_claims(cluster, "default") == ["exceeded quota: storage"]
    assert [spec["resources"]["requests"]["storage"] for _, _, spec in tried] == ["1Gi", "2Gi"]
    for creator, metadata, spec in tried:
        assert creator.endswith(":statefulset-controller") and "volumeName" not in spec
        assert metadata["labels"] == {"app": "redis"} and "uid" not in metadata
    assert dry_runs.refused_claims(Thing(is_attached=True), "default") == []


def test_a_sealed_secret_is_tried_as_the_suites_own_user(monkeypatch):
    tried = []
    monkeypatch.setattr(dry_runs, "run", lambda command, **_: tried.append(command) or Thing(returncode=0, stderr=""))
    cluster = Thing(is_attached=False, kubectl_command=["kubectl"])
    assert dry_runs.refused_sealed_secret(cluster, "default") == []
    assert tried == [["kubectl", "create", "--dry-run=server", "--filename", "-"]]
    assert dry_runs.refused_sealed_secret(Thing(is_attached=True), "default") == []


def test_each_secret_is_changed_as_its_controller_would(monkeypatch):
    tried = []
    monkeypatch.setattr(dry_runs, "refused", lambda _, *given: tried.append(given) or ["kept"])
    metadata = {"name": "a", "namespace": "default", "resourceVersion": "7"}
    there = [
        {"metadata": metadata, "type": "Opaque", "data": {"URL": "cmVkaXM6Ly9h"}},
        {"metadata": {**metadata, "name": "b"}},
    ]
    core = Thing(list_namespaced_secret=lambda _: Thing(items=there))
    cluster = Thing(is_attached=False, core=core, api=Thing(sanitize_for_serialization=lambda item: item))
    assert dry_runs.refused_changes(cluster, "default", ["a", "gone"], "controller") == ["kept"]
    (((secret,), user, verb),) = tried
    assert (user, verb) == ("controller", "replace")
    assert secret["kind"] == "Secret" and secret["metadata"] == {"name": "a", "namespace": "default"}
    assert secret["data"] == {"URL": "cmVkaXM6Ly9hMA=="} and secret["type"] == "Opaque"
    assert dry_runs.refused_changes(Thing(is_attached=True), "default", ["a"], "controller") == []
