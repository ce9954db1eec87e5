"""Copies of the services that can reach neither database nor cache: whether they would get traffic. Source: 4.11.

They run in the scenario's own namespace: nothing of the platform is touched, and no Secret is read.
"""

from __future__ import annotations

import secrets
from typing import Any

from acceptance.base.conditions import describe, is_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.workloads import taking
from acceptance.drivers.workloads.pods import restarts
from acceptance.platform.access import NAMESPACE as PLATFORM

AWAY = {"DATABASE_URL": "postgresql://nobody:none@127.0.0.1:9/nothing", "REDIS_URL": "redis://:none@127.0.0.1:9/0"}
"""The URLs that a copy gets for its dependencies: nothing listens there, so connections are refused at once."""
OF_THE_SERVICE = ("serviceAccountName", "serviceAccount", "topologySpreadConstraints", "affinity")
"""Fields of a pod's spec that mean nothing, or something else, in another namespace."""
OFTEN = 2
"""Failed readiness probes after which a copy counts as not ready: the first may have come before it listened."""
STARTING = 15
"""Failed startup probes that mean the same, if they ask what the readiness probe asks: a kubelet reports some 20."""
READY = "ready"


def needing(deployments: list[Any]) -> list[Any]:
    """The Deployments that take a variable of AWAY. Raises AssertionError if there is none."""
    found = taking(deployments, AWAY)
    assert found, (
        f"expected Deployments in {PLATFORM} that take {' or '.join(AWAY)}, saw none. "
        f"Try: kubectl -n {PLATFORM} get deployments"
    )
    return found


def environment_of(container: dict[str, Any], configs: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """The variables of a copy's container: the values in `configs` (by ConfigMap), and made-up ones for all secrets."""
    found = [
        {"name": key, "value": value}
        for source in container.get("envFrom") or []
        for key, value in configs.get((source.get("configMapRef") or {}).get("name", ""), {}).items()
    ]
    for item in container.get("env") or []:
        source = item.get("valueFrom") or {}
        if item["name"] in AWAY:
            found.append({"name": item["name"], "value": AWAY[item["name"]]})
        elif "secretKeyRef" in source:
            found.append({"name": item["name"], "value": secrets.token_hex(32)})
        elif reference := source.get("configMapKeyRef"):
            found.append({"name": item["name"], "value": configs.get(reference["name"], {}).get(reference["key"], "")})
        else:
            found.append(item)
    return found


def copy_of(template: dict[str, Any], configs: dict[str, dict[str, str]], name: str) -> dict[str, Any]:
    """A pod from a Deployment's template, with its probes unchanged, that can reach none of its dependencies."""
    spec = {key: value for key, value in template["spec"].items() if key not in OF_THE_SERVICE}
    containers = []
    for part in spec["containers"]:
        kept = {key: value for key, value in part.items() if key not in ("env", "envFrom", "lifecycle")}
        limits = (part.get("resources") or {}).get("limits") or {}
        small = {"limits": limits, "requests": {"cpu": "5m", "memory": "32Mi"}}
        containers.append({**kept, "env": environment_of(part, configs), "resources": small})
    spec |= {"containers": containers, "terminationGracePeriodSeconds": 1, "enableServiceLinks": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def start_each(cluster: Cluster, namespace: Namespace) -> list[str]:
    """Start a copy of each service with such a dependency; return their names. They are deleted with the namespace."""
    listed = cluster.core.list_namespaced_config_map(PLATFORM).items
    configs = {item.metadata.name: dict(item.data or {}) for item in listed}
    names = []
    for item in needing(cluster.apps.list_namespaced_deployment(PLATFORM, label_selector=f"!{SCENARIO_LABEL}").items):
        template = cluster.api.sanitize_for_serialization(item.spec.template)
        names.append(namespace.create(copy_of(template, configs, f"{item.metadata.name}-cut-off")))
    return names


def wait_state(namespace: Namespace, name: str) -> str:
    """Wait until a copy is Ready, its probes failed often enough, or it restarted; return READY or what was seen."""
    hint = f"kubectl -n {namespace.name} describe pod {name}"
    return eventually(
        lambda: state(namespace, name), within=POD_READY, what=f"probes of {name} to succeed or fail", hint=hint
    )


def state(namespace: Namespace, name: str) -> str:
    """READY, or what is seen of a copy instead. Raises AssertionError while it is undecided."""
    pod = namespace.pod(name)
    if is_ready(pod):
        return READY
    about = f"involvedObject.name={name},reason=Unhealthy"
    events = namespace.cluster.core.list_namespaced_event(namespace.name, field_selector=about).items
    counts = {
        probe: sum(event.count or 1 for event in events if f"{probe} probe" in (event.message or ""))
        for probe in ("Readiness", "Startup")
    }
    ended = restarts(pod)
    seen = f"{describe(pod)}, probes that failed: {counts}, restarts: {ended}"
    assert counts["Readiness"] >= OFTEN or counts["Startup"] >= STARTING or ended, seen
    return seen
