"""Which pods the rules of network policies let in, by the labels of all pods that there are. Source: plan 27.3 to 27.6.

Connections are tried by pods with the names of Applications alone: a rule may also admit other labels.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import LABEL, NAME_LABEL, PLACE, SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import Namespace, has_scenarios_name, of_scenario
from acceptance.cluster.workloads import pod_of
from acceptance.drivers.secrets.secret_use import KINDS, running_workloads
from acceptance.drivers.security.network_policies import OF_TRAEFIK, let_in_from_elsewhere
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.access import NAMESPACE
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

CALLERS = {
    "auth-service": {"auth-service", "backend-service"},
    "backend-service": {"backend-service"},
    "frontend-service": {"frontend-service"},
    "database": {"auth-service", "backend-service", "database"},
    "redis": {"auth-service", "redis"},
}
"""The Applications whose pods may reach each Application's pods; its own belong to them."""
NAMING = (NAME_LABEL, "app")
"""The labels that say what a pod belongs to: a selector has to ask for one of them."""
Labels = Mapping[str, str]


def labels_of_pods(workload: Manifest) -> dict[str, str]:
    """The labels of the pods that a workload starts, or a pod's own."""
    return dict((pod_of(workload).get("metadata") or {}).get("labels") or {})


def pods_here(namespace: Namespace) -> list[dict[str, str]]:
    """The labels of all pods in the services' namespace, and of those that its workloads start; none of scenarios."""
    pods = [dict(pod.metadata.labels or {}) for pod in namespace.pods() if not of_scenario(pod.metadata.labels)]
    return pods + started_by(running_workloads(namespace.cluster))


def started_by(workloads: Iterable[Manifest]) -> list[dict[str, str]]:
    """The labels of the pods that workloads start; other objects start none."""
    return [labels for item in workloads if (labels := labels_of_pods(item))]


def named(selector: Mapping[str, Any]) -> dict[str, set[str]]:
    """The values that a selector asks for of each label in NAMING that it asks for."""
    found = {key: {value} for key, value in (selector.get("matchLabels") or {}).items() if key in NAMING}
    for item in selector.get("matchExpressions") or []:
        if item["key"] in NAMING and item["operator"] == "In":
            found[item["key"]] = found.get(item["key"], {*item["values"]}) & {*item["values"]}
    return found


def wrongly_admitted(selector: Mapping[str, Any], allowed: set[str], pods: Iterable[Labels]) -> str:
    """Whom a selector of pods admits beyond `allowed` Applications, in words; empty if nobody.

    A selector that asks for no name admits whatever is labelled like that tomorrow.
    """
    pods = list(pods)
    own = [pod for pod in pods if pod.get(NAME_LABEL) in allowed]
    belonging = {label: {pod[label] for pod in own if label in pod} for label in NAMING}
    names = named(selector)
    if not any(values <= belonging[label] | allowed for label, values in names.items()):
        return f"pods by the labels {dict(selector)}"
    others = {pod.get(NAME_LABEL, "no Application") for pod in pods if selects(selector, pod)} - allowed
    return f"pods of {', '.join(sorted(others))}" if others else ""


def of_nowhere(selector: Mapping[str, Any], namespaces: Mapping[str, Labels]) -> bool:
    """Whether a selector of namespaces selects none that exists, nor scenarios': it admits whoever makes one."""
    of_scenarios = (selector.get("matchLabels") or {}).get(SCENARIO_LABEL) == "true"
    # A run that needs no Traefik deploys none.
    known = [{PLACE: name} for name in OF_TRAEFIK] + [*namespaces.values()]
    return not of_scenarios and not any(selects(selector, labels) for labels in known)


def beyond_callers(specs: Mapping[str, Any], pods: list[dict[str, str]], namespaces: Mapping[str, Labels]) -> list[str]:
    """Whom policies (specs by name) admit of their own namespace besides CALLERS, and of namespaces to come, in words.

    `pods`: the labels of the namespace's pods; `namespaces`: labels by name, without scenarios' own.
    """
    here, found = namespaces[NAMESPACE], []
    for name, spec in specs.items():
        covered = {pod.get(NAME_LABEL, "") for pod in pods if selects(spec.get("podSelector") or {}, pod)}
        allowed = set.intersection(*(CALLERS.get(item, set()) for item in covered)) if covered else set()
        peers = [peer for rule in spec.get("ingress") or [] for peer in rule.get("from") or [] if "ipBlock" not in peer]
        for peer in peers if covered else []:
            where = peer.get("namespaceSelector")
            if where is not None and of_nowhere(where, namespaces):
                found.append(f"{name}: pods of namespaces by the labels {where}, which none has")
            inside = where is None or selects(where, here)
            if inside and (said := wrongly_admitted(peer.get("podSelector") or {}, allowed, pods)):
                found.append(f"{name}: {said}")
    return found


@functools.cache
def of_production(platform: Platform) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The policies (specs by name) that production renders, and the labels of the pods of its workloads."""
    rendered = [item for name in APPLICATIONS for item in platform.rendering.production(name)]
    policies = {item["metadata"]["name"]: item["spec"] for item in rendered if item["kind"] == "NetworkPolicy"}
    return policies, started_by(item for item in rendered if item["kind"] in KINDS)


def admitted_everywhere(
    platform: Platform, default: Namespace, specs: Mapping[str, Any], namespaces: Mapping[str, Labels]
) -> list[str]:
    """What `beyond_callers` finds in the policies (`specs`) of the cluster, and in those that production renders."""
    found = beyond_callers(*of_production(platform), namespaces)
    return beyond_callers(specs, pods_here(default), namespaces) + [f"production's {text}" for text in found]


def from_elsewhere_everywhere(
    platform: Platform, specs: Mapping[str, Any], namespaces: Mapping[str, Labels]
) -> list[str]:
    """What `let_in_from_elsewhere` finds in the policies (`specs`) of the cluster, and in those of production."""
    known = {name: dict(labels) for name, labels in namespaces.items()}
    there = let_in_from_elsewhere(of_production(platform)[0], known)
    return let_in_from_elsewhere(dict(specs), known) + [f"production's {text}" for text in there]


def not_scenarios(namespaces: Mapping[str, Labels]) -> list[str]:
    """The namespaces (labels by name) that have the label of scenarios' own but that no run of the suite created.

    Policies admit clients from there, and what is there is not counted as anybody's.
    """
    labelled = [name for name, labels in namespaces.items() if of_scenario(dict(labels))]
    return sorted(name for name in labelled if not (has_scenarios_name(name) and LABEL in namespaces[name]))


def calling_themselves_scenarios(cluster: Cluster) -> list[str]:
    """The cluster's namespaces of which `not_scenarios` tells."""
    items = cluster.core.list_namespace().items
    return not_scenarios({item.metadata.name: item.metadata.labels or {} for item in items})


def of_no_application(workloads: Iterable[Manifest]) -> list[str]:
    """The workloads among objects that start pods of none of the Applications, though perhaps none now, in words."""
    found = {f"{item['kind']} {item['metadata']['name']}": item for item in workloads if starts_pods(item)}
    return sorted(name for name, item in found.items() if labels_of_pods(item).get(NAME_LABEL) not in CALLERS)


def starts_pods(workload: Manifest) -> bool:
    """Whether an object starts pods, or is one."""
    return workload["kind"] != "ConfigMap" and "spec" in workload
