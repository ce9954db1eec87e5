"""Which defects can be made at the same time, so that each red still says whose it is."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.proof.catalogue import Defect

EVERYTHING = frozenset(
    {"api-server", "kube-system", "coredns", "node", "workers", "argocd", "traefik", "git", "load-balancer"}
)
"""What all scenarios stand on: a defect of it is made alone."""
AT_ONCE = 4


def touched(defect: Defect) -> frozenset[str]:
    """What a defect touches. The tags of all images are in one file of the repository."""
    return frozenset(defect.touches) | ({"tags"} if defect.way == "source" else set())


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


def apart(one: Defect, other: Defect) -> bool:
    """Whether two defects can be told apart when they are made at the same time."""
    if not (one.touches and other.touches) or (touched(one) | touched(other)) & EVERYTHING:
        return False
    names = {*one.red, *one.may} & {*other.red, *other.may}
    return not (names or touched(one) & touched(other))
