"""Host tools as their projects publish them: downloaded by URL, and used only if the SHA-256 is the one in the lock.

Source: docs/decisions/0001-kind-from-source.md. Proxies come from the environment, as for all requests.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import tarfile
import time
import zipfile
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import requests

from acceptance.base.errors import UserError
from acceptance.clients.outside import ask
from acceptance.images.lock import Entry

TIMEOUTS = (5.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""
AGAIN_AFTER = 2.0
"""Seconds before a broken connection, or a "too many requests" (429), is retried once."""
CHUNK = 1 << 20
"""Bytes that are read at a time."""


class Unavailable(Exception):
    """A download is unavailable; the message says why."""


class TooOften(requests.RequestException):
    """A server asks to come back later."""


def this_platform() -> tuple[str, str]:
    """Operating system and architecture of this machine, named as in the lock: `linux`, `amd64`."""
    machine = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


class Downloads:
    """The downloads of one run. Once a connection has failed for good, no other is tried: it would only wait, too."""

    def __init__(self) -> None:
        self.unreachable = ""

    def program(self, entry: Entry, folder: Path) -> Path:
        """Download a tool for this machine into `folder`; return the program, which may be run.

        Raises Unavailable, and UserError for a file with another SHA-256 than the lock's; that file is deleted.
        """
        url = entry.url(*this_platform())
        expected = entry.sha256[url]
        file = folder / "download"
        seen = self.fetch(url, file)
        if seen != expected:
            file.unlink()
            raise UserError(
                f"{entry.program}: {url} has the SHA-256 {seen}, but images/lock.toml has {expected}",
                "find out whether a proxy or its project changed the file (`make lock-downloads` compares it with the "
                "published checksum); --images=build downloads no tools",
            )
        program = extract(file, entry.member, folder / entry.program) if entry.member else file
        program.chmod(0o755)
        return program

    def fetch(self, url: str, file: Path, tries: int = 2) -> str:
        """Download a URL into a file; return its SHA-256 in hexadecimal. Raises Unavailable."""
        try:
            return self.attempt(url, file)
        except requests.RequestException as error:
            if tries > 1 and not isinstance(error, requests.ConnectTimeout):
                time.sleep(AGAIN_AFTER)
                return self.fetch(url, file, tries - 1)
            reason = f"{urlsplit(url).hostname}: {in_words(error)}"
            if isinstance(error, requests.ConnectionError):
                self.unreachable = reason
            raise Unavailable(reason) from error

    def attempt(self, url: str, file: Path) -> str:
        """Download a URL once. Raises Unavailable, and RequestException for what a retry may fix."""
        if self.unreachable:
            raise Unavailable(self.unreachable)
        digest = hashlib.sha256()
        # Compressed on the way, it would not be the file that was hashed.
        headers = {"Accept-Encoding": "identity"}
        with ask("GET", url, headers=headers, stream=True, timeout=TIMEOUTS) as answer:
            if answer.status_code == 429:
                raise TooOften
            if not answer.ok:
                raise Unavailable(f"{urlsplit(url).hostname} answers {answer.status_code}")
            with file.open("wb") as output:
                for chunk in answer.iter_content(CHUNK):
                    digest.update(chunk)
                    output.write(chunk)
        return digest.hexdigest()


def in_words(error: requests.RequestException) -> str:
    """Why a request failed, in a few words."""
    if isinstance(error, TooOften):
        return "too many requests (429)"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {TIMEOUTS[0]:.0f} s"
    return f"the connection failed ({type(error).__name__})"


def extract(archive: Path, member: str, program: Path) -> Path:
    """Extract one member of a ZIP or tar archive to `program`. Raises UserError if the archive lacks it."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, zipped.open(member) as source:
                return written(source, program)
        with tarfile.open(archive) as tar:
            found = tar.extractfile(member)
            if found is None:
                raise KeyError(member)
            with found as source:
                return written(source, program)
    except (KeyError, tarfile.ReadError) as error:
        raise UserError(
            f"the download of {program.name} has no file {member!r}", "fix `member` in images/lock.toml"
        ) from error


def written(source: IO[bytes], file: Path) -> Path:
    """Write a stream to a file; return the file."""
    with file.open("wb") as output:
        shutil.copyfileobj(source, output)
    return file
