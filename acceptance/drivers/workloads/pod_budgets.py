"""Disruption budgets of single pods: those that select by a label which only the running pod has. Source: plan 25.8.

`disruption_budgets` compares budgets with workloads' templates. A pod has more labels than its template: its name and
number in a StatefulSet, the hash of its Deployment's revision, and what anyone gave it by hand.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubernetes import client

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut, eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import has_scenarios_name, of_scenario
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.access import NAMESPACE

LEFT_ALONE = ("Job", "DaemonSet", "Node")
"""The owners of pods that a drain does not wait for, or that end by themselves."""
ENDED = ("Succeeded", "Failed")
COUNTED = Deadline(15, "the suite: a budget is counted again after a pod was replaced")
HINT = "kubectl get poddisruptionbudgets --all-namespaces; kubectl get pods --all-namespaces --show-labels"


def held_back(cluster: Cluster) -> list[str]:
    """The pods that no drain could ever evict, in words, once the budgets' counts have settled.

    Raises ApiException if the user may not list pods or budgets.
    """

    def settled() -> bool:
        found = in_words(listed_pods(cluster), listed_budgets(cluster))
        assert not found, "; ".join(found)
        return True

    try:
        eventually(settled, within=COUNTED, what="no budget that keeps a pod where it is", hint=HINT)
    except TimedOut:
        return in_words(listed_pods(cluster), listed_budgets(cluster))
    return []


def listed_pods(cluster: Cluster) -> list[Manifest]:
    """The pods of every namespace that a drain has to evict, except scenarios'."""
    found = cluster.api.sanitize_for_serialization(cluster.core.list_pod_for_all_namespaces().items)
    return [pod for pod in found if is_evicted(pod)]


def listed_budgets(cluster: Cluster) -> list[Manifest]:
    """The budgets of every namespace, except scenarios'; on attached clusters those of the platform's namespace.

    One that an operator owns is left out: it moves what it keeps, as those of databases do with a primary.
    """
    items = client.PolicyV1Api(cluster.api).list_pod_disruption_budget_for_all_namespaces().items
    found: list[Manifest] = cluster.api.sanitize_for_serialization(items)
    return [
        item
        for item in found
        if not of_scenario(item["metadata"].get("labels"))
        and not item["metadata"].get("ownerReferences")
        and (not cluster.is_attached or item["metadata"].get("namespace") == NAMESPACE)
    ]


def is_evicted(pod: Manifest) -> bool:
    """Whether a drain would evict a pod and wait for it; a scenario's does not count."""
    metadata = pod["metadata"]
    owners = [owner["kind"] for owner in metadata.get("ownerReferences") or []]
    lives = pod.get("status", {}).get("phase") not in ENDED and not metadata.get("deletionTimestamp")
    own = of_scenario(metadata.get("labels")) or has_scenarios_name(metadata["namespace"])
    return lives and not own and not any(kind in LEFT_ALONE for kind in owners)


def in_words(pods: Iterable[Manifest], budgets: Iterable[Manifest]) -> list[str]:
    """The pods that two budgets select, and the budgets that can never let one of theirs go, in words."""
    found, known = list(pods), list(budgets)
    chosen = {called(item): [pod for pod in found if covers(item, pod)] for item in known}
    said = [text for item in known if (text := never_lets_go(item, chosen[called(item)]))]
    for pod in found:
        names = [name for name, its in chosen.items() if pod in its]
        # The API refuses to evict a pod of two budgets, whatever they say.
        said += [f"the budgets {' and '.join(names)} both select the pod {called(pod)}"] if len(names) > 1 else []
    return said


def never_lets_go(budget: Manifest, pods: list[Manifest]) -> str:
    """Why a budget keeps its pods where they are, even with all of them healthy; empty if it lets one go, or has none.

    A budget with `maxUnavailable` counts all pods of the workload, not only those that it selects: with one of three
    selected it wants two healthy ones, and has one. Source: Kubernetes, disruption controller, getExpectedPodCount.
    """
    status = budget.get("status") or {}
    if not pods or status.get("disruptionsAllowed", 0) > 0:
        return ""
    names = ", ".join(called(pod) for pod in pods)
    failed = [item for item in status.get("conditions") or [] if item.get("reason") == "SyncFailed"]
    if failed:
        return (
            f"the budget {called(budget)} cannot be counted, so {names} cannot be evicted: {failed[0].get('message')}"
        )
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        return f"the budget {called(budget)} has not been counted, so {names} cannot be evicted"
    wanted = status.get("desiredHealthy", 0)
    if len(pods) > wanted:
        return ""
    return f"the budget {called(budget)} wants {wanted} healthy pods and selects {len(pods)}: it never lets {names} go"


def called(item: Manifest) -> str:
    """An object's name with its namespace, as messages give it."""
    metadata = item["metadata"]
    return f"{metadata.get('namespace', 'default')}/{metadata['name']}"


def covers(budget: Manifest, pod: Manifest) -> bool:
    """Whether a budget selects a pod: an empty selector is for all pods of the namespace, none for none."""
    selector = budget["spec"].get("selector")
    same = budget["metadata"].get("namespace", "default") == pod["metadata"].get("namespace", "default")
    return same and selector is not None and selects(selector, pod["metadata"].get("labels") or {})
