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

MACHINES = ROOT / "infrastructure" / "aws" / "modules" / "k3s-cluster" / "cloud-init" / "k3s.tf"
"""What gives production's workers their labels."""
POOL = "svccontroller.k3s.cattle.io/lbpool"
"""The label by which a Service asks for some of the machines, and a machine says that it is one of them (K3s)."""
BALANCER = ROOT / "infrastructure" / "aws" / "load-balancer.tf"
"""What names the port at which production's load balancer asks a worker whether it runs Traefik."""

TARGETS = ROOT / "infrastructure" / "aws" / "modules" / "load-balancer" / "targets.tf"
"""What says how often that load balancer asks, and when it believes the answer."""
NOTICED = 30
"""Seconds after which it leads users to the worker to which Traefik has moved, at most."""


def troubles(platform: Platform) -> list[str]:
    """Why clients would not reach Traefik through its Service, here and in production, in words."""
    rendered = manifest(platform.rendering.production("traefik"))
    here, there = manifest(platform.render("traefik"))["spec"], rendered["spec"]
    running = running_service(platform.cluster)
    kept = keeps_out("here", here) + keeps_out("here", running) + keeps_out("in production", there)
    shut = traefik_policies.shut_out_everywhere(platform, running, there)
    return (
        list(dict.fromkeys(kept + shut))
        + not_found(there, health_port())
        + left_alone(rendered, pools())
        + slow_to_notice(TARGETS.read_text())
    )


def running_service(cluster: Cluster) -> dict[str, Any]:
    """The spec of Traefik's Service as the cluster has it."""
    found = cluster.core.read_namespaced_service("traefik", NAMESPACE)
    return dict(cluster.api.sanitize_for_serialization(found.spec))


def manifest(objects: Iterable[Manifest]) -> Manifest:
    """Traefik's Service. Raises AssertionError if there is none, or more than one."""
    found = [item for item in objects if item["kind"] == "Service"]
    assert len(found) == 1, f"expected one Service of Traefik, saw {len(found)}"
    return dict(found[0])


def pools() -> set[str]:
    """The pools of which production's workers say that they belong to them."""
    return set(re.findall(rf"{re.escape(POOL)}=([\w.-]+)", MACHINES.read_text()))


def health_port() -> int:
    """The port at which production's load balancer asks for health. Raises AssertionError if it names none."""
    found = re.search(r"ingress_health_port\s*=\s*(\d+)", BALANCER.read_text())
    assert found, f"expected ingress_health_port in {BALANCER}, saw none"
    return int(found[1])


def slow_to_notice(text: str) -> list[str]:
    """Why a load balancer whose targets are written so would notice too late that Traefik has moved, in words.

    Nor may it say in a protocol of its own who asks, which Traefik does not read. Values that are no numbers are left
    to the plan of the infrastructure.
    """
    number = r"^\s*{}\s*=\s*(\d+)\s*$"
    interval = [int(value) for value in re.findall(number.format("interval"), text, re.MULTILINE)]
    times = [int(value) for value in re.findall(number.format("(?:un)?healthy_threshold"), text, re.MULTILINE)]
    longest = max(interval, default=0) * max(times, default=0)
    said = [f"production's load balancer notices after {longest} s that Traefik has moved"] if longest > NOTICED else []
    spoken = re.search(r"^\s*proxy_protocol_v2\s*=\s*true", text, re.MULTILINE)
    return said + (["production's load balancer speaks the PROXY protocol, Traefik does not"] if spoken else [])


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


def left_alone(service: Manifest, known: set[str]) -> list[str]:
    """Why production's ServiceLB would start no pods for Traefik's Service, or lead them nowhere, in words.

    `known`: the pools that there are. It leaves Services of a class to others, and there is no other. For a Service
    that keeps the client's address its pods forward to the node ports. Source: K3s, servicelb.go.
    """
    spec, pool = service["spec"], (service["metadata"].get("labels") or {}).get(POOL)
    said = []
    if spec.get("loadBalancerClass"):
        said.append(f"in production it has the loadBalancerClass {spec['loadBalancerClass']}, which nobody serves")
    if pool is not None and pool not in known:
        said.append(f"in production it is for the machines of the pool {pool}, of which there are none")
    without = [port["port"] for port in spec.get("ports") or [] if not port.get("nodePort")]
    if spec.get("allocateLoadBalancerNodePorts") is False and spec.get("externalTrafficPolicy") == "Local" and without:
        said.append(f"in production its ports {without} get no node port (allocateLoadBalancerNodePorts: false)")
    return said
