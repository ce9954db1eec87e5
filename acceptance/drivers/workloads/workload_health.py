"""Whether a workload with unhealthy pods would be reported as such, and soon. Source: 3.5, 4.11."""

from __future__ import annotations

from typing import Any

from acceptance.cluster.manifests import Manifest

IGNORED = "argocd.argoproj.io/ignore-healthcheck"
GIVES_UP = 600
"""Seconds after which Kubernetes gives up on a rollout where nothing is said (progressDeadlineSeconds)."""
ASKS = {"redis-cli": {"-e", "ping"}}
"""Programs that a readiness probe may run, with what they have to be told: to ask the server, and to fail with it.

Redis answers no HTTP; without `-e` its client takes any answer, an error too, for a good one.
"""
NOTICED = 120
"""Seconds for which a pod may fail its health check, at most, until it is called not ready."""

OUT = 30
"""Seconds for which a Deployment's pod may fail it: so long clients are sent to it. As much as Kubernetes' defaults."""


def is_ignored(workload: Manifest) -> str:
    """Whether Argo CD takes no notice of a workload's health: it ends a sync, and is Healthy, whatever its pods are."""
    notes = workload["metadata"].get("annotations") or {}
    return "Argo CD takes no notice of its health (ignore-healthcheck)" if notes.get(IGNORED) == "true" else ""


def never_fails(workload: Manifest) -> str:
    """Why a workload with unhealthy pods would never be reported as such."""
    spec = workload["spec"]
    if ignored := is_ignored(workload):
        return ignored
    if spec.get("paused"):
        return "its rollout is paused"
    blind = [item["name"] for item in spec["template"]["spec"]["containers"] if not item.get("readinessProbe")]
    if blind:
        return f"{', '.join(blind)} has no readiness probe"
    told = [
        f"{item['name']} is ready by {probe['exec'].get('command')}"
        for item in spec["template"]["spec"]["containers"]
        if (probe := item["readinessProbe"]).get("exec") and not asks_something(probe["exec"])
    ]
    if told:
        return ", ".join(told)
    slow = [
        f"{item['name']} may fail its health check for {seconds} s before anybody is told"
        for item in spec["template"]["spec"]["containers"]
        if (seconds := fails_for(item["readinessProbe"])) > NOTICED
    ]
    if slow:
        return ", ".join(slow)
    waits = spec.get("progressDeadlineSeconds", GIVES_UP)
    return f"a rollout is given up after {waits} s only" if waits > GIVES_UP else ""


def asks_something(command: dict[str, Any]) -> bool:
    """Whether a probe's command checks the server's health."""
    program, *words = command.get("command") or [""]
    return program in ASKS and set(words) >= ASKS[program]


def fails_for(probe: dict[str, Any]) -> int:
    """How many seconds a health check may fail before the pod counts as not ready."""
    # What Kubernetes takes where nothing is said: three times, ten seconds apart.
    return int(probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3))


def stays_in_service(workload: Manifest) -> str:
    """Why clients would long be sent to a pod that is not well; of what is no Deployment nothing: it has no route."""
    spec = workload["spec"]
    # In a list the API leaves out the kind; it fills in the strategy.
    if workload.get("kind") != "Deployment" and "strategy" not in spec:
        return ""
    slow = [
        f"{item['name']} is sent clients for {seconds} s that it fails its health check"
        for item in spec["template"]["spec"]["containers"]
        if (seconds := fails_for(item.get("readinessProbe") or {})) > OUT
    ]
    return ", ".join(slow)
