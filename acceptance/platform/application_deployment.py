"""How an Application comes up: Argo CD deploys it, and a run waits for it. Source: tasks 11 to 16."""

from __future__ import annotations

import functools
import re
import time
from typing import Any

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import APPLICATION_READY, COMPONENT_READY, SETTLED
from acceptance.base.labels import NAME_LABEL
from acceptance.base.progress import say
from acceptance.base.waiting import TimedOut, eventually
from acceptance.cluster.diagnostics import log_of
from acceptance.cluster.manifests import apply
from acceptance.cluster.workloads import workloads
from acceptance.platform.application_status import (
    ARGOCD,
    GOOD,
    GROUP,
    REFRESH,
    TERMINATING,
    messages,
    operation_in_progress,
    summary,
)
from acceptance.platform.platform import Blocked, Platform

WAITS_FOR_JOB = re.compile(r"waiting for completion of hook batch/Job/([a-z0-9-]+)")
STUCK = 45
"""Seconds that Argo CD may take to notice that a Job has ended."""


def deploy_application(name: str) -> Any:
    """Deploys one of the plan's Applications: applies its manifest; Argo CD does the rest."""

    def deploy(platform: Platform) -> None:
        manifests = platform.render("argocd/applications")
        apply(platform.cluster, [manifest for manifest in manifests if manifest["metadata"]["name"] == name])
        # Argo CD removes this once it has refreshed: the earlier status is out of date.
        asked = {"metadata": {"annotations": {REFRESH: "normal"}}}
        platform.cluster.custom.patch_namespaced_custom_object(*GROUP, ARGOCD, "applications", name, asked)
        wait_deployed(platform, name)

    return deploy


def wait_deployed(platform: Platform, name: str) -> None:
    """Wait until an Application is Synced and Healthy, and its last operation has Succeeded.

    If its pods exist, it is accepted as it is once its sync has finally failed or the time is up: the scenarios judge
    what is wrong with it, each for itself. Raises Blocked if there is nothing to judge.
    """
    what = f"the Application {name} to be {'/'.join(GOOD)}"
    hint = f"kubectl -n argocd describe application {name}; kubectl get pods"

    def deployed() -> bool:
        found = application(platform, name)
        assert REFRESH not in found["metadata"].get("annotations", {}), "Argo CD has not polled Git yet"
        status = found.get("status", {})
        seen = summary(status)
        begin_anew_if_stuck(platform, name, status)
        if seen != GOOD:
            text = f"{'/'.join(seen)} {messages(status)}".strip()
            assert seen[2] in ("Failed", "Error") and serves(platform, name), text
            say(f"  continuing with {name} although it is {text}")
        return True

    within = APPLICATION_READY if platform.environment.is_long_lived else COMPONENT_READY
    try:
        eventually(deployed, within=within, what=what, hint=hint)
    except TimedOut as error:
        if not serves(platform, name):
            raise Blocked("; ".join([f"blocked by {name}: {error}", *unready(platform, name)])) from error
        say("; ".join([f"  continuing with {name} although {error}", *jobs(platform, name)]))


def begin_anew_if_stuck(platform: Platform, name: str, status: dict[str, Any]) -> None:
    """Terminate a sync that still waits for a hook's Job which ended a while ago, and request another.

    Argo CD occasionally misses the end of a hook, and then waits forever. Source: argo-cd's issue 6880.
    """
    state = status.get("operationState", {})
    hook = WAITS_FOR_JOB.search(state.get("message", ""))
    if state.get("phase") != "Running" or not hook:
        return
    ended = [
        job.status.completion_time.timestamp()
        for job in platform.cluster.batch.list_namespaced_job("default").items
        if job.metadata.name == hook[1] and job.status.completion_time
    ]
    if not ended or time.time() - ended[0] < STUCK:
        return
    say(f"  the sync of {name} waits for {hook[1]}, which ended {time.time() - ended[0]:.0f} s ago: restarting it")
    patch = functools.partial(
        platform.cluster.custom.patch_namespaced_custom_object, *GROUP, ARGOCD, "applications", name
    )
    patch(TERMINATING)

    def has_ended() -> bool:
        doing = operation_in_progress(application(platform, name))
        assert not doing, f"it is still {doing}"
        return True

    eventually(has_ended, within=SETTLED, what=f"the sync of {name} to end", hint=f"kubectl -n argocd get app {name}")
    patch({"operation": {"initiatedBy": {"username": "acceptance"}, "sync": {"syncStrategy": {"hook": {}}}}})


def serves(platform: Platform, name: str) -> bool:
    """Whether every Deployment and StatefulSet of an Application has a ready pod."""
    found = workloads(platform.cluster, "default", f"{NAME_LABEL}={name}")
    return bool(found) and all(item.status.ready_replicas for item in found)


def unready(platform: Platform, name: str) -> list[str]:
    """The pods of an Application that are not ready, and the last warning about each."""
    core, found = platform.cluster.core, []
    for pod in core.list_namespaced_pod("default", label_selector=f"{NAME_LABEL}={name}").items:
        if pod.status.phase != "Succeeded" and not is_ready(pod):
            selector = f"involvedObject.name={pod.metadata.name},type=Warning"
            events = core.list_namespaced_event("default", field_selector=selector).items
            warning = max(events, key=lambda event: int(event.metadata.resource_version), default=None)
            found.append(f"{pod.metadata.name} {describe(pod)}" + (f": {warning.message[:200]}" if warning else ""))
    return found


def jobs(platform: Platform, name: str) -> list[str]:
    """What the Jobs of an Application's syncs did, and their pods' last log lines: why a sync may not end."""
    core, found = platform.cluster.core, []
    for job in platform.cluster.batch.list_namespaced_job("default", label_selector=f"{NAME_LABEL}={name}").items:
        said = [f"{item.type} {item.message or ''}" for item in job.status.conditions or [] if item.status == "True"]
        found.append(f"Job {job.metadata.name}: {', '.join(said) or f'{job.status.active or 0} active'}")
        for pod in core.list_namespaced_pod("default", label_selector=f"job-name={job.metadata.name}").items:
            log = " | ".join(log_of(platform.cluster, pod, lines=3, timeout=3).splitlines())
            found.append(f"its pod {pod.metadata.name} on {pod.spec.node_name} {describe(pod)}: {log}")
    return found


def application(platform: Platform, name: str) -> dict[str, Any]:
    """An Application, as the API server has it; it has no status until Argo CD has processed it."""
    return dict(platform.cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", name))
