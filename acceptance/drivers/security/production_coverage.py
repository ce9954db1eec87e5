"""Whether production's policies let anybody in to the pods behind its Services. Source: plan 27.3.

Its namespace is closed to all that no policy names. Production has other pods than here, with labels of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.secrets.secret_use import KINDS
from acceptance.drivers.security.policy_peers import labels_of_pods, starts_pods
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform


def closed_in_production(platform: Platform) -> list[str]:
    """What `closed` finds in what production renders, in words. Raises AssertionError if it renders no Service."""
    rendered = [item for name in APPLICATIONS for item in platform.rendering.production(name)]
    assert any(item["kind"] == "Service" for item in rendered), "expected production to render Services, saw none"
    return [f"production's {text}" for text in closed(rendered)]


def closed(objects: Iterable[Manifest]) -> list[str]:
    """The workloads behind Services whose pods no policy covers that lets anybody in, in words."""
    items = [*objects]
    policies = [item["spec"] for item in items if item["kind"] == "NetworkPolicy"]
    behind = [item for item in items if item["kind"] in KINDS and starts_pods(item) and is_behind(item, items)]
    return [
        f"{item['kind']} {item['metadata']['name']} is behind a Service, and no policy lets anybody in to its pods"
        for item in behind
        if not any(lets_in(policy, labels_of_pods(item)) for policy in policies)
    ]


def is_behind(workload: Manifest, objects: Iterable[Manifest]) -> bool:
    """Whether a Service among objects leads to the pods of a workload."""
    selectors = [item["spec"].get("selector") or {} for item in objects if item["kind"] == "Service"]
    return any(chosen and chosen.items() <= labels_of_pods(workload).items() for chosen in selectors)


def lets_in(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a policy covers pods with these labels and has a rule for those who come in."""
    return bool(policy.get("ingress")) and selects(policy.get("podSelector") or {}, labels)
