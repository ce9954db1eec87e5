"""Who holds rights that lead to Secrets, or to syncs, by all role bindings of the cluster. Source: plan 27.9, 3.7.

A developer's own attempts show what their account may do, not what others may.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubernetes import client

from acceptance.base.yaml_text import documents
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.security.powerful_rights import BY_ARGOCD, BY_PODS, BY_TRAFFIC, TO_SECRETS, Way, leads
from acceptance.infrastructure.cluster_lock import NAMESPACE as ACCEPTANCE
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

EVERYBODY = ("system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated")
"""Users and groups of Kubernetes' own (or the beginnings of their names) that may stand for anybody."""
ADMINISTRATORS = ("system:masters", "kubeadm:cluster-admins")
"""The groups of those who administrate the cluster, whatever binds them."""
BOOTSTRAP = ("kubernetes.io/bootstrapping", "rbac-defaults")
"""The label of the bindings that the API server makes for the system itself."""
INSTALLED = ("kubeadm:", "k3s-", "system:k3s-")
"""How the names of the bindings begin that kubeadm and K3s make, for users and groups without that label.

Sources: kubeadm's phases (bootstraptoken, kubelet, uploadconfig, kubeconfig, addons); K3s' manifests/ccm.yaml and
rolebindings.yaml.
"""
OF_K3S = {"kube-apiserver": "kube-apiserver-kubelet-admin", "k3s-cloud-controller-manager": "k3s-"}
"""K3s' users without the prefix `system:`, and how the names of their bindings begin."""
OF_SUITE = "acceptance-secrets"
"""The role of k8s/acceptance by which a run's user reads the Secrets that it needs."""
ACCOUNT, OF_ACCOUNT = "ServiceAccount", "system:serviceaccount:"
TOOLS = ("argocd", "sealed-secrets", "traefik")
"""The namespaces of the platform's tools whose accounts may have a way to Secrets; Traefik reads certificates."""


@dataclass(frozen=True)
class Grant:
    """Rights that a binding gives to a subject."""

    kind: str
    """RoleBinding or ClusterRoleBinding."""
    binding: str
    role: str
    subject: tuple[str, str, str]
    """Kind, namespace (of an account) and name."""
    is_default: bool = field(default=False, compare=False)
    """Whether the binding has the label of those that the API server makes for the system."""

    @property
    def is_for_everybody(self) -> bool:
        """Whether it is for all users or accounts, of the cluster or of a namespace."""
        kind, _, name = self.subject
        return kind != ACCOUNT and name.startswith(EVERYBODY)

    @property
    def is_for_people_here(self) -> bool:
        """Whether it is for a user or group, in one namespace, and not the suite's own."""
        return self.kind == "RoleBinding" and self.subject[0] != ACCOUNT and self.role != OF_SUITE

    @property
    def is_of_system(self) -> bool:
        """Whether it is for a part of Kubernetes or the nodes' software, administrators of the cluster, or the suite.

        Anybody may be called `system:...`, so that for users and groups it matters who made the binding.
        """
        kind, namespace, name = self.subject
        if kind == ACCOUNT:
            # The account that every pod has which names none belongs to nobody.
            return (namespace in SYSTEM_NAMESPACES and name != "default") or namespace == name == ACCEPTANCE
        if name in OF_K3S:
            return self.binding.startswith(OF_K3S[name])
        made = self.is_default or self.binding.startswith(INSTALLED)
        return name in ADMINISTRATORS or (name.startswith("system:") and made and not self.is_for_everybody)

    def in_words(self) -> str:
        """Who gets which role by what."""
        kind, namespace, name = self.subject
        return f"{kind} {namespace + '/' if namespace else ''}{name} (role {self.role}, {self.kind} {self.binding})"


def subjects_of(binding: Manifest, namespace: str) -> list[tuple[str, str, str]]:
    """Kind, namespace and name of those whom a binding names; an account named as a user is an account."""
    found = []
    for item in binding.get("subjects") or []:
        kind, name, place = item["kind"], item["name"], item.get("namespace") or ""
        if kind == "User" and name.startswith(OF_ACCOUNT):
            place, _, name = name.removeprefix(OF_ACCOUNT).partition(":")
            kind = ACCOUNT
        found.append((kind, (place or namespace) if kind == ACCOUNT else "", name))
    return found


def grants_of(binding: Manifest, kind: str, namespace: str) -> list[Grant]:
    """What a binding grants; `namespace` is its own."""
    metadata, role = binding["metadata"], binding["roleRef"]["name"]
    is_default = (metadata.get("labels") or {}).get(BOOTSTRAP[0]) == BOOTSTRAP[1]
    return [Grant(kind, metadata["name"], role, subject, is_default) for subject in subjects_of(binding, namespace)]


Objects = dict[str, list[Manifest]]
"""Roles or bindings by kind."""


def cluster_wide(cluster: Cluster) -> Objects:
    """The cluster's ClusterRoles and ClusterRoleBindings, which count in every namespace."""
    api = client.RbacAuthorizationV1Api(cluster.api)
    listed = {"ClusterRole": api.list_cluster_role(), "ClusterRoleBinding": api.list_cluster_role_binding()}
    return {kind: cluster.api.sanitize_for_serialization(answer.items) for kind, answer in listed.items()}


def granted(cluster: Cluster, namespace: str, ways: Iterable[Way], everywhere: Objects | None = None) -> list[Grant]:
    """All grants of a role with one of these rights in a namespace, by its RoleBindings and by ClusterRoleBindings.

    `everywhere`: what `cluster_wide` gave; without it, it is listed.
    """
    api = client.RbacAuthorizationV1Api(cluster.api)
    listed = {"Role": api.list_namespaced_role(namespace), "RoleBinding": api.list_namespaced_role_binding(namespace)}
    plain = {kind: cluster.api.sanitize_for_serialization(answer.items) for kind, answer in listed.items()}
    return among(plain | (cluster_wide(cluster) if everywhere is None else everywhere), namespace, tuple(ways))


def among(objects: Mapping[str, list[Manifest]], namespace: str, ways: tuple[Way, ...]) -> list[Grant]:
    """The grants of roles with one of these rights among roles and bindings, which are listed by kind."""
    strong = {
        (kind, item["metadata"]["name"])
        for kind in ("Role", "ClusterRole")
        for item in objects[kind]
        if any(leads(item.get("rules") or [], way) for way in ways)
    }
    return [
        grant
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for item in objects[kind]
        if (item["roleRef"]["kind"], item["roleRef"]["name"]) in strong
        for grant in grants_of(item, kind, namespace)
    ]


@functools.cache
def rendered_texts(platform: Platform) -> tuple[str, ...]:
    """The text of each object in the platform's manifests."""
    folders = sorted({folder for item in platform.components.values() for folder in item.manifests})
    return tuple(part for folder in folders for part in platform.rendering.text(folder).split("\n---\n"))


def rendered_objects(platform: Platform, *kinds: str) -> list[Manifest]:
    """The objects of some kinds in the platform's manifests; only they are parsed."""
    lines = {f"kind: {kind}" for kind in kinds}
    texts = [text for text in rendered_texts(platform) if lines & {*text.splitlines()}]
    return [item for text in texts for item in documents(text)]


@functools.cache
def rendered_grants(platform: Platform) -> frozenset[Grant]:
    """All grants by the bindings in the platform's manifests, whatever their roles allow."""
    return frozenset(
        grant
        for item in rendered_objects(platform, "RoleBinding", "ClusterRoleBinding")
        for grant in grants_of(item, item["kind"], item["metadata"].get("namespace", "default"))
    )


def namespaces_of(platform: Platform) -> list[str]:
    """The namespaces that the platform's manifests make, and the services' own; none of the system's."""
    rendered = {item["metadata"]["name"] for item in rendered_objects(platform, "Namespace")}
    return sorted({NAMESPACE, *rendered} - {*SYSTEM_NAMESPACES})


def strangers_anywhere(platform: Platform) -> list[str]:
    """Who, besides the system and the platform's own accounts, has a way to Secrets of the platform, in words.

    On a cluster that somebody else runs, the services' namespace alone is judged: the platform's others may have
    people of their own there.
    """
    if platform.cluster.is_attached:
        return strangers(platform, NAMESPACE)
    everywhere = cluster_wide(platform.cluster)
    found = {name: strangers(platform, name, everywhere) for name in namespaces_of(platform)}
    return [f"{who} in {name}" for name, told in found.items() for who in told]


def strangers(platform: Platform, namespace: str, everywhere: Objects | None = None) -> list[str]:
    """Who, besides the system and the platform's tools, has a way to Secrets in a namespace, in words.

    A cluster that somebody else runs has administrators and accounts of its own: there only bindings inside the
    namespace that name people, and those that name everybody, are judged.
    """
    # No user or group needs Secrets, and none of the services' own accounts does, whoever binds them.
    accounts = {item for item in rendered_grants(platform) if item.subject[0] == ACCOUNT}
    tools = {item for item in accounts if item.subject[1] in TOOLS}
    ways = (*TO_SECRETS, *(BY_ARGOCD if namespace == ARGOCD else ()))
    found = granted(platform.cluster, namespace, ways, everywhere)
    unknown = [grant for grant in found if grant not in tools and (grant in accounts or not grant.is_of_system)]
    as_patroni = {*granted(platform.cluster, namespace, (*BY_PODS, *BY_TRAFFIC), everywhere)} - accounts
    unknown += [grant for grant in as_patroni if not grant.is_of_system]
    if platform.cluster.is_attached:
        unknown = [grant for grant in unknown if grant.is_for_everybody or grant.is_for_people_here]
    return sorted({grant.in_words() for grant in unknown})
