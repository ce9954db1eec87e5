"""Good and bad rollouts of a service, and rollbacks with kubectl and Argo CD."""

from __future__ import annotations

import secrets
from typing import Any

import requests

from acceptance.base.conditions import is_ready
from acceptance.base.deadlines import ROLLED_OUT, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.cluster import KubectlFailed
from acceptance.drivers.operations.service_under_change import VERSION, ServiceUnderChange
from acceptance.drivers.workloads.pods import restarts
from acceptance.platform.application_status import messages
from acceptance.platform.platform import Platform
from acceptance.platform.routes import SERVICES

GIVES_UP = 10
"""The progress deadline, in seconds, of a scenario's version that never becomes ready. 3.5 judges the services' own
deadline; waiting that long here would prove nothing more."""
STAYS = Deadline(8, "the suite: auto-sync or self-heal would have undone a rollback by then")
NO_SUCH_PATH = "/no-such-path"
SHOWN = ("id", "revision", "deployedAt")
"""The fields of a history entry that the evidence shows."""


def patch_template(service: ServiceUnderChange, template: dict[str, Any]) -> None:
    """Patch the Pod template of the service's Deployment, as an operator does with kubectl."""
    body = {"spec": {"template": template}}
    service.cluster.apps.patch_namespaced_deployment(service.name, "default", body)


def roll_out_never_ready(service: ServiceUnderChange) -> None:
    """Roll out a version whose pods never become ready; return once they run."""
    container = service.deployment().spec.template.spec.containers[0]
    probe = container.readiness_probe
    hint = f"Try: kubectl get deployment {service.name} -o yaml"
    assert probe and probe.http_get, f"expected an HTTP readiness probe of the Deployment {service.name}. {hint}"
    broken = {"httpGet": {"path": NO_SUCH_PATH, "port": "http"}}
    patch_template(service, {"spec": {"containers": [{"name": container.name, "readinessProbe": broken}]}})

    def new_pod() -> bool:
        new = [pod for uid, pod in service.pods().items() if uid not in service.before]
        assert new and all(pod.status.phase == "Running" for pod in new), (
            f"{len(new)} new pods of {service.name}, not all of them Running"
        )
        return True

    eventually(new_pod, within=ROLLED_OUT, what="a running pod of the bad version", hint=service.hint)


def roll_out_completely(service: ServiceUnderChange) -> None:
    """Roll out another version; return once all pods run it and the previous ones are gone."""
    service.version = f"version-{secrets.token_hex(4)}"
    patch_template(service, {"metadata": {"annotations": {VERSION: service.version}}})

    def replaced() -> bool:
        service.all_of(service.version)
        assert not set(service.before) & set(service.pods()), f"old pods of {service.name} still exist"
        return True

    eventually(replaced, within=ROLLED_OUT, what="all pods to run the new version", hint=service.hint)


def undo(service: ServiceUnderChange) -> str:
    """Run `kubectl rollout undo`; return its output. Raises AssertionError if there is no earlier version."""
    try:
        return service.cluster.kubectl("rollout", "undo", f"deployment/{service.name}")
    except KubectlFailed as error:
        raise AssertionError(
            f"kubectl refused to undo the rollout of {service.name}: {error.problem}. Try: {service.hint}"
        ) from error


def wait_version_before(service: ServiceUnderChange) -> None:
    """Wait until the service runs the previous version with all its replicas, and no pod of the bad one."""

    def back() -> bool:
        service.all_of(None)
        path = service.deployment().spec.template.spec.containers[0].readiness_probe.http_get.path
        assert path != NO_SUCH_PATH, f"the Deployment {service.name} still has the bad version"
        return True

    eventually(back, within=ROLLED_OUT, what=f"{service.name} to be back on the previous version", hint=service.hint)


def history_limits(platform: Platform) -> dict[str, int | None]:
    """The revisionHistoryLimit of each service's Deployment, here and as production renders it."""
    found = {}
    for name in SERVICES:
        found[name] = platform.cluster.apps.read_namespaced_deployment(name, "default").spec.revision_history_limit
        rendered = [item for item in platform.rendering.production(name) if item["kind"] == "Deployment"]
        # Kubernetes' default is ten.
        found[f"production's {name}"] = rendered[0]["spec"].get("revisionHistoryLimit", 10)
    return found


def leads_to_unready(platform: Platform) -> list[str]:
    """The services whose Service routes to pods that are not ready, here and as production renders it."""
    here = platform.cluster.core.list_namespaced_service("default").items
    open_ones = [item.metadata.name for item in here if item.spec.publish_not_ready_addresses]
    found = [name for name in open_ones if name in SERVICES]
    for name in SERVICES:
        rendered = [item["spec"] for item in platform.rendering.production(name) if item["kind"] == "Service"]
        found += [f"production's {name}" for spec in rendered if spec.get("publishNotReadyAddresses")]
    return found


def push_refused(service: ServiceUnderChange) -> None:
    """Push a change that the API refuses: a Deployment's selector is immutable."""
    labels = [
        {"op": "add", "path": f"/spec/{where}/extra", "value": "other"}
        for where in ("selector/matchLabels", "template/metadata/labels")
    ]
    service.push(*labels, message=f"{service.name}: a change that the API refuses")
    service.status(refresh=True)


def wait_sync_failed(service: ServiceUnderChange) -> list[str]:
    """Wait until the sync of the pushed commit has failed; return its message and those about each object.

    A sync that is retried has failed before; production's Applications retry for twenty minutes.
    """

    def failed() -> dict[str, Any]:
        operation = dict(service.status().get("operationState", {}))
        phase, revision = operation.get("phase"), operation.get("syncResult", {}).get("revision") or ""
        said = f"{phase} of {revision[:8]} {operation.get('message', '')}"
        has_failed = phase == "Failed" or operation.get("retryCount", 0) > 0
        assert has_failed and service.has_change(revision, service.pushed), said
        return operation

    what = f"the sync of {service.pushed[:8]} to fail"
    operation = eventually(failed, within=ROLLED_OUT, what=what, hint=service.hint)
    return [operation["message"], *(item.get("message", "") for item in operation["syncResult"].get("resources", []))]


def disturbed_pods(service: ServiceUnderChange) -> list[str]:
    """The service's pods that are gone, new, restarted or not ready, compared with those from before, in words."""
    now = service.pods()
    found = [f"{pod.metadata.name} is gone" for uid, pod in service.before.items() if uid not in now]
    found += [f"{pod.metadata.name} is new" for uid, pod in now.items() if uid not in service.before]
    for uid in set(now) & set(service.before):
        name, after = now[uid].metadata.name, now[uid]
        if restarts(service.before[uid]) != restarts(after):
            found.append(f"{name} restarted")
        if not is_ready(after):
            found.append(f"{name} is not ready")
    return found


def stays_undisturbed(service: ServiceUnderChange) -> None:
    """Raise AssertionError unless its pods stay as they were for a while: Argo CD might retry."""

    def undisturbed() -> bool:
        disturbed = disturbed_pods(service)
        assert not disturbed, "; ".join(disturbed)
        return True

    what = f"the pods of {service.name} to stay as they were although its sync failed"
    consistently(undisturbed, during=STAYS, what=what, hint=service.hint)


def push_and_deploy(service: ServiceUnderChange) -> str:
    """Push another version, sync it as an operator does, and wait until it is deployed; return its commit."""
    commit = service.push_version()
    service.status(refresh=True)
    service.is_still_off()
    service.when_idle(lambda: service.argocd.sync(service.name))
    service.wait_deployed(commit, service.version)
    return commit


def roll_back_to_first(service: ServiceUnderChange) -> list[dict[str, Any]]:
    """Roll back to the commit from before all changes; return the history as it was before."""
    history = service.status()["history"]
    entries = [entry for entry in history if entry["revision"] == service.first]
    kept = [entry["revision"][:8] for entry in history]
    assert entries, f"expected a record of {service.first[:8]} in the history of {service.name}, saw {kept}"
    service.is_still_off()
    try:
        service.when_idle(lambda: service.argocd.rollback(service.name, entries[-1]["id"]))
    except requests.HTTPError as error:
        raise AssertionError(f"Argo CD refused to roll {service.name} back: {error}. Try: {service.hint}") from error
    return [{key: entry[key] for key in SHOWN} for entry in history]


def stays_with_first(service: ServiceUnderChange) -> None:
    """Wait until its pods run the first commit, and stay there. Raises AssertionError saying what undid it."""
    service.wait_deployed(service.first, None)

    def stays() -> bool:
        last = service.status()["history"][-1]["revision"]
        assert last == service.first, f"{last[:8]} was deployed after {service.first[:8]}"
        return service.all_of(None)

    what = f"{service.name} to stay on the commit that it was rolled back to (auto-sync and self-heal are off)"
    consistently(stays, during=STAYS, what=what, hint=service.hint)


def push_never_ready(service: ServiceUnderChange) -> None:
    """Push a version that never becomes ready, with a short progress deadline."""
    path = "/spec/template/spec/containers/0/readinessProbe/httpGet/path"
    never_ready = {"op": "replace", "path": path, "value": NO_SUCH_PATH}
    sooner = {"op": "add", "path": "/spec/progressDeadlineSeconds", "value": GIVES_UP}
    service.push(never_ready, sooner, message=f"{service.name}: a version that never becomes ready")
    service.status(refresh=True)


def wait_shown_well(argocd: ArgoCD, service: ServiceUnderChange) -> dict[str, str]:
    """Wait until Argo CD shows the Application as Synced and Healthy at the last commit; return what it shows."""

    def well() -> dict[str, str]:
        head = service.head()
        status = argocd.application(service.name, refresh=True)["status"]
        seen = {
            "sync": status["sync"]["status"],
            "health": status["health"]["status"],
            "at": status["sync"]["revision"],
        }
        assert seen == {"sync": "Synced", "health": "Healthy", "at": head}, f"{seen}, the last commit is {head[:8]}"
        return seen

    what = f"{service.name} to be Synced and Healthy at the last commit"
    return eventually(well, within=ROLLED_OUT, what=what, hint=service.hint)


def wait_health(service: ServiceUnderChange, wanted: str) -> str:
    """Wait until the Application's health is `wanted`; return its messages."""

    def reached() -> dict[str, Any]:
        status = service.status()
        health = status["health"]["status"]
        assert health == wanted, f"Application {service.name} is {health}"
        return status

    return messages(eventually(reached, within=ROLLED_OUT, what=f"{service.name} to be {wanted}", hint=service.hint))
