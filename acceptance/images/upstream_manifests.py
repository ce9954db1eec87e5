"""Upstream manifests, copied to where the kustomizations expect them."""

from __future__ import annotations

from acceptance.images.build import Images


def upstream(images: Images) -> set[str]:
    """Copy the cached upstream manifests to where kustomizations expect them; return the missing ones."""
    lacking = set()
    for entry in images.lock.values():
        if entry.use == "manifests":
            if images.is_there(entry):
                images.link_manifests(entry)
            else:
                lacking.add(entry.name.removesuffix("-manifests"))
    return lacking
