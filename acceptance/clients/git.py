"""A working clone of a repository, with real commits and real pushes."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

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


class Repository:
    """A repository, and a clone of it below `folder`. `url` is what Argo CD calls it, `remote` how it is reached."""

    def __init__(self, name: str, url: str, remote: Callable[[], str], folder: Path, user: str, password: str):
        self.name = name
        self.url = url
        self.remote = remote
        self.folder = folder / name
        self.token = base64.b64encode(f"{user}:{password}".encode()).decode()

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        """Run git in the clone; return what it printed. The password goes by the environment, not by disk."""
        if not self.folder.is_dir():
            self.begin()
        environment = {
            **AUTHOR,
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {self.token}",
            # Larger pushes would come in chunks.
            "GIT_CONFIG_KEY_1": "http.postBuffer",
            "GIT_CONFIG_VALUE_1": "52428800",
        }
        return run(
            ["git", *arguments], cwd=self.folder, environment=environment, stdin=stdin, timeout=60
        ).stdout.strip()

    def fetch(self) -> None:
        """Make the clone equal to the repository's main branch; begin a new one where the repository is empty."""
        if not (self.folder / ".git").is_dir():
            self.begin()
        if self.git("ls-remote", self.remote(), "refs/heads/main"):
            self.git("fetch", "--quiet", self.remote(), "main")
            self.git("checkout", "--quiet", "--force", "-B", "main", "FETCH_HEAD")
            self.git("clean", "--quiet", "--force", "-d")
        else:
            # A clone of an earlier platform's repository would bring its history along.
            self.begin()

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
        """Write files (None: delete), commit and push; return the commit's SHA. No commit if nothing changed."""
        self.fetch()
        for path, text in files.items():
            target = self.folder / path
            if text is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        self.git("add", "--all")
        if self.git("status", "--porcelain"):
            self.git("commit", "--quiet", "--message", message)
            self.push()
        return self.head()

    def revert(self, commit: str) -> str:
        """Undo a commit by another one, and push it; return the new commit's SHA."""
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
