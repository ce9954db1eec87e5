"""`make verify-references`: ask each registry for each image that is named, without an account; print what is missing.

These are the references of images/lock.toml and of production's overlays. A mirror is asked with --upstream.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.clients.registry import Reference, Registries
from acceptance.images.lock import LOCAL, read_lock
from acceptance.images.pins import read_overlays


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A mirror, and which half."""
    parser.add_argument(
        "--upstream", metavar="HOST[/PATH]", help="a mirror that is asked in the place of each registry"
    )
    parser.add_argument("--lock-only", action="store_true", help="leave production's overlays out: they need kubectl")


def named(lock_only: bool) -> dict[str, Reference]:
    """Every reference that somebody pulls, as it is written. Raises UserError if an overlay does not build."""
    found = {entry.pulled: Reference.of(entry.pulled) for entry in read_lock().values() if entry.upstream}
    if not lock_only:
        found |= {str(reference): reference for overlay in read_overlays() for reference in overlay.now}
    # What the suite builds for itself is in no registry outside.
    return {name: reference for name, reference in sorted(found.items()) if not name.startswith(f"{LOCAL}/")}


def missing(references: Iterable[Reference], registries: Registries) -> list[str]:
    """Why some cannot be had, one line each."""

    def why(reference: Reference) -> str | None:
        try:
            registries.check(reference)
        except UserError as error:
            return error.problem
        return None

    with ThreadPoolExecutor(8) as pool:
        return [problem for problem in pool.map(why, references) if problem]


def run(options: argparse.Namespace) -> int:
    """Ask; 1 if something is missing."""
    references = named(options.lock_only)
    problems = missing(references.values(), Registries(options.upstream))
    for problem in problems:
        print(problem)
    say(f"{len(references) - len(problems)} of {len(references)} references are there.")
    return int(bool(problems))
