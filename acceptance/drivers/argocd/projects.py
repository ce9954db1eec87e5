"""Argo CD's projects: what they allow Applications to deploy, from where, and to where."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kubernetes.client import ApiException

from acceptance.base.deadlines import GONE
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.web import plain_session
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD, GROUP

OWN = {NAMESPACE}
IN_CLUSTER = "https://kubernetes.default.svc"
SCENARIOS = "scenario-*"
"""The namespaces that the project of the scenarios' small applications deploys to."""
SIGNED_IN_ALONE = ("applications", "repositories", "clusters", "projects", "account")
"""Paths of Argo CD's API that require a session; with anonymous access enabled they answer everyone."""
BADGE = re.compile(r"id=\"(?:left|right)Text\"[^>]*>([^<]*)")
"""The words of Argo CD's badge of an Application (server/badge/badge.go); its requests never need a session."""
NOTHING = {"", "Unknown", "Not Found"}
"""What a badge says that reveals nothing: badges are off by default, and are drawn even then."""
Spec = dict[str, Any]


def listed(cluster: Cluster, plural: str) -> dict[str, Spec]:
    """The specs of Argo CD's `applications` or `appprojects` except scenarios', by name."""
    items = cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, plural)["items"]
    kept = [item for item in items if not of_scenario(item["metadata"].get("labels"))]
    return {item["metadata"]["name"]: item["spec"] for item in kept}


def too_wide(name: str, spec: Spec) -> list[str]:
    """What a project allows but should not, in words."""
    repositories = spec.get("sourceRepos", [])
    found = [f"repositories of any host ({url})" for url in repositories if "*" in (urlsplit(url).netloc or "*")]
    for destination in spec.get("destinations", []):
        namespace = destination.get("namespace", "")
        if destination.get("server") != IN_CLUSTER:
            found.append(f"another cluster ({destination.get('server') or destination.get('name')})")
        if namespace not in OWN and namespace != SCENARIOS:
            found.append(f"the namespace {namespace or 'set by each object'}")
    if spec.get("clusterResourceWhitelist"):
        found.append(f"cluster-scoped resources ({spec['clusterResourceWhitelist']})")
    kinds = spec.get("namespaceResourceWhitelist")
    deploys_here = any(item.get("namespace") in OWN for item in spec.get("destinations", []))
    if deploys_here and (not kinds or {"Secret", "*"} & {kind["kind"] for kind in kinds}):
        found.append(f"Secrets or all kinds ({kinds})")
    if spec.get("sourceNamespaces"):
        found.append(f"Applications in other namespaces ({spec['sourceNamespaces']})")
    return [f"{name}: {text}" for text in found]


def told_to_strangers(argocd: ArgoCD) -> dict[str, int]:
    """The HTTP statuses with which Argo CD's API answers requests without a session, by path."""
    with plain_session() as session:
        return {path: session.get(f"{argocd.base()}/api/v1/{path}").status_code for path in SIGNED_IN_ALONE}


def told_by_badges(argocd: ArgoCD, names: Iterable[str]) -> dict[str, list[str]]:
    """What Argo CD's badge of each of these Applications reveals without a session; only those that reveal anything."""
    with plain_session() as session:
        texts = {name: session.get(f"{argocd.base()}/api/badge", params={"name": name}).text for name in names}
    found = {name: [word for word in BADGE.findall(text) if word not in NOTHING] for name, text in texts.items()}
    return {name: words for name, words in found.items() if words}


@dataclass
class Foreigners:
    """Applications in the platform's project that point outside the platform: their names by where they point."""

    cluster: Cluster
    made: dict[str, str]

    def refused(self, what: str) -> list[str]:
        """Why Argo CD refuses one. Raises AssertionError while it does not."""
        found = self.cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.made[what])
        conditions = found.get("status", {}).get("conditions", [])
        said = [item["message"] for item in conditions if item["type"] == "InvalidSpecError"]
        assert any("in project" in text for text in said), (
            f"Application {self.made[what]} has the conditions {conditions}"
        )
        return said

    def gone(self) -> bool:
        """Raise AssertionError while one of them exists."""
        items = self.cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]
        left = [item["metadata"]["name"] for item in items if item["metadata"]["name"] in self.made.values()]
        assert not left, f"these Applications still exist: {left}"
        return True

    def delete(self) -> None:
        """Remove them."""
        for name in self.made.values():
            with contextlib.suppress(ApiException):
                self.cluster.custom.delete_namespaced_custom_object(*GROUP, ARGOCD, "applications", name)
        eventually(self.gone, within=GONE, what="this scenario's Applications to be deleted")


def changed_specs(real: Spec) -> dict[str, Spec]:
    """The spec of an Application, changed to point to another repository or namespace, by where it points."""
    source, destination = real["source"], real["destination"]
    elsewhere = source["repoURL"].rpartition("/")[0] + "/demo.git"
    changes = {
        "another repository": ({**source, "repoURL": elsewhere}, destination),
        "kube-system": (source, {**destination, "namespace": "kube-system"}),
        "the namespace of Argo CD": (source, {**destination, "namespace": ARGOCD}),
    }
    # Without auto-sync nothing is deployed even if Argo CD accepts it.
    return {
        what: {"project": real["project"], "source": changed, "destination": target}
        for what, (changed, target) in changes.items()
    }


@contextlib.contextmanager
def foreigners(cluster: Cluster, model: str) -> Iterator[Foreigners]:
    """Applications like `model` that point outside the platform; removed at the end of the block."""
    real = cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", model)["spec"]
    specs, mark = changed_specs(real), secrets.token_hex(3)
    made = Foreigners(cluster, {what: f"foreign-{number}-{mark}" for number, what in enumerate(specs)})
    try:
        for what, spec in specs.items():
            metadata = {"name": made.made[what], "labels": {SCENARIO_LABEL: "true"}}
            body = {"apiVersion": "/".join(GROUP), "kind": "Application", "metadata": metadata, "spec": spec}
            cluster.custom.create_namespaced_custom_object(*GROUP, ARGOCD, "applications", body)
        yield made
    finally:
        made.delete()
