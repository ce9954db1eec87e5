"""A working clone of a repository, with real commits and real pushes."""

from __future__ import annotations

import base64
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.clients.process import run

AUTHOR = {
    "GIT_AUTHOR_NAME": "Acceptance suite",
    "GIT_AUTHOR_EMAIL": "system@alternatefutures.ai",
    "GIT_COMMITTER_NAME": "Acceptance suite",
    "GIT_COMMITTER_EMAIL": "system@alternatefutures.ai",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


PUSHES = 5
"""Maximum attempts at a commit when others push to the same branch."""


class Repository:
    """A repository, and a clone of it below `folder`. `url` is Argo CD's URL for it, `remote` the suite's."""

    def __init__(self, name: str, url: str, remote: Callable[[], str], folder: Path, user: str, password: str):
        self.name = name
        self.url = url
        self.remote = remote
        self.folder = folder / name
        self.token = base64.b64encode(f"{user}:{password}".encode()).decode()

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which git commits as the suite, and reaches the server. Nothing of it is on disk."""
        return {
            **AUTHOR,
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {self.token}",
            # Larger pushes would be chunked.
            "GIT_CONFIG_KEY_1": "http.postBuffer",
            "GIT_CONFIG_VALUE_1": "52428800",
        }

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        """Run git in the clone; return what it printed."""
        if not self.folder.is_dir():
            self.begin()
        return run(
            ["git", *arguments], cwd=self.folder, environment=self.environment, stdin=stdin, timeout=60
        ).stdout.strip()

    def fetch(self) -> str:
        """Reset the clone to the main branch, or to a new one if that is empty; return the branch's last commit."""
        if not (self.folder / ".git").is_dir():
            self.begin()
        if not self.tip():
            # A clone of an earlier platform's repository would bring its history along.
            self.begin()
            return ""
        self.git("fetch", "--quiet", self.remote(), "main")
        self.git("checkout", "--quiet", "--force", "-B", "main", "FETCH_HEAD")
        self.git("clean", "--quiet", "--force", "-d")
        return self.head()

    def begin(self) -> None:
        """An empty clone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def read(self, path: str) -> str:
        """A file of the main branch."""
        self.fetch()
        return (self.folder / path).read_text()

    def commit(self, files: dict[str, str | None], message: str) -> str:
        """Write files (None: delete), commit and push; return the commit's SHA. No commit if nothing changed.

        If others push to the same branch meanwhile, it is retried on top of what they pushed.
        """
        for tries_left in reversed(range(PUSHES)):
            base = self.write(files)
            if not self.git("status", "--porcelain"):
                break
            self.git("commit", "--quiet", "--message", message)
            try:
                self.push()
                break
            except UserError:
                if not tries_left or self.tip() == base:
                    # No other push came first, so it was refused for another reason.
                    raise
        return self.head()

    def write(self, files: dict[str, str | None]) -> str:
        """Write files (None: delete) on top of the main branch, and stage them; return that branch's last commit."""
        base = self.fetch()
        for path, text in files.items():
            target = self.folder / path
            if text is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        self.git("add", "--all")
        return base

    def tip(self) -> str:
        """The SHA of the main branch's last commit, as the repository has it; empty if there is none."""
        return self.git("ls-remote", self.remote(), "refs/heads/main").partition("\t")[0]

    def has_same(self, path: str, one: str, other: str) -> bool:
        """Whether a file is the same at two commits of the main branch."""
        if one == other:
            return True
        found = self.blobs(path, one, other)
        if len(found) < 2:
            # A commit that was pushed from elsewhere.
            self.fetch()
            found = self.blobs(path, one, other)
        return len(found) == 2 and found[0] == found[1]

    def blobs(self, path: str, *commits: str) -> list[str]:
        """Git's blob ids of a file at commits; unknown commits are left out."""
        found = []
        for commit in commits:
            with contextlib.suppress(UserError):
                found.append(self.git("rev-parse", "--verify", "--quiet", f"{commit}:{path}"))
        return found

    def revert(self, commit: str) -> str:
        """Revert a commit and push; return the new commit's SHA."""
        self.fetch()
        self.git("revert", "--no-edit", commit)
        self.push()
        return self.head()

    def push(self) -> None:
        """Push the main branch."""
        self.git("push", "--quiet", self.remote(), "main")

    def head(self) -> str:
        """The SHA of the clone's last commit."""
        return self.git("rev-parse", "HEAD")
