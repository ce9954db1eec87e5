"""The objects of a scenario's small Application. Source: requirement 3."""

from __future__ import annotations

from typing import Any

from acceptance.cluster.probe import Probe, pod_spec


def manifests(
    probe: Probe,
    name: str,
    text: str,
    ready_after: int = 0,
    never_ready: bool = False,
    label: str = "demo",
    with_deployment: bool = True,
) -> list[dict[str, Any]]:
    """A demo's objects. Only a version that is about pods runs any.

    `ready_after`: seconds that delay readiness. `never_ready`: readiness fails, soon. `label`: changes an immutable
    field of the Deployment. `with_deployment`: whether there is more than the ConfigMap.
    """
    labels = {"app": name}
    selector = labels if label == "demo" else {**labels, "extra": label}
    ready = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "initialDelaySeconds": ready_after}
    if never_ready:
        # Nothing listens there.
        ready = {"tcpSocket": {"port": 9}, "periodSeconds": 1}
    container = probe.container(readinessProbe=ready)
    about_pods = bool(ready_after or never_ready)
    if about_pods:
        container["env"].append({"name": "TEXT", "value": text})
    hook = {
        "argocd.argoproj.io/hook": "PostSync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation,HookSucceeded",
    }
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}},
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": int(about_pods), "progressDeadlineSeconds": 10 if never_ready else 30,
                     "selector": {"matchLabels": selector},
                     "template": {"metadata": {"labels": {**labels, "extra": label}},
                                  "spec": pod_spec(container)}},
        },
        {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"{name}-healthy", "annotations": hook},
            "spec": {"backoffLimit": 0, "template": {"spec": pod_spec(probe.container("pass"), restartPolicy="Never")}},
        },
    ]  # fmt: skip
    if not with_deployment:
        return objects[:1]
    return objects if ready_after else objects[:-1]
