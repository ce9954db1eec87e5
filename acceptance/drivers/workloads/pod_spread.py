"""Spread constraints that leave a pod without a machine, as while a worker is drained. Source: plan 25.8."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from acceptance.base.labels import HOSTNAME
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.workloads.disruption_budgets import named
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.access import NAMESPACE
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

KEEPS_OUT = ("NoSchedule", "NoExecute")
"""The effects of taints that repel new pods."""


def without_place(platform: Platform) -> list[str]:
    """The Deployments whose pods would wait for a drained worker, in words: here and as production renders them.

    Production is judged with the number of machines that take pods here; it may have more.
    """
    cluster = platform.cluster
    found = cluster.apps.list_namespaced_deployment(NAMESPACE).items
    here = named(cluster.api, "Deployment", found)
    there = [item for name in APPLICATIONS for item in platform.rendering.production(name)]
    machines = taking_pods(cluster.nodes())
    assert here, f"expected Deployments in {NAMESPACE}, saw none"
    found = waiting(there, machines) + counting_others(there)
    return waiting(here, machines) + counting_others(here) + [f"in production {text}" for text in found]


def taking_pods(nodes: Sequence[Any]) -> int:
    """How many of these nodes accept any pod: no taint repels it."""
    return sum(not any(taint.effect in KEEPS_OUT for taint in node.spec.taints or []) for node in nodes)


def waiting(objects: Iterable[Manifest], machines: int) -> list[str]:
    """The Deployments among objects whose constraints, with one of `machines` cordoned, hold up a pod, in words.

    A constraint that does not honor taints counts a cordoned machine as one without pods, so that each other machine
    may have no more of them than its skew. One of another key than the host's name, or that may be violated, is not
    judged, nor is anything with a single machine.
    """
    return [
        f"{item['metadata']['name']} counts cordoned machines in its spread (nodeTaintsPolicy), so that a pod waits"
        for item, rule in rules(objects)
        if machines > 1 and holds_up(rule, math.ceil(int(item["spec"].get("replicas", 1)) / (machines - 1)))
    ]


def rules(objects: Iterable[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """The Deployments of the services' namespace among objects, with each of their spread constraints."""
    for item in objects:
        if item["kind"] == "Deployment" and item["metadata"].get("namespace", NAMESPACE) == NAMESPACE:
            for rule in item["spec"]["template"]["spec"].get("topologySpreadConstraints") or []:
                yield item, rule


def counting_others(objects: Iterable[Manifest]) -> list[str]:
    """The Deployments among objects with a binding constraint that counts others' pods in place of their own, in words.

    Where the others are decides then whether a pod finds a machine. A constraint without a selector counts none.
    """
    return [
        f"{item['metadata']['name']} counts other pods than its own in its spread (labelSelector): a pod may wait"
        for item, rule in rules(objects)
        if rule["whenUnsatisfiable"] == "DoNotSchedule"
        and rule.get("labelSelector") is not None
        and not selects(rule["labelSelector"], labels_of(item))
    ]


def labels_of(deployment: Manifest) -> dict[str, str]:
    """The labels of a Deployment's pods."""
    return dict((deployment["spec"]["template"].get("metadata") or {}).get("labels") or {})


def holds_up(rule: Manifest, together: int) -> bool:
    """Whether a spread constraint that counts cordoned machines forbids `together` pods on one machine."""
    binding = rule["topologyKey"] == HOSTNAME and rule["whenUnsatisfiable"] == "DoNotSchedule"
    return binding and rule.get("nodeTaintsPolicy", "Ignore") != "Honor" and together > int(rule["maxSkew"])
