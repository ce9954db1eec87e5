"""Whether production's load balancer finds Traefik, and whether its Service and policies let every client in.

Source: 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from acceptance.base.paths import ROOT
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress import traefik_policies
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.platform import Platform

BALANCER = ROOT / "infrastructure" / "aws" / "load-balancer.tf"
"""What names the port at which production's load balancer asks a worker whether it runs Traefik."""


def troubles(platform: Platform) -> list[str]:
    """Why clients would not reach Traefik through its Service, here and in production, in words."""
    here, there = service(platform.render("traefik")), service(platform.rendering.production("traefik"))
    running = running_service(platform.cluster)
    kept = keeps_out("here", here) + keeps_out("here", running) + keeps_out("in production", there)
    shut = traefik_policies.shut_out_everywhere(platform, running, there)
    return list(dict.fromkeys(kept + shut)) + not_found(there, health_port())


def running_service(cluster: Cluster) -> dict[str, Any]:
    """The spec of Traefik's Service as the cluster has it."""
    found = cluster.core.read_namespaced_service("traefik", NAMESPACE)
    return dict(cluster.api.sanitize_for_serialization(found.spec))


def service(objects: Iterable[Manifest]) -> dict[str, Any]:
    """The spec of Traefik's Service. Raises AssertionError if there is none, or more than one."""
    found = [item["spec"] for item in objects if item["kind"] == "Service"]
    assert len(found) == 1, f"expected one Service of Traefik, saw {len(found)}"
    return dict(found[0])


def health_port() -> int:
    """The port at which production's load balancer asks for health. Raises AssertionError if it names none."""
    found = re.search(r"ingress_health_port\s*=\s*(\d+)", BALANCER.read_text())
    assert found, f"expected ingress_health_port in {BALANCER}, saw none"
    return int(found[1])


def keeps_out(where: str, spec: dict[str, Any]) -> list[str]:
    """The clients that a Service keeps out, in words."""
    ranges = spec.get("loadBalancerSourceRanges")
    return [f"{where} only clients of {ranges} are let in"] if ranges else []


def not_found(spec: dict[str, Any], port: int) -> list[str]:
    """Why a load balancer that asks at a port would take no worker for healthy, in words.

    Kubernetes opens that port only for a Service that keeps the client's address.
    """
    policy, opened = spec.get("externalTrafficPolicy", "Cluster"), spec.get("healthCheckNodePort")
    said = [] if policy == "Local" else [f"in production externalTrafficPolicy is {policy}, so nothing answers {port}"]
    return said if opened == port else [*said, f"in production healthCheckNodePort is {opened}, not {port}"]
