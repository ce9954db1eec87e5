"""A ConfigMap, Secret or account that a workload's pods need and that is gone is told; what is optional is not."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.workloads import missing_references


def a_workload(spec=None, *, replicas=1, namespace="kube-system"):
    template = {"spec": {"containers": [{"name": "a"}], "serviceAccountName": "proxy", **(spec or {})}}
    metadata = {"name": "kube-proxy", "namespace": namespace}
    return {"metadata": metadata, "spec": {"replicas": replicas, "template": template}}


def volume(**source):
    return {"volumes": [{"name": "a", **source}]}


def container(**more):
    return {"containers": [{"name": "a", **more}]}


THERE = {
    "ConfigMap": {("kube-system", "known"), ("default", "other")},
    "Secret": {("kube-system", "known")},
    "ServiceAccount": {("kube-system", "proxy")},
}
KEY = {"key": "a", "name": "gone"}


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        (a_workload(), ""),
        (a_workload({"serviceAccountName": "gone"}), "kube-system has no ServiceAccount gone"),
        (a_workload({"serviceAccountName": ""}), ""),
        (a_workload(volume(configMap={"name": "known"})), ""),
        (a_workload(volume(configMap={"name": "other"})), "no ConfigMap other, which pods of kube-proxy need"),
        (a_workload(volume(configMap={"name": "gone", "optional": True})), ""),
        (a_workload(volume(secret={"secretName": "gone"})), "no Secret gone"),
        (a_workload(volume(emptyDir={})), ""),
        (a_workload(volume(projected={"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]})), ""),
        (a_workload(volume(projected={"sources": [{"secret": {"name": "gone"}}]})), "no Secret gone"),
        (a_workload(container(envFrom=[{"configMapRef": {"name": "gone"}}])), "no ConfigMap gone"),
        (a_workload(container(envFrom=[{"secretRef": {"name": "gone", "optional": True}}])), ""),
        (a_workload(container(env=[{"name": "A", "valueFrom": {"secretKeyRef": KEY}}])), "no Secret gone"),
        (a_workload(container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {**KEY, "optional": True}}}])), ""),
        (a_workload(container(env=[{"name": "A", "value": "b"}])), ""),
        (a_workload({"initContainers": [{"envFrom": [{"secretRef": {"name": "gone"}}]}]}), "no Secret gone"),
        (a_workload(volume(configMap={"name": "gone"}), replicas=0), ""),
    ],
)
def test_what_pods_need_and_what_is_gone_is_told(workload, said):
    found = "; ".join(missing_references.missing([workload], THERE))
    assert said in found and bool(found) is bool(said)


def a_cluster(objects, statuses=None):
    """A cluster whose API answers with the objects of each path."""

    def asked(_method, path, **_):
        return [path]

    def answer(path, **_):
        status = (statuses or {}).get(path, 200)
        return Thing(status=status, read=lambda: None, data=json.dumps({"items": objects.get(path, [])}))

    return Thing(api=Thing(param_serialize=asked, call_api=answer))


SECRET = a_workload(volume(secret={"secretName": "gone"}))
ACCOUNTS = {"/api/v1/serviceaccounts": [{"metadata": {"namespace": "kube-system", "name": "proxy"}}]}


def test_the_api_is_asked_for_what_there_is():
    objects = {"/apis/apps/v1/daemonsets": [SECRET], **ACCOUNTS}
    with pytest.raises(AssertionError, match="no Secret gone"):
        missing_references.all_there(a_cluster(objects), ["kube-system"])
    assert missing_references.all_there(a_cluster(objects), ["default"])
    assert missing_references.all_there(a_cluster(objects, {"/api/v1/secrets": 403}), ["kube-system"])
    with pytest.raises(AssertionError, match="saw 503"):
        missing_references.all_there(a_cluster(objects, {"/api/v1/configmaps": 503}), ["kube-system"])
