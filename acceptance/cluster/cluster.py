"""The cluster under test: the Kubernetes API, kubectl, and its nodes."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from kubernetes import client, config, utils

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import NODES_READY
from acceptance.base.errors import UserError
from acceptance.base.secrecy import redact
from acceptance.base.waiting import TimedOut, eventually
from acceptance.clients.docker import docker
from acceptance.clients.port_forward import Forward
from acceptance.clients.process import Ended, run
from acceptance.cluster.existing_kind import ExistingKind
from acceptance.cluster.probe import Probe
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure.contract import Machine, Outputs

APIS = (
    "CoreV1Api", "AppsV1Api", "BatchV1Api", "CustomObjectsApi", "CertificatesV1Api", "CoordinationV1Api", "VersionApi",
    "V1NodeList", "V1PodList", "V1NamespaceList",
)  # fmt: skip
"""What every run needs of the Kubernetes client, which imports each name on first use."""
REQUEST_TIMEOUT = 10
KUBECTL_TIMEOUT = 120

SYSTEM_NAMESPACES = ("kube-system", "kube-flannel", "local-path-storage")


class KubectlFailed(UserError, AssertionError):
    """A kubectl command failed. For a scenario, that is an observation about the platform, not an error of its own."""


@contextlib.contextmanager
def loading_client() -> Iterator[None]:
    """Import needed parts of the Kubernetes client in the background: it takes seconds, and the block mostly waits."""
    thread = threading.Thread(target=lambda: [getattr(client, name) for name in APIS])
    thread.start()
    try:
        yield
    finally:
        thread.join()


class Cluster:
    """A running cluster. `kubectl` runs the plan's commands; everything else goes through the API.

    `probe` creates scenarios' pods. `attached`: it was provisioned elsewhere, and its machines cannot be reached.
    """

    def __init__(
        self,
        outputs: Outputs,
        tools: Path,
        *,
        run_id: str,
        probe: Probe,
        attached: bool = False,
        context: str | None = None,
    ):
        self.outputs = outputs
        self.run_id = run_id
        self.probe = probe
        self.tools = tools
        self.context = context
        self.is_attached = attached
        if not attached:
            self.kind = ExistingKind(outputs, tools)
            self.kind.create()
        self.api = config.new_client_from_config(str(outputs.kubeconfig_path), context=context)
        self.core = client.CoreV1Api(self.api)
        self.apps = client.AppsV1Api(self.api)
        self.batch = client.BatchV1Api(self.api)
        self.custom = client.CustomObjectsApi(self.api)
        self.certificates = client.CertificatesV1Api(self.api)
        self.coordination = client.CoordinationV1Api(self.api)
        self.version = client.VersionApi(self.api)
        self.forwards: dict[tuple[str, int], Forward] = {}

    @property
    def kubectl_path(self) -> Path:
        """The kubectl program."""
        return self.tools / "kubectl"

    @property
    def kubeconfig_path(self) -> Path:
        """The kubeconfig of this cluster."""
        return self.outputs.kubeconfig_path

    def kubectl(self, *arguments: str) -> str:
        """Run a kubectl command and return what it printed. Raises KubectlFailed with what it said if it fails."""
        try:
            if self.is_attached:
                return run([*self.kubectl_command, *arguments], timeout=KUBECTL_TIMEOUT).stdout
            return str(self.kind.kubectl(*arguments, timeout=KUBECTL_TIMEOUT))
        except Ended:
            raise
        except (UserError, subprocess.SubprocessError) as error:
            parts = (getattr(error, name, "") or "" for name in ("problem", "output", "stderr"))
            said = redact(" ".join(map(str, parts)).strip() or str(error))
            raise KubectlFailed(f"kubectl {' '.join(arguments)} failed: {said}", "read what it said") from error

    @property
    def kubectl_command(self) -> list[str | Path]:
        """kubectl, pointed at this cluster."""
        context = ["--context", self.context] if self.context else []
        return [self.kubectl_path, "--kubeconfig", self.kubeconfig_path, *context]

    @cached_property
    def uid(self) -> str:
        """The cluster's UID: that of its kube-system namespace."""
        return str(self.core.read_namespace("kube-system").metadata.uid)

    def nodes(self) -> list[client.V1Node]:
        """All nodes, as the API lists them."""
        return list(self.core.list_node(_request_timeout=REQUEST_TIMEOUT).items)

    def create(self, manifest: dict[str, Any]) -> None:
        """Create one object."""
        utils.create_from_dict(self.api, manifest)

    def address_of(self, pod: client.V1Pod, port: int) -> str:
        """`127.0.0.1:PORT`, forwarded to a pod's port for the rest of the run; a pod that replaces it gets another."""
        target = (self, pod.metadata.namespace, f"pod/{pod.metadata.name}", port)
        return self.forwards.setdefault((pod.metadata.uid, port), Forward(*target)).address()

    def close(self) -> None:
        """End the port-forwards to pods."""
        for forward in self.forwards.values():
            forward.close()

    def answers(self) -> bool:
        """Whether the API reports that it is ready."""
        request = self.api.param_serialize("GET", "/readyz", auth_settings=["BearerToken"])
        return bool(self.api.call_api(*request, _request_timeout=REQUEST_TIMEOUT).status == 200)

    def settled(self) -> bool:
        """Raise AssertionError naming the nodes and system pods that are not Ready."""
        return self.all_nodes_ready() and self.system_ready()

    def all_nodes_ready(self) -> bool:
        """Raise AssertionError naming the nodes that are not Ready."""
        waiting = [node.metadata.name for node in self.nodes() if not is_ready(node)]
        assert not waiting, f"nodes not Ready: {', '.join(waiting)}"
        return True

    @contextlib.contextmanager
    def paused(self, machine: Machine) -> Iterator[None]:
        """Take a node's machine down: all its processes stop, as in a power failure; bring it back at the end."""
        self.needs_machines()

        def bring_back() -> None:
            docker("unpause", machine.name)
            eventually(self.all_nodes_ready, within=NODES_READY, what=f"all nodes Ready after {machine.name} is back")
            eventually(
                self.system_ready, within=NODES_READY, what=f"kube-system to recover from the loss of {machine.name}"
            )

        docker("pause", machine.name)
        try:
            yield
        except BaseException:
            # Errors while it was away matter more than their aftermath.
            with contextlib.suppress(TimedOut):
                bring_back()
            raise
        bring_back()

    def system_ready(self) -> bool:
        """Raise AssertionError naming the cluster's own pods that are not Ready, except completed ones."""
        pods = [
            pod
            for pod in self.core.list_pod_for_all_namespaces(_request_timeout=REQUEST_TIMEOUT).items
            if pod.metadata.namespace in SYSTEM_NAMESPACES and pod.status.phase != "Succeeded"
        ]
        waiting = [f"{pod.metadata.name} {describe(pod)}" for pod in pods if not is_ready(pod)]
        assert not waiting, "; ".join(waiting)
        return True

    def needs_machines(self) -> None:
        """Raise Unverifiable if the nodes' machines cannot be reached."""
        if self.is_attached:
            raise Unverifiable("the suite cannot access the machines of this environment")

    def leading_control_plane(self) -> Machine:
        """The control plane whose loss hurts most: the one with the leading controller manager."""
        lease = self.coordination.read_namespaced_lease("kube-controller-manager", "kube-system")
        return next(m for m in self.outputs.control_planes if lease.spec.holder_identity.startswith(m.name + "_"))

    def on_node(self, node: str, *command: str, check: bool = True) -> str:
        """Run a command on a node's machine."""
        self.needs_machines()
        return docker("exec", node, *command, check=check)
