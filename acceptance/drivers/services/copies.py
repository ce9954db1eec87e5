"""Copies of a service: one more pod like the service's, with other settings, behind no Service."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import client
from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import GONE, POD_READY, Deadline
from acceptance.base.labels import COPY_LABEL, NAME_LABEL, SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.services.service import Api, Service
from acceptance.drivers.workloads.pods import PodClient


@dataclass(frozen=True)
class Copy:
    """A copy of a service, as one pod."""

    namespace: Namespace
    name: str
    port: int

    def pod(self) -> client.V1Pod:
        """Its pod. Raises AssertionError unless there is exactly one, and it is Ready."""
        pods = [pod for pod in self.namespace.pods(f"app={self.name}") if pod.metadata.deletion_timestamp is None]
        states = [f"{pod.metadata.name} {describe(pod)}" for pod in pods]
        assert len(pods) == 1 and is_ready(pods[0]), f"expected one pod of the copy {self.name}, Ready; saw {states}"
        return pods[0]

    def wait_ready(self) -> client.V1Pod:
        """Wait until its pod is Ready; return it. Raises TimedOut."""
        hint = f"kubectl -n {self.namespace.name} logs deploy/{self.name}"
        return eventually(self.pod, within=POD_READY, what=f"the copy {self.name} to be ready", hint=hint)

    def url(self, path: str, port: int | None = None) -> str:
        """The URL of a path at its pod, inside the cluster."""
        return f"http://{self.pod().status.pod_ip}:{port or self.port}{path}"

    def log(self) -> list[str]:
        """The lines of its pod's log."""
        text = self.namespace.cluster.core.read_namespaced_pod_log(self.pod().metadata.name, self.namespace.name)
        return str(text).splitlines()

    def restart(self) -> None:
        """Restart it as an operator would; return once the new pod is Ready and the old one is gone."""
        before = self.pod().metadata.uid
        self.namespace.cluster.kubectl("-n", self.namespace.name, "rollout", "restart", f"deployment/{self.name}")

        def renewed() -> bool:
            assert self.pod().metadata.uid != before, "the old pod is still there"
            return True

        eventually(renewed, within=POD_READY, what=f"a new pod of {self.name}")

    def api(self, through: PodClient, port: int | None = None) -> Api:
        """HTTP to its pod, through a client pod."""
        return Api(through.way_to(str(self.pod().status.pod_ip), port or self.port))


def no_pods(namespace: Namespace, name: str) -> bool:
    """Raise AssertionError while a copy's pods exist."""
    left = [pod.metadata.name for pod in namespace.pods(f"app={name}")]
    assert not left, f"pods that still exist: {left}"
    return True


def manifest_of(
    service: Service,
    name: str,
    settings: dict[str, str | None],
    configs: Mapping[str, str],
    port: int,
    ends_alike: bool = False,
) -> Any:
    """The Deployment of a copy: the service's own, without what would make its pod one of the service's."""
    template = service.namespace.cluster.api.sanitize_for_serialization(service.deployment().spec.template)
    ours = {COPY_LABEL: service.name, SCENARIO_LABEL: "true"}
    template["metadata"] = {"labels": {"app": name, NAME_LABEL: service.name, **ours}}
    spec = template["spec"]
    spec.pop("topologySpreadConstraints", None)
    container = spec["containers"][0]
    if not ends_alike:
        spec["terminationGracePeriodSeconds"] = 1
        container.pop("lifecycle", None)
    container["env"] = [item for item in container.get("env", []) if item["name"] not in settings]
    container["env"] += [{"name": key, "value": value} for key, value in settings.items() if value is not None]
    container["ports"][0]["containerPort"] = port
    with_configs(container, configs)
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": ours},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
    }  # fmt: skip


def with_configs(container: dict[str, Any], configs: Mapping[str, str]) -> None:
    """Have a container take other ConfigMaps, by the names of those that they replace; what it takes beside them stays.

    One that replaces nothing is taken as well.
    """
    whole = [item.get("configMapRef") or {} for item in container.get("envFrom") or []]
    single = [(item.get("valueFrom") or {}).get("configMapKeyRef") or {} for item in container.get("env") or []]
    replaced = [(item, str(item["name"])) for item in [*whole, *single] if item.get("name") in configs]
    for item, name in replaced:
        item["name"] = configs[name]
    missing = [name for own, name in configs.items() if own not in {name for _, name in replaced}]
    container["envFrom"] = [*(container.get("envFrom") or []), *({"configMapRef": {"name": name}} for name in missing)]


@contextlib.contextmanager
def copy_of(
    service: Service,
    settings: dict[str, str | None],
    configs: Mapping[str, str] | None = None,
    port: int | None = None,
    *,
    ends_alike: bool = False,
) -> Iterator[Copy]:
    """A copy with other settings (None removes one), until the end of the block.

    `configs`: the ConfigMaps that replace those of the Deployment, by the names of these.
    `port`: the port to listen on. `ends_alike`: it takes as long to end as the service's pods; by default it is gone at
    once. Raises TimedOut if it does not become Ready.
    """
    name, namespace = f"{service.name}-{secrets.token_hex(3)}", service.namespace
    port = port or service.port
    try:
        namespace.create(manifest_of(service, name, settings, configs or {}, port, ends_alike))
        copy = Copy(namespace, name, port)
        copy.wait_ready()
        yield copy
    finally:
        with contextlib.suppress(ApiException):
            namespace.cluster.apps.delete_namespaced_deployment(name, namespace.name, grace_period_seconds=0)
        # A pod that ends as the service's do may take its whole grace period.
        grace = service.deployment().spec.template.spec.termination_grace_period_seconds or 0 if ends_alike else 0
        within = Deadline(GONE.seconds + grace, GONE.source)
        eventually(lambda: no_pods(namespace, name), within=within, what=f"the pods of {name} to be gone")
