"""Whether a Git server in the cluster takes pushes from clients without its password. Source: plan 27.8.

What is pushed there is deployed: who may push may change everything that Argo CD deploys. An external Git server has
users and rights of its own, which only its owner sees.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import bcrypt

from acceptance.clients.web import plain_session
from acceptance.cluster.cluster import Cluster
from acceptance.platform.git import GIT, GitServer
from acceptance.platform.secrets import read_secret

REFUSED = (401, 403, 404)
"""The statuses of a push that is refused, or of a server that has nothing there."""
PUSHES = {"GET": "/info/refs?service=git-receive-pack", "POST": "/git-receive-pack"}
"""The two requests of a push. Source: Git, http-protocol."""
TYPE = {"Content-Type": "application/x-git-receive-pack-request"}
PASSWORDS = "/etc/git/htpasswd"
"""The file from which the server in the cluster reads its passwords (images/git/lighttpd.conf)."""


def open_to_strangers(cluster: Cluster, git: GitServer) -> list[str]:
    """How somebody else could push to the Git server in the cluster, in words; nothing for an external one."""
    if git.settings.server != "in-cluster":
        return []
    kept = read_secret(cluster, "git-credentials", GIT) or {}
    read = cluster.kubectl("-n", GIT, "exec", f"deploy/{GIT}", "--", "cat", PASSWORDS)
    lines = [*kept.get("htpasswd", "").splitlines(), *read.splitlines()]
    others = other_users(lines, git.user, git.password)
    return pushed_by_strangers(git) + [f"{user or 'somebody'} has another password" for user in others]


def pushed_by_strangers(git: GitServer) -> list[str]:
    """The requests of pushes, without a password or with a wrong one, that are not refused, in words.

    They push nothing: their bodies are empty.
    """
    strangers = {"without a password": None, "with a wrong password": (git.user, secrets.token_hex(8))}
    found = []
    with plain_session() as session:
        for name in git.names():
            for method, path in PUSHES.items():
                for who, login in strangers.items():
                    address = f"{git.repository(name).remote()}{path}"
                    status = session.request(method, address, auth=login, headers=TYPE).status_code
                    if status not in REFUSED:
                        found.append(f"{method} /{name}.git{path} {who}: {status}")
    return found


def other_users(lines: Iterable[str], user: str, password: str) -> list[str]:
    """The users in lines of a file of passwords (`USER:HASH`), but for the one whose password is known."""
    logins = [line.strip().partition(":") for line in lines if line.strip() and not line.startswith("#")]
    return sorted({name for name, _, hashed in logins if name != user or not fits(password, hashed)})


def fits(password: str, hashed: str) -> bool:
    """Whether a hash is of a password; one of another form than ours is not."""
    try:
        return bcrypt.checkpw(password.encode(), hashed.encode())
    except ValueError:
        return False
