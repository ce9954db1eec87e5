"""Whether pushes to the platform's own repository call the webhook, like those to the scenarios'. Source: 3.2."""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster
from acceptance.platform.git import GIT, PLATFORM, GitServer

PROVEN = "demo"
"""The repository whose webhook a scenario tests."""


def hooks(cluster: Cluster) -> dict[str, str]:
    """What the Git server in the cluster runs after a push, by repository; empty if it runs nothing."""
    found = {}
    for name in (PLATFORM, PROVEN):
        path = f"/srv/git/{name}.git/hooks/post-receive"
        # Git ignores a hook that is not executable.
        script = f"test ! -x {path} || readlink -f {path}"
        found[name] = cluster.kubectl("-n", GIT, "exec", f"deploy/{GIT}", "--", "sh", "-c", script).strip()
    return found


def without_webhook(cluster: Cluster, git: GitServer) -> str:
    """What is wrong with the hook of the platform's repository; empty for an external Git server, which hides them."""
    if git.settings.server != "in-cluster":
        return ""
    seen = hooks(cluster)
    if seen[PLATFORM] == seen[PROVEN]:
        return ""
    return f"after a push to {PLATFORM} the Git server runs {seen[PLATFORM] or 'nothing'}, not {seen[PROVEN]}"
