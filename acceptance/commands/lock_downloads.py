"""`make lock-downloads`: writes the SHA-256 of each host tool's downloads into images/lock.toml.

It downloads the version in the lock for each platform, and compares each file with the checksum that its project
publishes. An unavailable download keeps its digest; one that differs from that checksum, or from an earlier digest
of the same URL, is not written. Digests of other versions are removed.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import tomlkit
from tomlkit.items import Table

from acceptance.base.paths import IMAGES
from acceptance.base.progress import say
from acceptance.images.download import Downloads, Unavailable
from acceptance.images.lock import PLATFORMS, Entry, read_lock

DIGEST = re.compile(r"[0-9a-f]{64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which lock to write."""
    parser.add_argument("--lock", type=Path, default=IMAGES / "lock.toml", help="the lock (default: images/lock.toml)")


def published(sums: str, name: str) -> str | None:
    """A file's digest in the text of a file of checksums, which may hold nothing but that digest."""
    for line in sums.splitlines():
        digest, *names = line.split() or [""]
        if DIGEST.fullmatch(digest) and (not names or names[0].lstrip("*") == name):
            return digest
    return None


def digest_of(entry: Entry, platform: tuple[str, str], downloads: Downloads, folder: Path) -> str:
    """The digest of a tool's download. Raises Unavailable, also for a file that is not what it is published to be."""
    url, sums_url = entry.url(*platform), entry.sums_url(*platform)
    seen = downloads.fetch(url, folder / "download")
    if sums_url:
        downloads.fetch(sums_url, folder / "sums")
        expected = published((folder / "sums").read_text(errors="replace"), url.rpartition("/")[2])
        if seen != expected:
            raise Unavailable(f"it has the SHA-256 {seen}, but {sums_url} says {expected or 'nothing of it'}")
    if entry.sha256.get(url, seen) != seen:
        raise Unavailable(f"it has the SHA-256 {seen}, but the lock has {entry.sha256[url]} for the same URL")
    return seen


def set_digests(lock: tomlkit.TOMLDocument, name: str, digests: Mapping[str, str]) -> None:
    """Put these digests, by URL, in place of an entry's earlier ones; the rest of the lock stays as it is written."""
    entry = cast(Table, lock[name])
    entry.pop("sha256", None)
    if digests:
        table = tomlkit.table()
        table.update(digests)
        table.add(tomlkit.nl())
        entry["sha256"] = table


def run(options: argparse.Namespace) -> int:
    """Write the lock; return 1 if a digest is missing or was not confirmed."""
    downloads = Downloads()
    lock = tomlkit.parse(options.lock.read_text())
    confirmed, problems = 0, 0
    for entry in read_lock(options.lock).values():
        if not entry.download:
            continue
        digests = {}
        for platform in PLATFORMS:
            url = entry.url(*platform)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    digests[url] = digest_of(entry, platform, downloads, Path(folder))
                confirmed += 1
            except Unavailable as error:
                print(f"{url}: {error}")
                problems += 1
                if url in entry.sha256:
                    digests[url] = entry.sha256[url]
        set_digests(lock, entry.name, digests)
    options.lock.write_text(tomlkit.dumps(lock))
    say(f"{confirmed} digests are confirmed, {problems} are not.")
    return int(bool(problems))
