"""What a Git server keeps of deleted branches: anyone who knows the id of an object can still fetch it.

Ids are in the logs of Argo CD, CI and the server. Git's protocol v2 serves any object that exists. Source: 5.4.
"""

from __future__ import annotations

from acceptance.base.errors import UserError
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.secrets.git_leaks import SCAN_SIZE, Versions, every_version
from acceptance.platform.git import GIT, GitServer

GONE = "on no branch"
AT_ONCE = 500
"""Objects that are fetched at once."""
REFUSED = "not allow request for unadvertised object"
"""The error of a server that serves only objects on its branches."""


def objects_kept(cluster: Cluster, git: GitServer, repository: Repository) -> list[str]:
    """The ids of all objects that a repository keeps, except trees; none for an external server, which lists none."""
    if git.settings.server != "in-cluster":
        return []
    listing = ("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
    folder = f"/srv/git/{repository.name}.git"
    listed = cluster.kubectl("-n", GIT, "exec", f"deploy/{GIT}", "--", "git", "--git-dir", folder, *listing)
    return [identity for kind, identity in map(str.split, listed.splitlines()) if kind != "tree"]


def every_version_kept(repository: Repository, kept: list[str]) -> Versions:
    """Every version of every file on every ref, and the objects of `kept` on none, which anyone can fetch by id."""
    found = every_version(repository)
    known = {identity for identity, _ in found}
    gone = [identity for identity in kept if identity not in known]
    for begin in range(0, len(gone), AT_ONCE):
        try:
            repository.git("fetch", "--quiet", "--no-tags", repository.remote(), *gone[begin : begin + AT_ONCE])
        except UserError as error:
            if REFUSED not in error.problem:
                raise
            return found
    return found | {(identity, f"{repository.name}: {GONE}"): text_of(repository, identity) for identity in gone}


def text_of(repository: Repository, identity: str) -> str:
    """An object of a clone as text. Raises AssertionError if it is larger than SCAN_SIZE."""
    size = int(repository.git("cat-file", "-s", identity))
    assert size <= SCAN_SIZE, (
        f"the object {identity} in {repository.name} has {size} bytes, but at most {SCAN_SIZE} are searched for secrets"
    )
    return repository.git("cat-file", "-p", identity)
