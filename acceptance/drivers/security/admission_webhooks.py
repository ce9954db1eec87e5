"""Admission webhooks: servers that the API shows what clients write, Secrets included. Source: plan 27.9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes import client

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.security.granted_rights import rendered_objects
from acceptance.platform.platform import Platform

SHOWN = ("pods", "pods/attach", "pods/exec", "secrets", "serviceaccounts/token")
"""What holds Secrets when it is written, or gives them to who may change it on the way."""
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def is_shown(rule: Mapping[str, Any]) -> bool:
    """Whether a webhook's rule is about one of SHOWN. Source: Kubernetes, RuleWithOperations."""
    below = {name.partition("/")[0] for name in SHOWN}
    parts = {name.partition("/")[2] for name in SHOWN if "/" in name}
    names = {"*", "*/*", *SHOWN, *(f"*/{part}" for part in parts), *(f"{name}/*" for name in below)}
    return bool({*(rule.get("apiGroups") or [])} & {"", "*"} and {*(rule.get("resources") or [])} & names)


def told(configurations: Iterable[Manifest], known: Iterable[str]) -> list[str]:
    """The webhooks of configurations that are shown Secrets or pods and are not among the known ones, in words."""
    names = {*known}
    return [
        f"{item['metadata']['name']}: {webhook['name']}"
        for item in configurations
        if item["metadata"]["name"] not in names
        for webhook in item.get("webhooks") or []
        if any(is_shown(rule) for rule in webhook.get("rules") or [])
    ]


def unknown_webhooks(platform: Platform) -> list[str]:
    """The webhooks that are shown Secrets or pods and that no manifest of the platform has, in words.

    A cluster that somebody else runs may have its own, as for policies: there none is judged.
    """
    cluster = platform.cluster
    if cluster.is_attached:
        return []
    api = client.AdmissionregistrationV1Api(cluster.api)
    listed = [*api.list_mutating_webhook_configuration().items, *api.list_validating_webhook_configuration().items]
    known = {item["metadata"]["name"] for item in rendered_objects(platform, *KINDS)}
    return told(cluster.api.sanitize_for_serialization(listed), known)
