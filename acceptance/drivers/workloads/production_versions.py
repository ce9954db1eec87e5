"""Programs of others that production runs in another version than the one that was proven here.

A newer patch is no other version; a digest alone says nothing about it. Source: 3.3, 4.1, 5.1, 7.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from acceptance.clients.registry import Reference
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import LASTING, pod_of

OF_OTHERS = ("traefik", "sealed-secrets", "metrics-server", "redis", "argocd")
"""The components whose images are released by others, so that their tags are versions."""
VERSION = re.compile(r"v?(\d+)[.](\d+)(?![\d])")


def other_versions(component: str, here: Iterable[Manifest], there: Iterable[Manifest]) -> list[str]:
    """The containers of a component whose image has another version in production than here, in words."""
    if component not in OF_OTHERS:
        return []
    proven, wanted = images(here), images(there)
    return [
        f"{place} runs {wanted[place]}, not the version of {image} as here"
        for place, image in proven.items()
        if is_other(image, wanted.get(place, ""))
    ]


def images(objects: Iterable[Manifest]) -> dict[str, str]:
    """The images of workloads' containers, by workload and container."""
    return {
        f"{item['kind']}/{item['metadata']['name']}: {part['name']}": str(part["image"])
        for item in objects
        if item["kind"] in LASTING
        for part in pod_of(item)["spec"]["containers"]
    }


def is_other(proven: str, wanted: str) -> bool:
    """Whether two images of one name have different versions, as far as their tags say; no tag is the latest."""
    here, there = Reference.of(proven), Reference.of(wanted)
    version = VERSION.match(here.tag)
    if last_of(here) != last_of(there) or not version or (there.digest and not there.tag):
        return False
    found = VERSION.match(there.tag)
    return found is None or found.groups() != version.groups()


def last_of(image: Reference) -> str:
    """An image's name without registry and folders, which a mirror changes."""
    return image.name.rpartition("/")[2]
