"""Which defects can be injected together such that each red can still be attributed."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.criteria.ledger import destroys
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.components import COMPONENTS
from acceptance.platform.platform import with_needs
from acceptance.proof.catalogue import Defect

EVERYTHING = frozenset(
    {"api-server", "kube-system", "coredns", "node", "workers", "argocd", "traefik", "git", "load-balancer"}
)
"""What all scenarios depend on: a defect in it is injected alone."""
STANDS_ON = {
    name: found
    for name in APPLICATIONS
    if (found := {*with_needs(COMPONENTS[name].wants, COMPONENTS)} & {*APPLICATIONS})
} | {"auth-service-application": {"auth-service"}}
"""Services that are not Ready without another one: a defect in that one could be why they are red.

From the registry of components; the last one is the Application as an object, which the service's own defects may
also degrade.
"""
AT_ONCE = 4


def touched(defect: Defect) -> frozenset[str]:
    """What a defect touches, and what depends on that. The tags of all images are in one file of the repository."""
    found = set(defect.touches) | ({"tags"} if defect.way == "source" else set())
    return frozenset(found | {name for name, below in STANDS_ON.items() if below & found})


def in_rounds(defects: Iterable[Defect]) -> list[list[Defect]]:
    """Pack defects into rounds: no two of a round touch the same, or turn the same criterion red."""
    rounds: list[list[Defect]] = []
    for defect in defects:
        for together in rounds:
            if len(together) < AT_ONCE and all(apart(defect, other) for other in together):
                together.append(defect)
                break
        else:
            rounds.append([defect])
    return rounds


def ends_platform(defect: Defect) -> bool:
    """Whether only a scenario that destroys the platform can see a defect."""
    return all(map(destroys, defect.red))


def rounds_of(defects: list[Defect]) -> list[list[Defect]]:
    """The rounds for some defects; one after which the platform is gone comes last."""
    last = [defect for defect in defects if ends_platform(defect)]
    return [*in_rounds(defect for defect in defects if defect not in last), *in_rounds(last)]


def covering(defects: Iterable[Defect], wanted: set[str]) -> list[Defect]:
    """A small set of defects that together must turn `wanted` red, where such exist; those that turn most red first."""
    left, waiting, found = set(wanted), list(defects), []
    while waiting and left:
        best = max(waiting, key=lambda defect: len(left & set(defect.red)))
        if not left & set(best.red):
            break
        found.append(best)
        waiting.remove(best)
        left -= set(best.red)
    return found


def apart(one: Defect, other: Defect) -> bool:
    """Whether two defects can be told apart when injected together."""
    if not (one.touches and other.touches) or (touched(one) | touched(other)) & EVERYTHING:
        return False
    names = {*one.red, *one.may} & {*other.red, *other.may}
    return not (names or touched(one) & touched(other))
