"""What the platform's own Applications and Argo CD are set to do, here and in production.

The scenarios prove a behaviour on a demo of their own; the platform's objects have to have the values that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import yaml

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import HOOK, Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.workloads import workloads
from acceptance.platform.application_status import ARGOCD, GROUP
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SKIP = "argocd.argoproj.io/skip-reconcile"
DEPLOYED = {
    "ConfigMap", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding", "Service",
    "ServiceAccount", "StatefulSet",
}  # fmt: skip
"""The kinds of object that the Applications consist of."""
KEPT = 2
"""Records that an Application keeps at least: the one before the last can be returned to."""
GIVES_UP = 600
"""Seconds after which Kubernetes gives up on a rollout where nothing is said (progressDeadlineSeconds)."""
STAYS = 3
"""Seconds for which a pod that is to end takes requests at least: Traefik takes 2 s to learn that it goes."""
Judge = Callable[[Manifest], str]
"""What is wrong with an object, in words; nothing if nothing is."""


def troubles(objects: Mapping[str, Manifest], judge: Judge) -> dict[str, str]:
    """What is wrong with each of some objects. Raises AssertionError if there are none."""
    assert objects, "expected objects to judge, there are none"
    return {name: wrong for name, item in objects.items() if (wrong := judge(item))}


def applications_everywhere(platform: Platform) -> dict[str, Manifest]:
    """Every Application that no scenario made, and those that production renders."""
    items = platform.cluster.custom.list_cluster_custom_object(*GROUP, "applications")["items"]
    found = {item["metadata"]["name"]: dict(item) for item in items if not of_scenario(item["metadata"].get("labels"))}
    missing = sorted(set(APPLICATIONS) - set(found))
    assert not missing, f"expected the platform's Applications, {missing} are missing"
    return found | named_as_production(platform.rendering.production("argocd/applications"))


def projects_everywhere(platform: Platform) -> dict[str, Manifest]:
    """Every project of Argo CD, and those that production renders."""
    items = platform.cluster.custom.list_cluster_custom_object(*GROUP, "appprojects")["items"]
    found = {item["metadata"]["name"]: dict(item) for item in items}
    return found | named_as_production(platform.rendering.production("argocd/projects"))


def settings_everywhere(platform: Platform) -> dict[str, Manifest]:
    """argocd-cm, here and in production."""
    here = {"metadata": {"name": "argocd-cm"}, "data": argocd_settings(platform.cluster)}
    return {"argocd-cm": here} | named_as_production(
        item for item in platform.rendering.production("argocd") if item["metadata"]["name"] == "argocd-cm"
    )


def workloads_everywhere(platform: Platform) -> dict[str, Manifest]:
    """The Deployments and StatefulSets of the platform's namespace, and those that production renders."""
    api = platform.cluster.api
    found = {}
    for item in workloads(platform.cluster, "default"):
        if not of_scenario(item.metadata.labels):
            found[item.metadata.name] = dict(api.sanitize_for_serialization(item))
    for name in APPLICATIONS:
        rendered = platform.rendering.production(name)
        found |= named_as_production(item for item in rendered if item["kind"] in ("Deployment", "StatefulSet"))
    return found


def named_as_production(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """Objects that production renders, by what messages call them."""
    return {f"production's {item['metadata']['name']}": item for item in manifests}


def argocd_settings(cluster: Cluster) -> dict[str, str]:
    """The data of argocd-cm as the cluster has it."""
    return dict(cluster.core.read_namespaced_config_map("argocd-cm", ARGOCD).data or {})


def needs_a_hand(application: Manifest) -> str:
    """Why somebody has to act before an Application is as Git says; nothing if nobody has to."""
    policy = application["spec"].get("syncPolicy", {}).get("automated")
    if policy is None or policy.get("enabled") is False:
        return "auto-sync is off"
    off = [name for name in ("prune", "selfHeal") if policy.get(name) is not True]
    return f"{' and '.join(off)} off" if off else ""


def has_windows(project: Manifest) -> str:
    """The times at which a project's Applications are kept from syncing, or are let alone."""
    windows = project["spec"].get("syncWindows")
    return f"it has sync windows: {windows}" if windows else ""


def leaves_out(application: Manifest) -> str:
    """What of Git an Application does not follow."""
    spec = application["spec"]
    if spec.get("sources") or spec["source"].get("targetRevision") != "main":
        return f"it follows {spec.get('sources') or spec['source'].get('targetRevision')}, not the branch main"
    if spec.get("ignoreDifferences"):
        return f"it ignores differences: {spec['ignoreDifferences']}"
    return "it is not looked at (skip-reconcile)" if SKIP in application["metadata"].get("annotations", {}) else ""


def hides(settings: Manifest) -> str:
    """What argocd-cm has Argo CD leave out of its comparisons."""
    data = settings.get("data", {})
    found = [key for key in data if key.startswith("resource.customizations.ignoreDifferences")]
    for entry in yaml.safe_load(data.get("resource.exclusions") or "[]"):
        found += [f"resource.exclusions of {kind}" for kind in entry.get("kinds", ["*"]) if kind in {*DEPLOYED, "*"}]
    return ", ".join(found)


def excuses(settings: Manifest) -> str:
    """What argocd-cm has Argo CD call healthy by a rule of its own."""
    found = [key for key in settings.get("data", {}) if key.startswith("resource.customizations.health.")]
    return ", ".join(found)


def forgets(application: Manifest) -> str:
    """Whether an Application keeps too few records of its syncs to return to one."""
    # Argo CD keeps ten where nothing is said.
    kept = application["spec"].get("revisionHistoryLimit", 10)
    return f"it keeps {kept} records" if kept < KEPT else ""


def never_fails(workload: Manifest) -> str:
    """Why a workload whose pods are not well would never be called so."""
    spec = workload["spec"]
    blind = [item["name"] for item in spec["template"]["spec"]["containers"] if not item.get("readinessProbe")]
    if blind:
        return f"{', '.join(blind)} has no readiness probe"
    waits = spec.get("progressDeadlineSeconds", GIVES_UP)
    return f"a rollout is given up after {waits} s only" if waits > GIVES_UP else ""


def loses_requests(workload: Manifest) -> str:
    """Why an update of a Deployment would lose requests: an old pod goes before a new one takes them."""
    if workload.get("kind", "Deployment") != "Deployment" or "strategy" not in workload["spec"]:
        return ""
    spec = workload["spec"]
    rolling = spec["strategy"].get("rollingUpdate") or {}
    if spec["strategy"].get("type", "RollingUpdate") != "RollingUpdate" or rolling.get("maxUnavailable") not in (
        0,
        "0%",
    ):
        return f"its strategy lets old pods go first: {spec['strategy']}"
    stays = max(seconds_before_stop(item) for item in spec["template"]["spec"]["containers"])
    return "" if stays >= STAYS else f"its pods end before Traefik knows it (preStop of {stays:g} s)"


def seconds_before_stop(container: Manifest) -> float:
    """How long a container that is to end goes on taking requests: what its preStop hook sleeps."""
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    command = " ".join((hook.get("exec") or {}).get("command") or [])
    slept = re.search(r"\bsleep (\d+(?:\.\d+)?)", command)
    return float(slept[1] if slept else (hook.get("sleep") or {}).get("seconds", 0))


def hooks_in(manifests: Iterable[Manifest]) -> list[str]:
    """The names of the PostSync hooks among objects: what makes a sync wait for health."""
    return [
        item["metadata"]["name"]
        for item in manifests
        if item["metadata"].get("annotations", {}).get(HOOK) == "PostSync" and item["kind"] == "Job"
    ]


def hooks_that_ran(application: Manifest) -> list[str] | None:
    """The PostSync hooks that ended an Application's last sync well; None if that sync was of single objects.

    Argo CD runs no hooks when it heals single objects.
    """
    operation = application.get("status", {}).get("operationState", {})
    if operation.get("operation", {}).get("sync", {}).get("resources"):
        return None
    resources = operation.get("syncResult", {}).get("resources", [])
    return [
        item["name"] for item in resources if (item.get("hookType"), item.get("hookPhase")) == ("PostSync", "Succeeded")
    ]


def hooks_everywhere(platform: Platform, argocd: ArgoCD) -> dict[str, list[str]]:
    """The PostSync hooks of the platform's Applications: in Git, in the last sync, and in production's rendering."""
    found = {}
    for name in APPLICATIONS:
        found[f"{name} in Git"] = hooks_in(argocd.manifests(name))
        ran = hooks_that_ran(argocd.application(name))
        if ran is not None:
            found[f"{name}'s last sync"] = ran
        found[f"production's {name}"] = hooks_in(platform.rendering.production(name))
    return found
