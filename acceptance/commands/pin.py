"""`make pin`: pins production's images by digest in its overlays. `--check` lists those without a digest.

An entry of an overlay's `images:` that has a `newName` keeps its tag and gets the tag's digest. An entry without one
is managed by this command alone: it repeats the base's tag and is regenerated each time; --check reports when the base
has moved on. A tag set only in an overlay needs a `newName`, which may equal the old name.
Source: issue, "image references pinned by digest in production".
"""

from __future__ import annotations

import argparse
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.clients.registry import Reference, Registries, mirrors_of
from acceptance.commands.verify_references import add_mirrors
from acceptance.images.pins import K8S, Overlay, editing_images, image_of, images_of, pin_image, read_overlays, unpin


def pin(overlay: Overlay, registries: Registries) -> list[str]:
    """Write digests into an overlay; return the problems. An image whose digest is unavailable stays as it was."""
    problems = []
    known = {image_of(entry): entry for entry in images_of(overlay.path)}
    tags: dict[str, set[str]] = {}
    for reference in overlay.bare:
        if not reference.digest:
            tags.setdefault(reference.name, set()).add(reference.tag)
    digests: dict[str, tuple[str, str]] = {}
    for name, (tag, *others) in tags.items():
        old = known.get(name, {})
        digest = old.get("digest") if str(old.get("newTag", "")) == tag else None
        try:
            if others:
                raise UserError(f"{name} has several tags here: {tag}, {', '.join(others)}", "use one tag")
            digest = registries.digest(Reference(name, tag))
        except UserError as error:
            problems.append(str(error))
        if digest:
            digests[name] = (tag, digest)
    with editing_images(overlay.path) as entries:
        unpin(entries, keep=digests)
        for name, (tag, digest) in digests.items():
            pin_image(entries, name, tag, digest)
    return problems


def check(k8s: Path) -> int:
    """Print images with a missing or outdated digest; return 1 if there are any."""
    bad = 0
    for overlay in read_overlays(k8s):
        for line in [*(f"{reference} has no digest" for reference in overlay.open), *overlay.stale]:
            print(f"{overlay.path.relative_to(k8s.parent)}: {line}")
            bad += 1
    if bad:
        say(
            f"{bad} to fix: `make pin` writes digests from registries; where kustomize cannot set one, edit it by hand."
        )
        return 1
    say("All of production's images are pinned.")
    return 0


def pin_all(registries: Registries, k8s: Path) -> int:
    """Pin each overlay as far as registries answer; return 1 if any image remains without a digest."""
    problems: list[str] = []
    for overlay in read_overlays(k8s):
        problems += pin(overlay, registries)
    for problem in dict.fromkeys(problems):
        say(problem)
    return check(k8s)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to write, and whom to ask."""
    parser.add_argument("--check", action="store_true", help="write nothing; list images without a digest")
    add_mirrors(parser)
    parser.add_argument("--k8s", type=Path, default=K8S, metavar="FOLDER", help="folder of manifests (default: k8s/)")


def run(options: argparse.Namespace) -> int:
    """Pin, or only check; return 1 if any image has no digest."""
    return check(options.k8s) if options.check else pin_all(Registries(mirrors_of(options.upstream)), options.k8s)
