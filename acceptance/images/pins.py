"""Image references in production's overlays: what they name, and their digests."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT, find_tool
from acceptance.base.yaml_text import document, documents, round_trip
from acceptance.clients.kustomize import build
from acceptance.clients.registry import Reference

K8S = ROOT / "k8s"
IN_TEXT = re.compile(r"^\s*(?:- )?image: *[\"']?([^\s\"'{}]+)[\"']?\s*$", re.MULTILINE)
"""An image in a manifest embedded as text, as in a ConfigMap."""
IN_ARGUMENT = re.compile(r"--[\w-]*image=([^\s{}$]+)")


def unpinned(manifests: list[dict[str, Any]]) -> list[str]:
    """The images that these objects name without a digest, each once."""
    return [text for text in references(manifests) if not Reference.of(text).is_pinned]


def references(manifests: list[dict[str, Any]]) -> list[str]:
    """All images that these objects name, each once: in pods, custom resources, arguments, variables and text."""
    # A CRD only describes fields; images in its descriptions and defaults do not run.
    wanted = [manifest for manifest in manifests if manifest.get("kind") != "CustomResourceDefinition"]
    return list(dict.fromkeys(found for manifest in wanted for found in images_in(manifest)))


def images_in(thing: Any) -> Iterator[str]:
    """The images named anywhere in a value."""
    if isinstance(thing, list):
        for part in thing:
            yield from images_in(part)
    elif isinstance(thing, str):
        yield from IN_TEXT.findall(thing) if "\n" in thing else IN_ARGUMENT.findall(thing)
    elif isinstance(thing, dict):
        if str(thing.get("name", "")).endswith("IMAGE") and isinstance(thing.get("value"), str):
            yield thing["value"]
        for key, value in thing.items():
            if str(key).lower().endswith("image") and isinstance(value, str) and value and "\n" not in value:
                yield value
            elif str(key).lower().endswith("image") and isinstance(value, dict) and "repository" in value:
                # The form in chart values, and in custom resources modelled on them.
                registry = f"{value['registry']}/" if value.get("registry") else ""
                tag = f":{value['tag']}" if value.get("tag") else ""
                digest = f"@{value['digest']}" if value.get("digest") else ""
                yield f"{registry}{value['repository']}{tag}{digest}"
            else:
                yield from images_in(value)


def overlays(k8s: Path = K8S) -> list[Path]:
    """Production's kustomizations."""
    return sorted(k8s.rglob("overlays/production/kustomization.yaml"))


def render(kustomization: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization. Raises UserError if it does not build, or if kubectl is missing."""
    kubectl = find_tool("kubectl")
    if kubectl is None:
        raise UserError("kubectl is missing", "run `make up` or `make check`, which build it, or install it")
    try:
        text = build(kubectl, kustomization.parent)
    except UserError as error:
        raise UserError(error.problem, "fix it; `make up` provides what k8s/upstream lacks") from error
    return documents(text)


@dataclass
class Overlay:
    """An overlay of production: its file, its rendering, and its rendering without digests."""

    path: Path
    now: list[Reference]
    bare: list[Reference]

    @property
    def open(self) -> list[Reference]:
        """The references without a digest."""
        return [reference for reference in self.now if not reference.is_pinned]

    @property
    def stale(self) -> list[str]:
        """The references pinned to a tag other than the base's current one."""
        wanted = {reference.name: reference.tag for reference in self.bare}
        return [
            f"{reference.name}: {reference.tag or 'no tag'} is pinned, but the base has {wanted[reference.name]}"
            for reference in self.now
            if reference.digest and wanted.get(reference.name, reference.tag) != reference.tag
        ]


def read_overlays(k8s: Path = K8S) -> list[Overlay]:
    """All overlays of production, rendered. Raises UserError if one does not build."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "k8s"
        shutil.copytree(k8s, copy)
        for path in overlays(copy):
            with editing_images(path) as entries:
                unpin(entries)
        for path in overlays(k8s):
            now, bare = (
                [Reference.of(text) for text in references(render(file))]
                for file in (path, copy / path.relative_to(k8s))
            )
            found.append(Overlay(path, now, bare))
    return found


def images_of(path: Path) -> list[dict[str, str]]:
    """The entries of `images:` in a kustomization."""
    return document(path.read_text()).get("images") or []


@contextlib.contextmanager
def editing_images(path: Path) -> Iterator[list[dict[str, str]]]:
    """The entries of `images:` in a kustomization, to edit in place; all else keeps its formatting and comments."""
    form = round_trip()
    document = form.load(path)
    entries = document.setdefault("images", CommentedSeq())
    yield entries
    if not entries:
        del document["images"]
    form.dump(document, path)


def unpin(entries: list[dict[str, str]], keep: Collection[str] = ()) -> None:
    """Remove the digests from entries, except for images in `keep`; an entry that only pins is removed."""
    for entry in list(entries):
        if "digest" in entry and image_of(entry) not in keep:
            if "newName" in entry:
                del entry["digest"]
            else:
                entries.remove(entry)


def pin_image(entries: list[dict[str, str]], name: str, tag: str, digest: str) -> None:
    """Write an image's digest into its entry, or into a new entry with the base's tag if it has none."""
    entry = next((entry for entry in entries if image_of(entry) == name), None)
    if entry is None:
        entry = CommentedMap(name=name)
        entry.fa.set_flow_style()
        entries.append(entry)
    if tag and "newName" not in entry:
        entry["newTag"] = tag
    entry["digest"] = digest


def image_of(entry: dict[str, str]) -> str:
    """The final image name of an entry of `images:`."""
    return entry.get("newName", entry["name"])
