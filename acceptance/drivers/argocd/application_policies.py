"""The settings of the platform's own Applications and of Argo CD, here and in production.

Scenarios prove a behaviour on a demo Application; the platform's objects must have the settings that it requires.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping

from acceptance.base.conditions import share_of
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.workloads import workloads
from acceptance.drivers.argocd import serving_containers
from acceptance.drivers.argocd.sync_options import KEEPS, is_unchecked
from acceptance.platform.application_status import GROUP
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SKIP = "argocd.argoproj.io/skip-reconcile"
STAYS = 3
"""Seconds that a terminating pod must keep accepting requests: Traefik takes 2 s to notice that it is terminating."""
GRACE = 30
"""The default grace period in seconds, preStop hook included, after which a terminating pod is killed."""
LASTS = 15
"""Seconds that a terminating pod must have after its preStop hook: 14.1 sends requests that take 12 s to arrive."""
PATHS = "argocd.argoproj.io/manifest-generate-paths"
ORPHANS = "PrunePropagationPolicy=orphan"
"""The option with which pruning a Deployment leaves its ReplicaSets and pods behind."""
SOURCE = {"repoURL", "targetRevision", "path"}
"""The fields that an Application's source may have: any other one changes what Git says."""
IN_GIT: tuple[dict[str, bool], ...] = ({}, {"recurse": True})
"""Values of other fields of a source that leave what Git says unchanged."""
FOLLOWS = ("main", "HEAD", "refs/heads/main")
"""The revisions that are the head of main, where it is the repository's default branch."""
KEPT = 3
"""The fewest sync records that an Application may keep: 14.3 returns to the commit before two others."""
REDIRECTION = re.compile(r"\d?[<>]&\d|&>")
SHELLS = ("ash", "bash", "dash", "sh")
BACKGROUND = re.compile(r"[^;&|\n]*&(?!&)")
"""The rest of a shell's command that it starts in the background."""
Judge = Callable[[Manifest], str]
"""Says in words what is wrong with an object; empty if nothing is."""


def troubles(objects: Mapping[str, Manifest], judge: Judge) -> dict[str, str]:
    """What is wrong with objects, by name; sound ones are left out. Raises AssertionError if there are no objects."""
    assert objects, "expected objects to judge, saw none"
    return {name: wrong for name, item in objects.items() if (wrong := judge(item))}


def applications_everywhere(platform: Platform) -> dict[str, Manifest]:
    """Every Application that is not a scenario's, and those that production renders.

    Raises AssertionError if one of the platform's is missing in the cluster.
    """
    items = platform.cluster.custom.list_cluster_custom_object(*GROUP, "applications")["items"]
    found = {item["metadata"]["name"]: dict(item) for item in items if not of_scenario(item["metadata"].get("labels"))}
    missing = sorted(set(APPLICATIONS) - set(found))
    assert not missing, f"expected all of the platform's Applications in the cluster, but {missing} are missing"
    return found | named_as_production(platform.rendering.production("argocd/applications"))


def projects_everywhere(platform: Platform) -> dict[str, Manifest]:
    """Every AppProject of Argo CD, and those that production renders."""
    items = platform.cluster.custom.list_cluster_custom_object(*GROUP, "appprojects")["items"]
    found = {item["metadata"]["name"]: dict(item) for item in items}
    return found | named_as_production(platform.rendering.production("argocd/projects"))


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
    """Objects that production renders, under the names that messages use."""
    return {f"production's {item['metadata']['name']}": item for item in manifests}


def needs_a_hand(application: Manifest) -> str:
    """Why an Application does not converge on Git by itself; empty if it does."""
    policy = (application["spec"].get("syncPolicy") or {}).get("automated")
    if policy is None or policy.get("enabled") is False:
        return "auto-sync is off"
    off = [name for name in ("prune", "selfHeal") if policy.get(name) is not True]
    options = application["spec"]["syncPolicy"].get("syncOptions") or []
    kept = [option for option in options if option in (*KEEPS, ORPHANS)]
    return " and ".join([*(f"{name} off" for name in off), *kept])


def has_windows(project: Manifest) -> str:
    """A project's sync windows, outside or inside which its Applications do not sync; empty if it has none."""
    windows = project["spec"].get("syncWindows")
    return f"it has sync windows: {windows}" if windows else ""


def leaves_out(application: Manifest) -> str:
    """Why an Application does not follow everything on Git's main branch; empty if it does."""
    spec, notes = application["spec"], application["metadata"].get("annotations") or {}
    if spec.get("sources") or spec["source"].get("targetRevision") not in FOLLOWS:
        return f"it follows {spec.get('sources') or spec['source'].get('targetRevision')}, not the branch main"
    if changes := {key: value for key, value in spec["source"].items() if key not in SOURCE and value not in IN_GIT}:
        return f"it overrides what is in Git: {changes}"
    if spec.get("ignoreDifferences"):
        return f"it ignores differences: {spec['ignoreDifferences']}"
    if unchecked := is_unchecked(application):
        return unchecked
    if SKIP in notes:
        return "Argo CD does not reconcile it (skip-reconcile)"
    return f"it ignores changes outside {notes[PATHS]} (manifest-generate-paths)" if PATHS in notes else ""


def other_sources(found: Mapping[str, Manifest], rendered: Iterable[Manifest]) -> dict[str, str]:
    """The Applications whose repository, branch or folder differs from their manifest."""
    wanted = {item["metadata"]["name"]: item["spec"]["source"] for item in rendered if item["kind"] == "Application"}
    return {
        name: f"it follows {found[name]['spec'].get('source')}, not {source}"
        for name, source in wanted.items()
        if name in found and found[name]["spec"].get("source") != source
    }


def has_lost_records(application: Manifest) -> str:
    """The records that a synced Application lacks: of its last good sync, or of how its last operation ended."""
    status = application.get("status") or {}
    entries, operation = status.get("history") or [{}], status.get("operationState") or {}
    missing = [
        f"{key} in its history" for key in ("revision", "deployedAt") if not all(item.get(key) for item in entries)
    ]
    missing += [f"record before {entries[0].get('id')} in its history"] if has_gaps(application) else []
    missing += [f"{key} in its operationState" for key in ("phase", "startedAt") if not operation.get(key)]
    # A running operation has not finished.
    if operation.get("phase") != "Running" and not operation.get("finishedAt"):
        missing.append("finishedAt in its operationState")
    return f"it has no {', '.join(missing)}" if missing else ""


def has_gaps(application: Manifest) -> bool:
    """Whether the records of an Application's syncs were thinned out: Argo CD numbers them from 0 without gaps.

    It removes the oldest once there are more than the limit. Source: argo-cd, `persistRevisionHistory`.
    """
    entries = (application.get("status") or {}).get("history") or []
    numbers = [int(item.get("id", 0)) for item in entries]
    if not numbers or numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        return bool(numbers)
    return numbers[0] > 0 and len(numbers) < min(kept_records(application), KEPT)


def kept_records(application: Manifest) -> int:
    """How many records of syncs an Application keeps; Argo CD's default is ten."""
    return int((application.get("spec") or {}).get("revisionHistoryLimit", 10))


def forgets(application: Manifest) -> str:
    """Why an Application cannot return to an earlier sync: it keeps too few records; empty if it keeps enough."""
    kept = kept_records(application)
    return f"it keeps {kept} records" if kept < KEPT else ""


def cannot_be_undone(workload: Manifest) -> str:
    """Why `kubectl rollout undo` would be refused for a Deployment, whatever revisions it keeps; empty if not."""
    return "its rollout is paused, so an undo is refused" if workload["spec"].get("paused") else ""


def that_lose_requests(platform: Platform) -> dict[str, str]:
    """Why updates of the platform's Deployments would lose requests, here and in production, by name."""
    services = serving_containers.services_everywhere(platform)
    return troubles(workloads_everywhere(platform), functools.partial(loses_requests, services=services))


def loses_requests(workload: Manifest, services: Iterable[Manifest] = ()) -> str:
    """Why an update of a Deployment would lose requests: old pods stop before new ones serve; empty if it would not.

    Those that have begun have to be finished, too: the grace period includes the preStop hook. Each container that
    one of `services` leads to has to stay; others may go.
    """
    spec = workload["spec"]
    # The API gives a strategy to each Deployment and lists objects without their kind.
    if workload.get("kind", "Deployment" if "strategy" in spec else "") != "Deployment":
        return ""
    strategy = spec.get("strategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate" or goes_first(spec):
        return f"its strategy removes old pods before new ones are ready: {strategy}"
    waits = [seconds_before_stop(item) for item in serving_containers.serving(spec["template"], services)]
    if min(waits) < STAYS:
        return f"its pods stop while Traefik still sends them requests (preStop of {min(waits):g} s)"
    killed = spec["template"]["spec"].get("terminationGracePeriodSeconds", GRACE)
    if killed - max(waits) >= LASTS:
        return ""
    return f"its pods are killed {killed} s after their termination begins, with preStop for {max(waits):g} s of them"


def goes_first(spec: Manifest) -> int:
    """How many of a Deployment's pods may stop before new ones are ready: a percentage rounds down; default 25%."""
    share = ((spec.get("strategy") or {}).get("rollingUpdate") or {}).get("maxUnavailable", "25%")
    return share_of(share, int(spec.get("replicas", 1)))


def script_of(command: list[str]) -> str:
    """What runs if a command is executed without a shell, as one line; empty if that is nothing.

    No program has a blank in its name, and a shell takes one word after its `-c` for its script.
    """
    program = command[0] if command else " "
    if " " in program:
        return ""
    if program.rpartition("/")[2] not in SHELLS:
        return " ".join(command)
    options = [number for number, word in enumerate(command) if re.fullmatch(r"-[a-z]*c[a-z]*", word)]
    following = command[options[0] + 1 :] if options else []
    return next((word for word in following if not word.startswith(("-", "+"))), "")


def seconds_before_stop(container: Manifest) -> float:
    """Seconds that a terminating container keeps accepting requests: the sleep of its preStop hook.

    A sleep in the background delays nothing, unless the hook waits for it.
    """
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    command = REDIRECTION.sub("", script_of((hook.get("exec") or {}).get("command") or []))
    slept = re.search(r"\bsleep (\d+(?:\.\d+)?)", command)
    if slept and BACKGROUND.match(command, slept.end()) and not re.search(r"\bwait\b", command):
        return 0.0
    return float(slept[1] if slept else (hook.get("sleep") or {}).get("seconds", 0))
