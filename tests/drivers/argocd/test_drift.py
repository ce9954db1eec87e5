"""Additions to the platform's objects that no diff shows."""

import copy

import pytest

from acceptance.drivers.argocd.drift import added

DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "auth-service"},
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {"name": "auth", "env": [{"name": "PORT", "value": "3001"}], "ports": [{"containerPort": 3001}]}
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            }
        }
    },
}
CLAIMS = {"kind": "StatefulSet", "metadata": {"name": "redis"},
          "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]}}  # fmt: skip
SERVICE = {"kind": "Service", "metadata": {"name": "redis"}, "spec": {"ports": [{"port": 6379}]}}
SETTINGS = {"kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": {"url": "https://argocd"}}


def pod(item):
    return item["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("wanted", "change", "told"),
    [
        (DEPLOYMENT, lambda item: item, []),
        # What the API sets by itself.
        (DEPLOYMENT, lambda item: pod(item).update(dnsPolicy="ClusterFirst", restartPolicy="Always"), []),
        (DEPLOYMENT, lambda item: pod(item)["containers"][0].update(imagePullPolicy="IfNotPresent"), []),
        (DEPLOYMENT, lambda item: pod(item)["containers"][0]["env"].append({"name": "DEBUG", "value": "1"}),
         ["spec.template.spec.containers.env[DEBUG]"]),
        (DEPLOYMENT, lambda item: pod(item)["containers"].append({"name": "beside"}),
         ["spec.template.spec.containers[beside]"]),
        (DEPLOYMENT, lambda item: pod(item)["volumes"].append({"name": "more"}), ["spec.template.spec.volumes[more]"]),
        (DEPLOYMENT, lambda item: pod(item).update(nodeSelector={"a": "b"}), ["spec.template.spec.nodeSelector"]),
        (DEPLOYMENT, lambda item: pod(item).update(hostNetwork=True), ["spec.template.spec.hostNetwork"]),
        (DEPLOYMENT, lambda item: pod(item)["containers"][0].update(args=["--debug"]),
         ["spec.template.spec.containers.args"]),
        (CLAIMS, lambda item: item["spec"]["volumeClaimTemplates"][0].update(kind="PersistentVolumeClaim"), []),
        (SERVICE, lambda item: item["spec"].update(type="ClusterIP", clusterIPs=["10.96.0.7"]), []),
        (SERVICE, lambda item: item["spec"].update(type="NodePort"), ["spec.type NodePort"]),
        (SERVICE, lambda item: item["spec"].update(externalIPs=["172.30.0.7"]), ["spec.externalIPs"]),
        (SERVICE, lambda item: item["spec"]["ports"].append({"port": 6380}), ["spec.ports[6380]"]),
        (SETTINGS, lambda item: item["data"].update({"oidc.config": "x"}), ["data.oidc.config"]),
    ],
)  # fmt: skip
def test_what_somebody_added_is_told(wanted, change, told):
    there = copy.deepcopy(wanted)
    change(there)
    assert added(wanted, there) == told
