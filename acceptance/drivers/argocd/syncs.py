"""Argo CD's work on a demo: it notices a push, syncs it, waits for health, keeps a record, rolls back."""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from acceptance.base.deadlines import DETECTED_BY_WEBHOOK, POD_READY, SYNCED, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.drivers.argocd.demos import Demo, wait_status
from acceptance.platform.application_status import GOOD, messages

RECENT = 180
"""Maximum difference in seconds between a recorded time and now."""
READ = "kubectl -n argocd logs deploy/argocd-repo-server; kubectl -n git get pods"


def wait_read(argocd: ArgoCD, url: str) -> dict[str, Any]:
    """Wait until Argo CD says that it can read a repository; return the connection's state."""

    def connected() -> dict[str, Any]:
        found = argocd.call("GET", f"repositories/{quote(url, safe='')}", forceRefresh="true")
        state = dict(found.get("connectionState", {}))
        assert state.get("status") == "Successful", f"{state.get('status')}: {state.get('message', '')[:300]}"
        return state

    return eventually(connected, within=POD_READY, what=f"Argo CD to read {url}", hint=READ)


def wait_at_head(demo: Demo) -> None:
    """Wait until the Application is at the last commit of its repository's main branch."""
    head = demo.repository.git("ls-remote", demo.repository.remote(), "refs/heads/main").split()[0]

    def at_head() -> bool:
        seen = demo.status(refresh=True)["sync"].get("revision")
        assert seen == head, f"Application {demo.name} is at {seen}"
        return True

    eventually(at_head, within=DETECTED_BY_WEBHOOK, what=f"{demo.name} to be at {head}", hint=demo.hint)


def wait_noticed(demo: Demo, deadline: Deadline) -> float:
    """Wait until the Application is OutOfSync at the pushed commit; return the seconds since the push."""

    def noticed() -> float:
        seen = demo.status()["sync"]
        assert (seen.get("revision"), seen["status"]) == (demo.pushed, "OutOfSync"), (
            f"{seen['status']} at {seen.get('revision', '')[:8]}"
        )
        return time.monotonic() - demo.pushed_at

    return eventually(noticed, within=deadline, what=f"Argo CD to notice the push of {demo.pushed[:8]}", hint=demo.hint)


def wait_out_of_sync(demo: Demo) -> None:
    """Wait until a refresh shows the Application OutOfSync at the pushed commit."""

    def at_commit() -> bool:
        seen = demo.status(refresh=True)["sync"]
        assert (seen["status"], seen.get("revision")) == ("OutOfSync", demo.pushed), (
            f"{seen['status']} at {seen.get('revision')}"
        )
        return True

    eventually(at_commit, within=SYNCED, what=f"{demo.name} to be OutOfSync at {demo.pushed[:8]}", hint=demo.hint)


def wait_change(demo: Demo) -> None:
    """Wait until the cluster has the pushed change, and its sync is recorded as successful."""

    def has_change() -> bool:
        seen = demo.deployed_text()
        assert seen == demo.text, f"the ConfigMap says {seen!r}"
        return True

    # Another criterion judges whether the push is noticed unaided: here Argo CD is told to refresh.
    demo.look()
    eventually(has_change, within=SYNCED, what=f"the ConfigMap to have {demo.text!r}", hint=demo.hint)
    wait_status(demo, GOOD, demo.pushed)


def new_pods_ready(demo: Demo) -> bool:
    """Whether all pods of the Deployment's newest version are ready."""
    deployment = demo.namespace.cluster.apps.read_namespaced_deployment(demo.name, demo.namespace.name)
    env = {item.name: item.value for item in deployment.spec.template.spec.containers[0].env}
    status = deployment.status
    current = status.observed_generation == deployment.metadata.generation
    ready = status.updated_replicas == 1 and (status.unavailable_replicas or 0) == 0
    return bool(env.get("TEXT") == demo.text and current and ready)


HOOK_HINT = "Try: look for a PostSync hook in the Application's manifests"


@dataclass
class PhaseWatch:
    """The phases of a sync and the readiness of its pods, observed until the pods are ready."""

    demo: Demo
    seen: list[dict[str, Any]] = field(default_factory=list)
    early: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Observe until the new pods are ready, or the sync is called Succeeded before they are."""
        eventually(self.look, within=SYNCED, what="the new pods to be ready", hint=self.demo.hint)

    def look(self) -> bool:
        """Observe once. Readiness is read before the phase: later readiness proves nothing about that moment."""
        ready = new_pods_ready(self.demo)
        operation = self.demo.status().get("operationState", {})
        ours = operation.get("syncResult", {}).get("revision") == self.demo.pushed
        phase = operation.get("phase") if ours else None
        after = round(time.monotonic() - self.demo.pushed_at, 1)
        self.seen.append({"ready": ready, "phase": phase, "after": after})
        # The pods may have become ready between the two readings, so readiness is read again.
        if phase == "Succeeded" and not ready and not new_pods_ready(self.demo):
            self.early.append(f"called Succeeded {after} s after the push, while its pods were not ready")
        return ready or bool(self.early)

    @property
    def ran_while_unready(self) -> bool:
        """Whether the sync was seen running while the pods were not ready; otherwise nothing is proven."""
        return any(not item["ready"] and item["phase"] == "Running" for item in self.seen)


def wait_degraded(demo: Demo) -> str:
    """Wait until the Application is Degraded; return its messages."""

    def degraded() -> dict[str, Any]:
        status = demo.status()
        health = status.get("health", {}).get("status")
        assert health == "Degraded", f"the health of {demo.name} is {health}"
        return status

    return messages(eventually(degraded, within=SYNCED, what=f"{demo.name} to be Degraded", hint=demo.hint))


def wait_taken_out(demo: Demo) -> None:
    """Wait until an automated sync has removed the object that is no longer in Git from the cluster."""
    demo.look()

    def gone() -> bool:
        assert not demo.has_deployment(), f"the Deployment {demo.name} still exists"
        assert not demo.has_replica_sets(), f"the Deployment {demo.name} is gone, but its ReplicaSet still exists"
        return True

    eventually(gone, within=SYNCED, what=f"the Deployment of {demo.name} to be gone, as in Git", hint=demo.hint)
    wait_status(demo, GOOD, demo.pushed)


def wait_healed(demo: Demo) -> None:
    """Wait until manual changes are reverted to what Git says."""

    def healed() -> bool:
        seen = demo.deployed_text()
        assert seen == demo.text, f"the ConfigMap says {seen!r}"
        return True

    eventually(healed, within=SYNCED, what=f"the ConfigMap to have {demo.text!r} again, as in Git", hint=demo.hint)


def stays_as_it_was(demo: Demo, seconds: int) -> None:
    """See that nothing is deployed for `seconds` and no sync runs. Raises DidNotStay."""

    def undeployed() -> bool:
        assert demo.deployed_text() == "first", f"{demo.pushed[:8]} was deployed"
        # A sync might start at each comparison with Git.
        operation = demo.status(refresh=True).get("operationState", {}).get("syncResult", {}).get("revision")
        assert operation == demo.first, f"there was a sync of {operation}"
        return True

    during = Deadline(seconds, "criterion 3.7: until somebody asks")
    what = "no deployment while auto-sync is off and nobody requests a sync"
    consistently(undeployed, during=during, what=what, hint=demo.hint)


def sync_record(demo: Demo, phase: str) -> dict[str, Any]:
    """Wait until the sync of the pushed commit ends with `phase`; return the Application's status."""

    def ended() -> dict[str, Any]:
        status = demo.status(refresh=True)
        operation = status.get("operationState", {})
        revision = operation.get("syncResult", {}).get("revision")
        assert (revision, operation.get("phase")) == (demo.pushed, phase), (
            f"{operation.get('phase')} of {(revision or 'no commit')[:8]} {operation.get('message', '')}"
        )
        return status

    return eventually(ended, within=SYNCED, what=f"the sync of {demo.pushed[:8]} to be {phase}", hint=demo.hint)


def said_of_failure(operation: dict[str, Any]) -> list[str]:
    """The messages in a sync's record: about the sync itself, and about each object."""
    resources = operation.get("syncResult", {}).get("resources", [])
    return [operation.get("message", ""), *(item.get("message", "") for item in resources)]


def is_recent(text: str) -> bool:
    """Whether one of Argo CD's times is at most RECENT seconds away."""
    moment = datetime.datetime.fromisoformat(text)
    return abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()) < RECENT


def roll_back(demo: Demo) -> list[dict[str, Any]]:
    """Roll back to the commit before the pushed one; return the history as it was before."""
    history = list(demo.status()["history"])
    assert [entry["revision"] for entry in history][-2:] == [demo.first, demo.pushed], (
        f"expected {demo.first[:8]} and {demo.pushed[:8]} at the end of the history of {demo.name}, saw {history}"
    )
    try:
        demo.argocd.rollback(demo.name, history[-2]["id"])
    except requests.HTTPError as error:
        raise AssertionError(f"Argo CD refused to roll {demo.name} back: {error}. Try: {demo.hint}") from error
    return history


def wait_rolled_back(demo: Demo) -> list[dict[str, Any]]:
    """Wait until a sync of the first commit has restored its state in the cluster; return the history."""

    def rolled_back() -> dict[str, Any]:
        status = demo.status()
        operation = status.get("operationState", {})
        seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
        assert seen == ("Succeeded", demo.first), f"{seen[0]} of {(seen[1] or '')[:8]} {operation.get('message', '')}"
        assert demo.deployed_text() == "first", f"the ConfigMap says {demo.deployed_text()!r}"
        return status

    status = eventually(rolled_back, within=SYNCED, what=f"{demo.name} to be back at {demo.first[:8]}", hint=demo.hint)
    return list(status["history"])


def as_text(seen: list[dict[str, Any]]) -> str:
    """The last five observations as JSON, for a message."""
    return json.dumps(seen[-5:])
