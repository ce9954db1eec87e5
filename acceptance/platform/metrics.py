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

    An API server that connects before the Service has endpoints reaches whatever has that address outside the cluster,
    and keeps the connection. So the API is registered only once every API server can reach the Service.
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
    address = cluster.core.read_namespaced_service(NAME, "kube-system").spec.cluster_ip

    def reached() -> bool:
        for machine in platform.outputs.control_planes:
            seen = cluster.on_node(machine.name, "curl", "-sk", "-m", "3", f"https://{address}/livez", check=False)
            assert seen == "ok", f"{machine.name} is answered {seen!r} at {address}"
        return True

    # Unreachable machines cannot be checked; the scenarios judge whether the API serves metrics.
    if not cluster.is_attached:
        eventually(reached, within=COMPONENT_READY, what="every control plane to reach metrics-server", hint=hint)
    apply(cluster, [manifest for manifest in manifests if manifest["kind"] == "APIService"])
