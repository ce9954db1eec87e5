"""`make pin`: digests for the images of production, in its overlays. `--check` says which have none.

An overlay's entry of `images:` with a `newName` keeps its tag, and gets the tag's digest. One without is written here
and nowhere else: it repeats the tag that the base names, and is made anew each time; --check says when the base has
moved on. Tags that an overlay alone has need a `newName`, which may be the old one.
Source: issue, "image references pinned by digest in production".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.clients.registry import Reference, Registries
from acceptance.images.pins import K8S, Overlay, images_of, read_overlays, without_pin, write_images


def pin(overlay: Overlay, registries: Registries) -> list[str]:
    """Write digests into an overlay; what came in the way. Where no digest is to be had, things stay as they were."""
    problems = []
    before = images_of(overlay.path)
    known = {entry.get("newName", entry["name"]): entry for entry in before}
    entries = [entry for entry in map(without_pin, before) if entry]
    renamed = {entry.get("newName", entry["name"]): entry for entry in entries}
    tags: dict[str, set[str]] = {}
    for reference in overlay.bare:
        if not reference.digest:
            tags.setdefault(reference.name, set()).add(reference.tag)
    for name, (tag, *others) in tags.items():
        old = known.get(name, {})
        digest = old.get("digest") if str(old.get("newTag", "")) == tag else None
        try:
            if others:
                raise UserError(f"{name} has several tags here: {tag}, {', '.join(others)}", "use one tag")
            digest = registries.digest(Reference(name, tag))
        except UserError as error:
            problems.append(str(error))
        if digest and name in renamed:
            renamed[name]["digest"] = digest
        elif digest:
            entries.append({"name": name, **({"newTag": tag} if tag else {}), "digest": digest})
    write_images(overlay.path, entries)
    return problems


def check(k8s: Path = K8S) -> int:
    """Print what has no digest or an old one; 1 if there is any."""
    bad = 0
    for overlay in read_overlays(k8s):
        for line in [*(f"{reference} has no digest" for reference in overlay.open), *overlay.stale]:
            print(f"{overlay.path.relative_to(k8s.parent)}: {line}")
            bad += 1
    if bad:
        say(
            f"{bad} to mend: `make pin` writes what registries say; where kustomize reaches no image, write it by hand."
        )
        return 1
    say("Every image of production is pinned.")
    return 0


def pin_all(registries: Registries, k8s: Path = K8S) -> int:
    """Pin each overlay, as far as registries answer; 1 if something stays without a digest."""
    problems: list[str] = []
    for overlay in read_overlays(k8s):
        problems += pin(overlay, registries)
    for problem in dict.fromkeys(problems):
        say(problem)
    return check(k8s)


class Parser(argparse.ArgumentParser):
    """Bad input is a UserError, as everywhere."""

    def error(self, message: str) -> NoReturn:
        """Say how it is called."""
        raise UserError(message, self.format_usage().strip())


def main(arguments: list[str], k8s: Path = K8S) -> int:
    """Command line: --check, or --upstream HOST of a mirror to ask in the registries' place."""
    parser = Parser(prog="python -m acceptance.commands.pin", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what has no digest")
    parser.add_argument("--upstream", metavar="HOST", help="a mirror to ask in the place of all registries")
    try:
        options = parser.parse_args(arguments)
        return check(k8s) if options.check else pin_all(Registries(options.upstream), k8s)
    except UserError as error:
        say(str(error))
        return 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
