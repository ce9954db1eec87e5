"""The order in which recipes are built."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acceptance.images.lock import Entry

SLOWEST = ("traefik", "kubernetes", "argocd", "tofu", "tofu-provider-docker", "flannel", "coredns", "containerd")
"""The slowest recipes, slowest first, so that the build does not end waiting for one."""


def in_waves(
    entries: list[Entry], lock: Mapping[str, Entry], is_there: Callable[[Entry], bool]
) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """What can be built immediately, then what no longer compiles anything, then what needs images of the first two."""
    first: list[Entry] = []
    for entry in entries:
        # A recipe with several stages compiles once: its first entry goes first.
        if entry.recipe not in {other.recipe for other in first} and not entry.needs:
            first.append(entry)
    later = [entry for entry in entries if entry not in first]
    second = [entry for entry in later if not entry.needs]
    for need in sorted({name for entry in entries for name in entry.needs}):
        if not is_there(lock[need]) and lock[need] not in entries:
            wave = second if lock[need].recipe in {entry.recipe for entry in first} else first
            wave.insert(0, lock[need])
    first.sort(key=lambda entry: SLOWEST.index(entry.recipe) if entry.recipe in SLOWEST else len(SLOWEST))
    return first, second, [entry for entry in later if entry.needs]
