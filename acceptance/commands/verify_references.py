"""`make verify-references`: check without an account that every referenced image is in its registry.

It covers images/lock.toml and production's overlays, and prints what is missing.
--upstream and --env query mirrors instead.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.clients.registry import Mirrors, Reference, Registries, mirrors_of
from acceptance.images.lock import LOCAL, read_lock
from acceptance.images.pins import read_overlays


def add_mirrors(parser: argparse.ArgumentParser) -> None:
    """The mirrors to query."""
    parser.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="[REGISTRY=]HOST[/PATH]",
        help="a mirror to query instead of the registries, or instead of one of them; repeatable",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Mirrors, and whether to check the lock only."""
    add_mirrors(parser)
    parser.add_argument("--env", metavar="NAME|PATH", help="query the mirrors of this environment's images.upstream")
    parser.add_argument("--lock-only", action="store_true", help="leave out production's overlays, which need kubectl")


def named(lock_only: bool) -> dict[str, Reference]:
    """Every reference that is pulled, as written. Raises UserError if an overlay does not build."""
    found = {entry.pulled: Reference.of(entry.pulled) for entry in read_lock().values() if entry.upstream}
    if not lock_only:
        found |= {str(reference): reference for overlay in read_overlays() for reference in overlay.now}
    # Images that the suite builds for itself are in no public registry.
    return {name: reference for name, reference in sorted(found.items()) if not name.startswith(f"{LOCAL}/")}


def missing(references: Iterable[Reference], registries: Registries) -> list[str]:
    """Why some are unavailable, one line each."""

    def why(reference: Reference) -> str | None:
        try:
            registries.check(reference)
        except UserError as error:
            return error.problem
        return None

    with ThreadPoolExecutor(8) as pool:
        return [problem for problem in pool.map(why, references) if problem]


def configured(environment: str | None) -> Mirrors:
    """The mirrors of an environment."""
    return load_environment(environment).images.upstream if environment else None


def run(options: argparse.Namespace) -> int:
    """Check; return 1 if anything is missing."""
    references = named(options.lock_only)
    problems = missing(references.values(), Registries(mirrors_of(options.upstream) or configured(options.env)))
    for problem in problems:
        print(problem)
    say(f"{len(references) - len(problems)} of {len(references)} references exist.")
    return int(bool(problems))
