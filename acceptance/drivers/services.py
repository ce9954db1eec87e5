"""The services as they run: their pods, what their processes were started with, copies, and cuts between them."""

from __future__ import annotations

import contextlib
import datetime
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes import client
from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_ready
from acceptance.base.labels import COPY_LABEL, NAME_LABEL, SCENARIO_LABEL
from acceptance.base.waiting import GONE, POD_READY, eventually
from acceptance.cluster.namespace import Namespace

PORTS = {"auth-service": 3001, "backend-service": 4000, "frontend-service": 3000}
TIMEOUT = 20
"""Seconds that an answer may take: longer than the services wait for each other."""


@dataclass(frozen=True)
class Service:
    """One of the platform's services."""

    namespace: Namespace
    name: str

    @property
    def port(self) -> int:
        """The port that the plan gives it."""
        return PORTS[self.name]

    @property
    def hint(self) -> str:
        """The command to try when its pods are not as they should be."""
        return f"kubectl -n {self.namespace.name} get pods -l app={self.name} -o wide"

    def deployment(self) -> client.V1Deployment:
        """Its Deployment."""
        return self.namespace.cluster.apps.read_namespaced_deployment(self.name, self.namespace.name)

    def container(self) -> client.V1Container:
        """The container of its Deployment."""
        return self.deployment().spec.template.spec.containers[0]

    def pods(self) -> list[client.V1Pod]:
        """Its pods that are ready and not about to end."""
        found = self.namespace.pods(f"app={self.name}")
        return [pod for pod in found if is_ready(pod) and pod.metadata.deletion_timestamp is None]

    def running(self) -> list[client.V1Pod]:
        """Its ready pods. Raises AssertionError if there is none."""
        pods = self.pods()
        assert pods, f"no pod of {self.name} is ready. Try: {self.hint}"
        return pods

    def api(self) -> Api:
        """HTTP to one of its pods: whether its Service leads there is another criterion's."""
        return Api(self.namespace.cluster.address_of(self.running()[0], self.port))

    def environment(self, pod: client.V1Pod) -> dict[str, str]:
        """The environment that the process in a pod was started with, read from the kernel."""
        text = self.namespace.execute(pod.metadata.name, "cat", "/proc/1/environ")
        return dict(part.split("=", 1) for part in text.split("\0") if "=" in part)

    def log(self, since: datetime.datetime) -> dict[str, list[str]]:
        """The lines that each of its pods wrote since a moment."""
        seen = {}
        for pod in self.namespace.pods(f"app={self.name}"):
            if pod.status.phase != "Running":
                continue
            text = self.namespace.cluster.core.read_namespaced_pod_log(
                pod.metadata.name, self.namespace.name, timestamps=True,
                since_seconds=int((now() - since).total_seconds()) + 2,
            )  # fmt: skip
            seen[pod.metadata.name] = [
                line
                for moment, _, line in (row.partition(" ") for row in text.splitlines())
                if written(moment) >= since
            ]
        return seen

    @contextlib.contextmanager
    def copy(
        self, settings: dict[str, str | None], config: str | None = None, port: int | None = None
    ) -> Iterator[Copy]:
        """One pod more of the same, that no Service leads to, with other settings (None: without it).

        `config` is a ConfigMap that takes the place of the Deployment's own, `port` the one that it should listen on.
        """
        name = f"{self.name}-{secrets.token_hex(3)}"
        cluster, place = self.namespace.cluster, self.namespace.name
        template = cluster.api.sanitize_for_serialization(self.deployment().spec.template)
        ours = {COPY_LABEL: self.name, SCENARIO_LABEL: "true"}
        template["metadata"] = {"labels": {"app": name, NAME_LABEL: self.name, **ours}}
        spec = template["spec"]
        spec.pop("topologySpreadConstraints", None)
        spec["terminationGracePeriodSeconds"] = 1
        container = spec["containers"][0]
        container.pop("lifecycle", None)
        container["env"] = [item for item in container.get("env", []) if item["name"] not in settings]
        container["env"] += [{"name": key, "value": value} for key, value in settings.items() if value is not None]
        container["ports"][0]["containerPort"] = port or self.port
        if config:
            container["envFrom"] = [{"configMapRef": {"name": config}}]
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": ours},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
        }
        try:
            self.namespace.create(body)
            copy = Copy(self.namespace, name, port or self.port)
            copy.wait_ready()
            yield copy
        finally:
            with contextlib.suppress(ApiException):
                cluster.apps.delete_namespaced_deployment(name, place, grace_period_seconds=0)
            eventually(lambda: no_pods(self.namespace, name), within=GONE, what=f"the pods of {name} gone")


@dataclass(frozen=True)
class Copy:
    """A copy of a service, as one pod."""

    namespace: Namespace
    name: str
    port: int

    def pod(self) -> client.V1Pod:
        """Its pod. Raises AssertionError unless there is one, ready."""
        pods = [pod for pod in self.namespace.pods(f"app={self.name}") if pod.metadata.deletion_timestamp is None]
        states = [f"{pod.metadata.name} {describe(pod)}" for pod in pods]
        assert len(pods) == 1 and is_ready(pods[0]), f"expected one pod of {self.name}, ready; saw {states}"
        return pods[0]

    def wait_ready(self) -> client.V1Pod:
        """Wait for its pod."""
        hint = f"kubectl -n {self.namespace.name} logs deploy/{self.name}"
        return eventually(self.pod, within=POD_READY, what=f"the copy {self.name} ready", hint=hint)

    def url(self, path: str, port: int | None = None) -> str:
        """Its address inside the cluster."""
        return f"http://{self.pod().status.pod_ip}:{port or self.port}{path}"

    def log(self) -> list[str]:
        """All that its pod wrote."""
        text = self.namespace.cluster.core.read_namespaced_pod_log(self.pod().metadata.name, self.namespace.name)
        return str(text).splitlines()

    def restart(self) -> None:
        """Restart it as an operator does; return once the new pod is ready and the old one gone."""
        before = self.pod().metadata.uid
        self.namespace.cluster.kubectl("-n", self.namespace.name, "rollout", "restart", f"deployment/{self.name}")

        def renewed() -> bool:
            assert self.pod().metadata.uid != before, "the old pod is still there"
            return True

        eventually(renewed, within=POD_READY, what=f"a new pod of {self.name}")


class Api:
    """HTTP to a service, by a port-forward to it."""

    def __init__(self, address: str):
        self.base = f"http://{address}"
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **settings: Any) -> requests.Response:
        """The answer to GET."""
        return self.session.get(self.base + path, timeout=TIMEOUT, **settings)

    def post(self, path: str, body: Any = None, token: str | None = None, **settings: Any) -> requests.Response:
        """The answer to POST of `body` as JSON, with `token` as the bearer."""
        headers = {**settings.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.session.post(self.base + path, json=body, headers=headers, timeout=TIMEOUT, **settings)


class NetworkPartition:
    """Keeps pods of one service from reaching those of another, on the nodes, until it heals."""

    def __init__(self, source: Service, target: Service, nodes: list[str], verdict: str):
        self.cluster = source.namespace.cluster
        self.nodes = nodes
        self.rules = [
            f"FORWARD -s {a.status.pod_ip}/32 -d {b.status.pod_ip}/32 -p tcp -j {verdict}"
            for a in source.running()
            for b in target.running()
        ]

    def make(self) -> None:
        """Part them."""
        for node in self.nodes:
            self.cluster.on_node(node, "sh", "-ec", "; ".join(f"iptables -I {rule}" for rule in self.rules))

    def heal(self) -> None:
        """Undo it, however much of it was made. Raises AssertionError if something stayed."""
        for node in self.nodes:
            undo = "; ".join(f"while iptables -D {rule} 2>/dev/null; do :; done" for rule in self.rules)
            self.cluster.on_node(node, "sh", "-c", undo)
            left = self.cluster.on_node(node, "iptables", "-S", "FORWARD")
            stayed = [rule for rule in self.rules if f"-A {rule}" in left]
            assert not stayed, f"still cut on {node}: {stayed}. Try: docker exec {node} iptables -S FORWARD"


def no_pods(namespace: Namespace, name: str) -> bool:
    """Raise AssertionError while a copy's pods are there."""
    left = [pod.metadata.name for pod in namespace.pods(f"app={name}")]
    assert not left, f"still there: {left}"
    return True


def now() -> datetime.datetime:
    """The time."""
    return datetime.datetime.now(datetime.UTC)


def written(moment: str) -> datetime.datetime:
    """The time that the API puts before a line of a log (nanoseconds, which Python does not read)."""
    return datetime.datetime.fromisoformat(moment[:26].rstrip("Z") + "+00:00")


def level(line: str) -> str:
    """The level of a line of JSON, in capitals; empty if it is none or has none."""
    try:
        return str(json.loads(line).get("level", "")).upper()
    except (json.JSONDecodeError, AttributeError):
        return ""


def debug_level(line: str) -> bool:
    """Whether a line is one for developers: of level DEBUG, or, where it is no JSON, one that says DEBUG."""
    return level(line) in ("DEBUG", "TRACE") or (not level(line) and "debug" in line.lower())


def fields(line: str) -> dict[str, Any]:
    """A line of JSON; empty if it is none."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
