"""Sync records whose commits are no longer in the repository, so that nobody can roll back to them. Source: 14.3."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from typing import Any

from kubernetes.client import ApiException

from acceptance.base.environment import GitOpsSettings
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster

GIT, CLAIM = "git", "git"
"""The namespace of a Git server in the cluster, and the claim on which it keeps its repositories."""
FOLDER, ON_CLAIM = "/srv/git", "persistentVolumeClaim"
"""Where such a server has the repositories, and the kind of a volume that outlives its pod."""
NOW = "refs/remotes/now"
"""Where a clone keeps the branches and tags that the server has now; the clone's own may be older."""


def known_commits(repository: Repository) -> set[str]:
    """The commits of all branches and tags that a repository's server has now."""
    fetched = (f"+refs/heads/*:{NOW}/heads/*", f"+refs/tags/*:{NOW}/tags/*")
    repository.git("fetch", "--quiet", "--prune", "--no-tags", repository.remote(), *fetched)
    return set(repository.git("rev-list", f"--glob={NOW}/*").split())


def repositories_since(cluster: Cluster) -> datetime.datetime | None:
    """When the storage of a Git server in the cluster was made; None for one elsewhere.

    Records that are older are of a platform whose Git was made anew.
    """
    try:
        claim = cluster.core.read_namespaced_persistent_volume_claim(CLAIM, GIT)
    except ApiException as error:
        if error.status != 404:
            raise
        return None
    found: datetime.datetime = claim.metadata.creation_timestamp
    return found


def not_on_claims(cluster: Cluster, settings: GitOpsSettings) -> list[str]:
    """The pods of a Git server in the cluster that lose the repositories when they are replaced, in words.

    Nothing for a server elsewhere. Raises AssertionError if there is no pod of it.
    """
    if settings.server != "in-cluster":
        return []
    pods = cluster.core.list_namespaced_pod(GIT, label_selector=f"app={GIT}").items
    assert pods, f"expected pods of the Git server, saw none. Try: kubectl -n {GIT} get pods"
    found = {pod.metadata.name: storage(cluster.api.sanitize_for_serialization(pod.spec)) for pod in pods}
    return [f"{pod} keeps {FOLDER} on {kept or 'no volume'}" for pod, kept in found.items() if kept != ON_CLAIM]


def storage(spec: dict[str, Any]) -> str:
    """The kind of volume on which a pod's first container has the repositories; empty for none."""
    mounts = [
        mount
        for mount in spec["containers"][0].get("volumeMounts") or []
        if f"{FOLDER}/".startswith(f"{mount['mountPath'].rstrip('/')}/")
    ]
    if not mounts:
        return ""
    name = max(mounts, key=lambda mount: len(mount["mountPath"]))["name"]
    volume: dict[str, Any] = next(item for item in spec["volumes"] if item["name"] == name)
    return next(key for key in volume if key != "name")


def lost_revisions(
    applications: Iterable[dict[str, Any]], url: str, known: Collection[str], since: datetime.datetime | None
) -> dict[str, list[str]]:
    """The commits in Applications' records of syncs from a repository that it does not have, by Application.

    `url`: Argo CD's URL for it; records of other repositories are left out, and so are those before `since`.
    """
    found: dict[str, list[str]] = {}
    for item in applications:
        for entry in item.get("status", {}).get("history") or []:
            is_older = since is not None and datetime.datetime.fromisoformat(entry["deployedAt"]) < since
            if (entry.get("source") or {}).get("repoURL") == url and not is_older and entry["revision"] not in known:
                found.setdefault(item["metadata"]["name"], []).append(entry["revision"][:8])
    return found
