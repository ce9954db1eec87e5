"""Whether pushes to the platform's own repository call the webhook, like those to the scenarios'. Source: 3.2."""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster
from acceptance.platform.git import GIT, PLATFORM, GitServer

FOLDER = "/srv/git"
PROVEN = "demo"
"""The repository whose webhook a scenario tests."""
POLLED = "demo-polled"
"""The repository whose pushes call none, so that a scenario sees them found by polling."""


def hooks(cluster: Cluster) -> dict[str, str]:
    """What the Git server in the cluster runs after a push, by repository; empty if it runs nothing."""
    found = {}
    for name in (PLATFORM, PROVEN, POLLED):
        # Git itself says where it looks for hooks (core.hooksPath). It ignores one that is not executable.
        ask = f"cd {FOLDER}/{name}.git && hook=$(git rev-parse --git-path hooks/post-receive)"
        script = f'{ask} && {{ test ! -x "$hook" || readlink -f "$hook"; }}'
        found[name] = cluster.kubectl("-n", GIT, "exec", f"deploy/{GIT}", "--", "sh", "-c", script).strip()
    return found


def without_webhook(cluster: Cluster, git: GitServer) -> str:
    """What is wrong with the hooks of the platform's repository and of the one without; empty if all is well.

    Also for an external Git server, which hides them.
    """
    if git.settings.server != "in-cluster":
        return ""
    seen = hooks(cluster)
    if seen[POLLED]:
        return f"after a push to {POLLED} the Git server runs {seen[POLLED]}, so that polling was not seen alone"
    if seen[PLATFORM] == seen[PROVEN]:
        return ""
    return f"after a push to {PLATFORM} the Git server runs {seen[PLATFORM] or 'nothing'}, not {seen[PROVEN]}"
