"""The loss of a control plane under write load."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from kubernetes.client.exceptions import ConflictException

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import API_RESUMES, POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.criteria.evidence import Evidence
from acceptance.drivers.network.load import REQUEST_TIMEOUT, ApiWriter
from acceptance.drivers.network.reachability import names_of

HINT = "docker logs alternate-futures-external-load-balancer"
MEANWHILE = "meanwhile"
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
        """Take the leading control plane down for `seconds` and bring it back; write and create a pod meanwhile."""
        machine = self.cluster.leading_control_plane()
        self.machine = machine.name
        with self.cluster.paused(machine):
            lost = time.monotonic()
            what = f"writes to resume without {machine.name}"
            eventually(lambda: self.has_resumed(lost), within=API_RESUMES, what=what, hint=HINT)
            eventually(self.create_pod, within=API_RESUMES, what="a pod to be created in the outage", hint=HINT)
            eventually(self.runs, within=POD_READY, what=f"a new pod to be Ready without {machine.name}", hint=HINT)
            self.writer.stopping.wait(max(0.0, lost + seconds - time.monotonic()))
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

    def create_pod(self) -> bool:
        """Create a pod; a connection to the lost machine would hang as long as the load balancer lets it.

        Its init container first has to reach the Service of the scenario's server by name (`reachability`).
        """
        core, name, probe = self.cluster.core, self.namespace.name, self.cluster.probe
        finds = probe.container("await", f"http://{names_of(self.namespace)[0]}/", name="finds-a-service")
        pod = probe.pod(MEANWHILE, initContainers=[finds], dnsConfig={"options": PATIENT})
        with contextlib.suppress(ConflictException):
            core.create_namespaced_pod(name, pod, _request_timeout=REQUEST_TIMEOUT)
        return True

    def runs(self) -> bool:
        """Raise AssertionError while that pod is not Ready."""
        core, name = self.cluster.core, self.namespace.name
        pod = core.read_namespaced_pod(MEANWHILE, name, _request_timeout=REQUEST_TIMEOUT)
        found = [status.ready for status in pod.status.init_container_statuses or []]
        assert is_ready(pod), (
            f"pod {MEANWHILE} {describe(pod)}, it has {'' if any(found) else 'not '}found a Service by its name"
        )
        return True

    def lost_writes(self) -> list[str]:
        """The acknowledged writes that are missing."""
        listed = self.cluster.core.list_namespaced_config_map(self.namespace.name).items
        there = {item.metadata.name for item in listed}
        return [name for _, name in self.writer.acknowledged if name not in there]
