"""Fields written by hand are found whatever their name; fields of the API or a controller are not reported."""

import copy
import json
from types import SimpleNamespace

import pytest

from acceptance.drivers.argocd import drift, field_managers

WANTED = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "auth", "namespace": "default"},
    "spec": {"template": {"spec": {"containers": [{"name": "auth", "image": "a", "ports": [{"containerPort": 1}]}]}}},
}
PORTS = {"f:ports": {'k:{"containerPort":1,"protocol":"TCP"}': {"f:containerPort": {}}}}
OF_GIT = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"auth"}': {
    ".": {}, "f:image": {}, "f:name": {}, **PORTS,
}}}}}}  # fmt: skip


def of_pod(fields):
    return {"f:spec": {"f:template": {"f:spec": fields}}}


def of_container(fields):
    return of_pod({"f:containers": {'k:{"name":"auth"}': fields}})


def live(manager=None, fields=None, subresource="", **pod):
    item = copy.deepcopy(WANTED)
    spec = item["spec"]["template"]["spec"]
    spec["containers"][0] |= {"terminationMessagePath": "/dev/log", **pod.pop("container", {})}
    spec["containers"][0]["ports"][0]["protocol"] = "TCP"
    spec |= {"terminationGracePeriodSeconds": 30, **pod}
    entries = [{"manager": "argocd-controller", "fieldsV1": OF_GIT}]
    if manager:
        entries.append({"manager": manager, "fieldsV1": fields, "subresource": subresource})
    item["metadata"]["managedFields"] = entries
    return item


USUAL = field_managers.defaults([live()])
GRACE = of_pod({"f:terminationGracePeriodSeconds": {}})


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (live(), []),
        (live("kubectl-patch", GRACE, terminationGracePeriodSeconds=1),
         ["spec.template.spec.terminationGracePeriodSeconds by kubectl-patch"]),
        # Put back as it was, or created by hand: what the API would set, too.
        (live("kubectl-patch", GRACE), []),
        (live("kubectl-edit", of_container({"f:image": {}})), []),
        (live("kubectl-edit", of_container({"f:newField": {}}), container={"newField": True}),
         ["spec.template.spec.containers.[auth].newField by kubectl-edit"]),
        (live("kubectl-set", of_container({"f:env": {".": {}, 'k:{"name":"DEBUG"}': {".": {}, "f:value": {}}}}),
              container={"env": [{"name": "DEBUG", "value": "1"}]}),
         ["spec.template.spec.containers.[auth].env.[DEBUG].value by kubectl-set"]),
        (live("kubectl-edit", of_container(PORTS)), []),
        (live("kube-controller-manager", GRACE, terminationGracePeriodSeconds=1), []),
        (live("kubectl", GRACE, terminationGracePeriodSeconds=1), []),
        (live("somebody", {"f:status": {"f:replicas": {}}}, "status"), []),
        (live("kubectl-patch", of_pod({"f:securityContext": {}}), securityContext={}), []),
        # What somebody wrote and somebody else took away again.
        (live("kubectl-patch", of_pod({"f:hostNetwork": {}})), []),
    ],
)  # fmt: skip
def test_what_somebody_wrote_by_hand_is_told(there, told):
    assert field_managers.foreign(WANTED, there, USUAL) == told


def test_an_address_that_the_api_chose_may_be_put_back():
    service = {"kind": "Service", "metadata": {"managedFields": [
        {"manager": "kubectl-create", "fieldsV1": {"f:spec": {"f:clusterIP": {}, "f:sessionAffinity": {}}}}
    ]}, "spec": {"clusterIP": "10.96.0.7", "sessionAffinity": "ClientIP"}}  # fmt: skip
    assert field_managers.foreign({"spec": {}}, service, set()) == ["spec.sessionAffinity by kubectl-create"]


def test_all_kinds_of_objects_are_looked_at(monkeypatch):
    asked = []

    def get(_, *arguments, stdin):
        asked.append(arguments)
        return json.dumps({"items": [live("kubectl-patch", GRACE, terminationGracePeriodSeconds=1)]})

    monkeypatch.setattr(drift, "kubectl", get)
    definition = {"kind": "CustomResourceDefinition", "metadata": {"name": "a"}}
    assert drift.by_others(SimpleNamespace(), [WANTED, definition]) == [
        "Deployment default/auth: spec.template.spec.terminationGracePeriodSeconds by kubectl-patch"
    ]
    assert "--show-managed-fields" in asked[0] and drift.by_others(SimpleNamespace(), []) == []
