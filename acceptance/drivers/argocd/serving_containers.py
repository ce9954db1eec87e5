"""Which containers of a pod Services lead to, here and in production. Source: 14.4."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.platform.access import NAMESPACE
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform


def services_everywhere(platform: Platform) -> list[Manifest]:
    """The Services of the services' namespace, without scenarios', and those that production renders."""
    cluster = platform.cluster
    listed: list[Manifest] = cluster.api.sanitize_for_serialization(
        cluster.core.list_namespaced_service(NAMESPACE).items
    )
    found = [item for item in listed if not of_scenario(item["metadata"].get("labels"))]
    return found + [
        item for name in APPLICATIONS for item in platform.rendering.production(name) if item["kind"] == "Service"
    ]


def serving(template: Manifest, services: Iterable[Manifest]) -> list[Manifest]:
    """The containers of a pod template that declare a port to which one of these Services leads.

    A container need not declare its ports: where none does, those with a readiness probe serve; else any may.
    """
    labels = ((template.get("metadata") or {}).get("labels") or {}).items()
    targets = {
        str(port.get("targetPort", port["port"]))
        for item in services
        if (chosen := item["spec"].get("selector")) and chosen.items() <= labels
        for port in item["spec"].get("ports") or []
    }
    containers: list[Manifest] = template["spec"]["containers"]
    declared = [item for item in containers if targets & ports_of(item)]
    return declared or [item for item in containers if item.get("readinessProbe")] or containers


def ports_of(container: Manifest) -> set[str]:
    """The numbers and names of the ports that a container declares."""
    ports = container.get("ports") or []
    return {str(port["containerPort"]) for port in ports} | {port["name"] for port in ports if port.get("name")}
