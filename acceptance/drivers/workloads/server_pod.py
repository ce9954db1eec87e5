"""A scenario's own server pod, behind a Service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acceptance.base.conditions import is_ready, not_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import pod_spec


@dataclass(frozen=True)
class Server:
    """A pod that answers behind the Service `server` of its namespace."""

    namespace: Namespace
    pod: str


def start_server(namespace: Namespace, also: Mapping[str, str] | None = None) -> Server:
    """Deploy a server pod with the additional labels `also`; return it once it is Ready. Raises TimedOut."""
    labels = {"app": "server"}
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    namespace.create({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "server"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels | dict(also or {})},
                              "spec": pod_spec(namespace.cluster.probe.container(readinessProbe=probe))}},
    })  # fmt: skip
    namespace.create({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "server"},
        "spec": {"selector": labels, "ports": [{"port": 8080}]},
    })  # fmt: skip
    hint = f"kubectl -n {namespace.name} get pods"

    def ready() -> str:
        pods = [pod for pod in namespace.pods("app=server") if is_ready(pod)]
        assert pods, f"no pod with app=server in {namespace.name} is Ready{not_ready(namespace.pods('app=server'))}"
        return str(pods[0].metadata.name)

    return Server(namespace, eventually(ready, within=POD_READY, what="the server pod to be Ready", hint=hint))
