"""metrics-server, which `kubectl top` reads. Source: task 21.10."""

from __future__ import annotations

from acceptance.base.conditions import is_ready, not_ready
from acceptance.base.deadlines import COMPONENT_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import apply
from acceptance.platform.platform import Platform

NAME = "metrics-server"


def deploy(platform: Platform) -> None:
    """metrics-server, and then the API that it serves.

    An API without a server behind it makes every client that lists the APIs wait, so it is registered last.
    """
    cluster = platform.cluster
    manifests = platform.render(NAME)
    apply(cluster, [manifest for manifest in manifests if manifest["kind"] != "APIService"])

    def ready() -> bool:
        pods = cluster.core.list_namespaced_pod("kube-system", label_selector="k8s-app=metrics-server").items
        assert pods and all(is_ready(pod) for pod in pods), f"its pod is not Ready{not_ready(pods)}"
        return True

    hint = "kubectl -n kube-system logs deploy/metrics-server"
    eventually(ready, within=COMPONENT_READY, what="metrics-server to be Ready", hint=hint)
    apply(cluster, [manifest for manifest in manifests if manifest["kind"] == "APIService"])
