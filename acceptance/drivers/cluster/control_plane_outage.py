"""The loss of a control plane under write load."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes.client.exceptions import ConflictException

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import API_RESUMES, POD_READY, Deadline
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import pod_spec
from acceptance.criteria.evidence import Evidence
from acceptance.drivers.network.load import REQUEST_TIMEOUT, ApiWriter
from acceptance.drivers.network.reachability import names_of

HINT = "docker logs alternate-futures-external-load-balancer"
LEASES = "kubectl -n kube-system get leases -o yaml"
MEANWHILE = "meanwhile"
"""The Deployment that is created during the outage."""
CONTROLLERS_RESUME = Deadline(60, "kube-controller-manager: a lease of 15 s, up to 11 s between two tries, its start")
"""How long controllers may be idle after the loss of their leader: another one takes over and reads all objects."""
FRESH_CONNECTIONS = 12
"""Connections that the API's load balancer spreads over all control planes, as new clients open them."""
ANSWERED_WITHIN = 4
"""Seconds within which an API server that is there answers a new client, on a busy machine, too."""
LOSS_NOTICED = Deadline(30, "the suite: health checks of the API's load balancer miss a control plane within seconds")
PATIENT = [{"name": name, "value": value} for name, value in (("timeout", "1"), ("attempts", "5"), ("ndots", "1"))]
"""Resolver options of a pod during the outage: it gives a lost DNS server one second, then asks another one."""


def begin_writing(cluster: Cluster, namespace: Namespace) -> ApiWriter:
    """A client that writes to the API until it is stopped; returned once ten writes are acknowledged."""
    writer = ApiWriter(cluster.api, namespace.name)
    writer.start()

    def began() -> bool:
        assert len(writer.acknowledged) >= 10, f"{len(writer.acknowledged)} writes, last refusal {writer.refused[-1:]}"
        return True

    eventually(began, within=POD_READY, what="ten acknowledged writes before the loss")
    return writer


@dataclass
class ControlPlaneOutage:
    """A control plane that is down, and what a client noticed."""

    cluster: Cluster
    namespace: Namespace
    writer: ApiWriter
    machine: str = ""
    gap: float = 0.0
    """Longest time without an acknowledged write, in seconds."""

    def lose(self, seconds: int, evidence: Evidence) -> None:
        """Take the leading control plane down for `seconds` and bring it back; write and create a Deployment meanwhile.

        It stays down until the Deployment's pod is Ready: only a controller of another control plane can create it.
        """
        machine = self.cluster.leading_control_plane()
        self.machine = machine.name
        with self.cluster.paused(machine):
            lost = time.monotonic()
            what = f"writes to resume without {machine.name}"
            eventually(lambda: self.has_resumed(lost), within=API_RESUMES, what=what, hint=HINT)
            eventually(self.create_deployment, within=API_RESUMES, what="a Deployment to be created", hint=HINT)
            what = f"another controller manager to create the Deployment's pod without {machine.name}"
            eventually(self.pod, within=CONTROLLERS_RESUME, what=what, hint=LEASES)
            eventually(self.runs, within=POD_READY, what=f"a new pod to be Ready without {machine.name}", hint=HINT)
            self.writer.stopping.wait(max(0.0, lost + seconds - time.monotonic()))
            what = f"no new connection to the API to be led to {machine.name}"
            eventually(self.new_clients_answered, within=LOSS_NOTICED, what=what, hint=HINT)
            ended = time.monotonic()
        self.writer.stop()
        self.gap = self.writer.longest_outage(lost, ended)
        refused = [text for moment, text in self.writer.refused if moment >= lost]
        evidence.add("outage", {
            "lost": machine.name, "seconds": round(ended - lost, 1),
            "longest gap between acknowledged": round(self.gap, 2), "acknowledged": len(self.writer.acknowledged),
            "refused": len(refused), "refusals": refused[:20],
        })  # fmt: skip

    def has_resumed(self, lost: float) -> bool:
        """Raise AssertionError until writes are acknowledged in the control plane's absence.

        The load balancer may notice a paused machine late: writes of the first two seconds do not count.
        """
        began = max(lost + 2, time.monotonic() - 2)
        recent = [moment for moment, _ in self.writer.acknowledged if moment > began]
        last = self.writer.refused[-1:]
        assert len(recent) >= 5, f"{len(recent)} writes acknowledged in the last 2 s; last refusal {last}"
        return True

    def new_clients_answered(self) -> bool:
        """Raise AssertionError unless each of several new connections to the API's address is answered in time.

        The writer keeps its connection: it does not notice that one of three new ones leads to a lost machine.
        """
        for number in range(FRESH_CONNECTIONS):
            said = readiness(self.cluster)
            assert said == "ok", f"new connection {number + 1} to the API's address was answered with {said!r}"
        return True

    def create_deployment(self) -> bool:
        """Create a Deployment; a connection to the lost machine would hang as long as the load balancer lets it.

        The init container of its pod first has to reach the Service of the scenario's server by name (`reachability`).
        """
        name, probe = self.namespace.name, self.cluster.probe
        finds = probe.container("await", f"http://{names_of(self.namespace)[0]}/", name="finds-a-service")
        spec = pod_spec(probe.container(), initContainers=[finds], dnsConfig={"options": PATIENT})
        labels = {"app": MEANWHILE}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": MEANWHILE}, "spec": {
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec},
        }}  # fmt: skip
        with contextlib.suppress(ConflictException):
            self.cluster.apps.create_namespaced_deployment(name, body, _request_timeout=REQUEST_TIMEOUT)
        return True

    def pod(self) -> Any:
        """The Deployment's pod. Raises AssertionError while there is none."""
        core, where = self.cluster.core, f"app={MEANWHILE}"
        pods = core.list_namespaced_pod(self.namespace.name, label_selector=where, _request_timeout=REQUEST_TIMEOUT)
        assert pods.items, f"no pod of the Deployment {MEANWHILE}: no controller has seen it"
        return pods.items[0]

    def runs(self) -> bool:
        """Raise AssertionError while that pod is not Ready."""
        pod = self.pod()
        found = [status.ready for status in pod.status.init_container_statuses or []]
        assert is_ready(pod), (
            f"pod {MEANWHILE} {describe(pod)}, it has {'' if any(found) else 'not '}found a Service by its name"
        )
        return True

    def stays(self) -> None:
        """Wait until that pod is Ready with all control planes there, too. Raises TimedOut."""
        eventually(self.runs, within=POD_READY, what="the pod that was created in the outage to be Ready", hint=HINT)

    def lost_writes(self) -> list[str]:
        """The acknowledged writes that are missing."""
        listed = self.cluster.core.list_namespaced_config_map(self.namespace.name).items
        there = {item.metadata.name for item in listed}
        return [name for _, name in self.writer.acknowledged if name not in there]


def readiness(cluster: Cluster) -> str:
    """What the API says about its readiness over a new connection. Raises a requests error if it does not in time."""
    settings = cluster.api.configuration
    with requests.Session() as session:
        session.trust_env = False
        session.verify = settings.ssl_ca_cert
        session.cert = (settings.cert_file, settings.key_file) if settings.cert_file else None
        return session.get(f"{settings.host}/readyz", timeout=ANSWERED_WITHIN).text
