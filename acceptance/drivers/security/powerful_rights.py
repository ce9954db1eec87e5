"""Which rights lead to Secrets or to syncs, and whether a role has them. Source: plan 27.9, 3.7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RBAC = "rbac.authorization.k8s.io"
WRITE = ("create", "patch", "update")
READ = ("get", "list", "watch")
Way = tuple[str, str, tuple[str, ...]]
"""API group, resource and verbs, any of which is enough."""
CERTIFICATES = "certificates.k8s.io"
SIGNS: Way = (CERTIFICATES, "signers", ("approve",))
TOGETHER: dict[Way, Way] = {SIGNS: (CERTIFICATES, "certificatesigningrequests/approval", ("patch", "update"))}
"""The ways that lead somewhere only together with another right of the same role."""
CLIENTS = {"kubernetes.io/*", "kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet"}
"""The signers whose certificates are credentials for the API; others' prove who a server is."""
TO_SECRETS: tuple[Way, ...] = (
    ("", "secrets", (*READ, "patch", "update", "delete", "deletecollection")),
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
"""Rights that give a Secret's values, directly or by way of a pod, an account, a webhook or more rights.

The API answers a change with the object as it then is, a deletion with the object while finalizers hold it, and that
of a collection with the list of all.
"""
BY_PODS: tuple[Way, ...] = (("", "pods", ("patch", "update")),)
"""The right to give a running pod another image, which then reads its Secrets.

Patroni marks its own pods by the same right: it counts for everybody but the accounts of the platform's manifests.
"""
BY_TRAFFIC: tuple[Way, ...] = (
    *(("", name, WRITE) for name in ("endpoints", "services")),
    ("", "services/status", ("patch", "update")),
    ("discovery.k8s.io", "endpointslices", WRITE),
)
"""The rights to lead what is for a Service elsewhere: a client of Redis sends the password to whoever answers.

Patroni keeps its state in Endpoints: as BY_PODS.
"""
TO_SYNCS: tuple[Way, ...] = tuple(("argoproj.io", name, WRITE) for name in ("applications", "applicationsets"))
"""Rights to ask for a sync: an Application's field `operation`, by itself or by what makes Applications."""
OF_ARGOCD: Way = ("", "configmaps", ("patch", "update"))
BY_ARGOCD: tuple[Way, ...] = (*TO_SYNCS, ("argoproj.io", "appprojects", WRITE), OF_ARGOCD)
"""Rights in Argo CD's namespace to have it deploy anything, such as a pod that shows a Secret.

Source: Argo CD, docs/operator-manual/security.md (who may change these is an administrator of Argo CD).
"""
NAMED: dict[Way, set[str]] = {SIGNS: CLIENTS, OF_ARGOCD: {f"argocd-{name}cm" for name in ("", "cmd-params-", "rbac-")}}
"""The objects with which a way leads somewhere, by their names; the right to others does not."""


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
    if way in NAMED:
        found = [(rule, {*(rule.get("resourceNames") or [])}) for rule in opening]
        opening = [rule for rule, names in found if not names or names & NAMED[way]]
    return bool(opening) and (way not in TOGETHER or any(allows(rule, TOGETHER[way]) for rule in rules))
