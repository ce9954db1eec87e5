"""Sync records whose commits are no longer in the repository, so that nobody can roll back to them. Source: 14.3."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from typing import Any

from kubernetes.client import ApiException

from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster

GIT, CLAIM = "git", "git"
"""The namespace of a Git server in the cluster, and the claim on which it keeps its repositories."""
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
