"""Which rights lead to Secrets or to syncs, and whether a role has them. Source: plan 27.9, 3.7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RBAC = "rbac.authorization.k8s.io"
WRITE = ("create", "patch", "update")
Way = tuple[str, str, tuple[str, ...]]
"""API group, resource and verbs, any of which is enough."""
CERTIFICATES = "certificates.k8s.io"
SIGNS: Way = (CERTIFICATES, "signers", ("approve",))
TOGETHER: dict[Way, Way] = {SIGNS: (CERTIFICATES, "certificatesigningrequests/approval", ("patch", "update"))}
"""The ways that lead somewhere only together with another right of the same role."""
CLIENTS = {"kubernetes.io/*", "kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet"}
"""The signers whose certificates are credentials for the API; others' prove who a server is."""
TO_SECRETS: tuple[Way, ...] = (
    ("", "secrets", ("get", "list", "watch")),
    *(("", f"pods/{name}", ("create", "get")) for name in ("exec", "attach")),
    ("", "pods/ephemeralcontainers", ("patch", "update")),
    ("", "pods", ("create",)),
    *(("apps", name, WRITE) for name in ("daemonsets", "deployments", "replicasets", "statefulsets")),
    *(("batch", name, WRITE) for name in ("cronjobs", "jobs")),
    ("", "replicationcontrollers", WRITE),
    *(("admissionregistration.k8s.io", f"{name}webhookconfigurations", WRITE) for name in ("mutating", "validating")),
    SIGNS,
    ("", "serviceaccounts/token", ("create",)),
    ("", "nodes/proxy", ("create", "get")),
    *(("", name, ("impersonate",)) for name in ("groups", "serviceaccounts", "users")),
    *((RBAC, name, ("bind", "escalate")) for name in ("clusterroles", "roles")),
)
"""Rights that give a Secret's values, directly or by way of a pod, an account, a webhook or more rights."""
BY_PODS: tuple[Way, ...] = (("", "pods", ("patch", "update")),)
"""The right to give a running pod another image, which then reads its Secrets.

Patroni marks its own pods by the same right: it counts for everybody but the accounts of the platform's manifests.
"""
TO_SYNCS: tuple[Way, ...] = tuple(("argoproj.io", name, WRITE) for name in ("applications", "applicationsets"))
"""Rights to ask for a sync: an Application's field `operation`, by itself or by what makes Applications."""


def allows(rule: Mapping[str, Any], way: Way) -> bool:
    """Whether a role's rule gives one of a way's verbs, to all objects or to some by name."""
    group, resource, verbs = way
    resources = {"*", resource, f"*/{resource.partition('/')[2]}" if "/" in resource else resource}
    return (
        bool({*(rule.get("apiGroups") or [])} & {"*", group})
        and bool({*(rule.get("resources") or [])} & resources)
        and bool({*(rule.get("verbs") or [])} & {"*", *verbs})
    )


def leads(rules: Iterable[Mapping[str, Any]], way: Way) -> bool:
    """Whether a role's rules together open a way."""
    opening = [rule for rule in rules if allows(rule, way)]
    if way == SIGNS:
        opening = [rule for rule in opening if not (names := {*(rule.get("resourceNames") or [])}) or names & CLIENTS]
    return bool(opening) and (way not in TOGETHER or any(allows(rule, TOGETHER[way]) for rule in rules))
