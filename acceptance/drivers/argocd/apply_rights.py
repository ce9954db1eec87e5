"""Whether Argo CD may apply the platform's objects, by its projects and by RBAC. Source: criterion 3.3.

The demos use few kinds, in their own project: they would not show that, say, a StatefulSet is forbidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from kubernetes import client

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.application_policies import applications_everywhere, projects_everywhere
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

CONTROLLER = "argocd-application-controller"
BY_HAND = ("sync", "update")
"""What an operator does to an Application by hand: both of these are needed for a rollback."""
VERBS = ("create", "patch", "delete")
"""What Argo CD does to an object when Git changes."""
Kinds = set[tuple[str, str]]
"""Kinds of objects, as (API group, kind)."""


def kinds_of(objects: Iterable[Manifest]) -> Kinds:
    """The kinds of some objects."""
    return {(item["apiVersion"].rpartition("/")[0], item["kind"]) for item in objects}


def in_list(listed: Iterable[Manifest], group: str, kind: str) -> bool:
    """Whether a project's list names a kind; its entries may contain wildcards."""
    return any(fnmatchcase(group, item["group"]) and fnmatchcase(kind, item["kind"]) for item in listed)


def forbidden(project: Manifest, kinds: Kinds) -> list[str]:
    """The namespaced kinds that a project forbids its Applications to deploy."""
    spec = project["spec"]
    # A missing list allows everything, an empty one nothing.
    allowed, denied = spec.get("namespaceResourceWhitelist"), spec.get("namespaceResourceBlacklist") or []
    return sorted(
        kind
        for group, kind in kinds
        if (allowed is not None and not in_list(allowed, group, kind)) or in_list(denied, group, kind)
    )


def out_of_hand(argocd: ArgoCD, applications: Mapping[str, Manifest]) -> list[str]:
    """What Argo CD forbids the signed-in operator to do with the platform's Applications, in words."""
    asked = [(verb, name, applications[name]["spec"]["project"]) for name in APPLICATIONS for verb in BY_HAND]
    return [
        f"{verb} {name}"
        for verb, name, project in asked
        if argocd.call("GET", f"account/can-i/applications/{verb}/{project}/{name}").get("value") != "yes"
    ]


def forbidden_everywhere(platform: Platform, argocd: ArgoCD) -> dict[str, str]:
    """The kinds that an Application deploys and its project forbids, here and in production, by Application.

    Raises AssertionError if an Application's project does not exist.
    """
    projects, applications = projects_everywhere(platform), applications_everywhere(platform)
    found = {}
    for name in APPLICATIONS:
        objects = {"": argocd.manifests(name), "production's ": platform.rendering.production(name)}
        for where, items in objects.items():
            project = where + applications[where + name]["spec"]["project"]
            assert project in projects, (
                f"expected the AppProject {project} of the Application {where}{name} to exist, saw {sorted(projects)}"
            )
            if kinds := forbidden(projects[project], kinds_of(items)):
                found[where + name] = f"its project does not allow it to deploy {', '.join(kinds)}"
    return found


def resource_of(kind: str) -> str:
    """The API's plural name of a kind, for the kinds that the Applications consist of."""
    lower = kind.lower()
    return f"{lower[:-1]}ies" if lower.endswith("y") else f"{lower}s"


def lacking_rights(cluster: Cluster, kinds: Kinds) -> dict[str, str]:
    """What Argo CD's controller may not do to objects of these kinds in the platform's namespace."""
    spec = cluster.apps.read_namespaced_stateful_set(CONTROLLER, ARGOCD).spec.template.spec
    user = f"system:serviceaccount:{ARGOCD}:{spec.service_account_name or 'default'}"
    review = client.AuthorizationV1Api(cluster.api).create_subject_access_review
    found = {}
    for group, kind in sorted(kinds):
        for verb in VERBS:
            asked = {"namespace": NAMESPACE, "verb": verb, "group": group, "resource": resource_of(kind)}
            answer = review({"spec": {"user": user, "resourceAttributes": asked}})
            if not answer.status.allowed:
                found[f"{verb} of a {kind}"] = f"{user} may not"
    return found


def not_applied(platform: Platform, argocd: ArgoCD) -> dict[str, str]:
    """What keeps Argo CD from applying the platform's objects: forbidden kinds and missing rights."""
    kinds = kinds_of(item for name in APPLICATIONS for item in argocd.manifests(name))
    return forbidden_everywhere(platform, argocd) | lacking_rights(platform.cluster, kinds)
