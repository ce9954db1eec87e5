"""Scenarios' own namespaces."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator
from typing import Any

from kubernetes import client
from kubernetes.stream import stream
from websocket import WebSocketException

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.labels import LABEL, SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import REQUEST_TIMEOUT, Cluster
from acceptance.infrastructure.contract import Infrastructure

EXECUTE_TIMEOUT = 40
"""Seconds that a command in a pod may take; kind's API load balancer cuts connections that are silent for 50."""

PROXIES = ("linkerd-proxy", "istio-proxy", "consul-dataplane", "kuma-sidecar", "envoy")
"""The containers that a service mesh puts into pods, some of them before the pod's own."""
SEVERAL = "a container name must be specified"
"""How the API refuses a command in a pod with several containers of which none was named."""
MAIN = "kubectl.kubernetes.io/default-container"
SCENARIO_NAME = re.compile(r"scenario-[0-9a-f]{6}")
NOT_FOUND = (126, 127)
"""The statuses of commands that could not be started, where the container runtime gives one."""
OWN_ROLE = "acceptance-own"
"""The ClusterRole of k8s/acceptance that a run is bound to in its own namespaces."""


class NotStarted(AssertionError):
    """A command could not be started in a pod: its image lacks the program."""


def main_container(spec: client.V1PodSpec) -> client.V1Container:
    """The container that a pod is there for: the first one that no service mesh put there."""
    return next((item for item in spec.containers if item.name not in PROXIES), spec.containers[0])


class Namespace:
    """A scenario's own namespace, with what it puts there."""

    def __init__(self, cluster: Cluster, name: str):
        self.cluster = cluster
        self.name = name

    def create(self, manifest: dict[str, Any]) -> str:
        """Create an object in this namespace; return its name."""
        manifest.setdefault("metadata", {})["namespace"] = self.name
        self.cluster.create(manifest)
        return str(manifest["metadata"]["name"])

    def pods(self, selector: str = "") -> list[client.V1Pod]:
        """The pods here that `selector` matches."""
        return list(self.cluster.core.list_namespaced_pod(self.name, label_selector=selector).items)

    def pod(self, name: str) -> client.V1Pod:
        """One pod."""
        return self.cluster.core.read_namespaced_pod(name, self.name)

    def run_pod(self, name: str, *command: str, **spec: Any) -> client.V1Pod:
        """Start a probe pod with `command` and wait until it is Ready. `spec` is merged into the pod's spec."""
        self.create(self.cluster.probe.pod(name, *command, **spec))
        return self.wait_ready(name)

    def wait_ready(self, name: str) -> client.V1Pod:
        """Wait until a pod is Ready and return it."""

        def ready() -> client.V1Pod:
            pod = self.pod(name)
            assert is_ready(pod), f"pod {name} {describe(pod)}"
            return pod

        hint = f"kubectl -n {self.name} describe pod {name}"
        return eventually(ready, within=POD_READY, what=f"pod {name} to be Ready", hint=hint)

    def connection(self, pod: str, command: tuple[str, ...], **where: str) -> Any:
        """A connection to a command in a pod; `where` may name the container."""
        # `stream` modifies the client that it is given while connecting, so this uses a client of its own.
        own = client.CoreV1Api(client.ApiClient(self.cluster.api.configuration))
        return stream(
            own.connect_get_namespaced_pod_exec,
            pod, self.name, command=list(command), stdout=True, stderr=True, stdin=False, tty=False,
            _preload_content=False, **where,
        )  # fmt: skip

    def execute(self, pod: str, *command: str) -> str:
        """Run a command in a pod; return what it printed. Raises AssertionError if it ends with an error.

        Raises NotStarted, which is one, if the image lacks the program.
        In a pod with several containers it runs in the main one (`main_container`).
        """
        try:
            connection = self.connection(pod, command)
        except client.ApiException as error:
            if SEVERAL not in f"{error.reason} {error.body}":
                raise
            seen = self.pod(pod)
            name = (seen.metadata.annotations or {}).get(MAIN) or main_container(seen.spec).name
            connection = self.connection(pod, command, container=name)
        said = f"{command[0]} in pod {pod}"
        try:
            connection.run_forever(timeout=EXECUTE_TIMEOUT)
            ended = None if connection.is_open() else connection.returncode
        except (WebSocketException, TypeError) as error:
            # If the command has not ended, there is no status to read, and the client raises a TypeError.
            raise AssertionError(f"{said} was cut off: {error}") from error
        except ValueError as error:
            # containerd gives no status then, but says why; the client takes that for the status.
            raise NotStarted(f"{said} could not be started: {error}") from error
        if ended is None:
            connection.close()
            raise AssertionError(f"{said} did not end within {EXECUTE_TIMEOUT} s")
        printed = connection.read_stdout() + connection.read_stderr()
        failed = f"{' '.join(command)} in pod {pod}: {printed.strip()}"
        if ended in NOT_FOUND:
            raise NotStarted(failed)
        assert ended == 0, failed
        return str(printed)

    def delete(self) -> None:
        """Begin deleting the namespace; `all_gone` checks at the end of the run that it is gone."""
        with contextlib.suppress(client.ApiException):
            self.cluster.core.delete_namespace(self.name)


def of_scenario(labels: dict[str, str] | None) -> bool:
    """Whether labels belong to something that a scenario created."""
    return SCENARIO_LABEL in (labels or {})


def has_scenarios_name(name: str) -> bool:
    """Whether a namespace's name is one that `new_namespace` gives to a scenario's."""
    return bool(SCENARIO_NAME.fullmatch(name))


def all_gone(cluster: Cluster, run_id: str) -> bool:
    """Raise AssertionError naming the namespaces of a run's scenarios that still exist."""
    selector = f"{SCENARIO_LABEL},{LABEL}={run_id}"
    left = cluster.core.list_namespace(label_selector=selector, _request_timeout=REQUEST_TIMEOUT).items
    reasons = [
        f"{item.metadata.name} ({'; '.join(c.message for c in item.status.conditions or [] if c.status == 'True')})"
        for item in left
    ]
    assert not left, f"still there: {', '.join(reasons)}"
    return True


def new_namespace(cluster: Cluster, prefix: str = "scenario") -> Namespace:
    """Create a namespace with a unique name, and wait until pods can be created in it."""
    name = f"{prefix}-{secrets.token_hex(3)}"
    labels = {SCENARIO_LABEL: "true", LABEL: cluster.run_id}
    cluster.core.create_namespace({"metadata": {"name": name, "labels": labels}})
    if cluster.is_attached:
        take_rights(cluster, name)
    eventually(
        lambda: cluster.core.read_namespaced_service_account("default", name),
        within=POD_READY,
        what=f"a default ServiceAccount in {name}",
    )
    return Namespace(cluster, name)


def take_rights(cluster: Cluster, namespace: str) -> None:
    """Give this run's user the rights of k8s/acceptance in a namespace that it created."""
    review = client.AuthenticationV1Api(cluster.api).create_self_subject_review({})
    subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": review.status.user_info.username}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": OWN_ROLE}
    body = {"metadata": {"name": OWN_ROLE}, "roleRef": role, "subjects": [subject]}
    client.RbacAuthorizationV1Api(cluster.api).create_namespaced_role_binding(namespace, body)
    asked = {"namespace": namespace, "verb": "create", "resource": "pods"}

    def has_rights() -> bool:
        question = client.AuthorizationV1Api(cluster.api).create_self_subject_access_review(
            {"spec": {"resourceAttributes": asked}}
        )
        assert question.status.allowed, f"it may not create pods in {namespace}"
        return True

    eventually(has_rights, within=POD_READY, what="this user to have rights in the namespace that it created")


@contextlib.contextmanager
def own_namespace(cluster: Cluster, infrastructure: Infrastructure) -> Iterator[Namespace]:
    """A namespace that is deleted at the end of the block, unless the cluster is gone."""
    namespace = new_namespace(cluster)
    try:
        yield namespace
    finally:
        if not infrastructure.destroyed:
            namespace.delete()
