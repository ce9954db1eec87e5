"""What Argo CD would deploy that is not at the head of the repository's branch main. Source: 3.2, 3.3, 13.3, 14.3.

A kustomization may take files from other places: Argo CD notices no change of them, and an earlier commit no longer
means the earlier state. A tag named like the branch may be taken in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from acceptance.base.paths import ROOT
from acceptance.clients.git import Repository
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.source_overrides import overridden_in_git

LISTED = (
    "resources", "components", "bases", "crds", "configurations", "generators", "transformers", "validators",
    "patchesStrategicMerge", "helmCharts", "helmChartInflationGenerator",
)  # fmt: skip
"""The fields of a kustomization whose entries may be files or folders, or Helm's charts."""
BY_PATH = ("patches", "patchesJson6902", "replacements", "openapi")
"""The fields whose entries name a file as `path`; what they say themselves is none."""
GENERATORS = ("configMapGenerator", "secretGenerator")
FILES = ("files", "env", "envs")
"""The fields of a generator's entries that name files, perhaps after a key and an equals sign."""
ELSEWHERE = re.compile(r"[\w+.-]+://|(?:\w+@)?[\w-]+(?:\.[\w-]+)+[/:]\S*|\S+[?&](?:ref|version)=")
"""How an entry begins that is no path: a URL, a host as in `github.com/owner/name`, or anything with a revision."""
UPSTREAM = "upstream"
"""The folder with the manifests of other projects' releases, as they were published."""
BRANCH = "main"
ALIKE = {f"refs/{kind}{BRANCH}" for kind in ("", "tags/", "remotes/")}
"""References that have the branch's short name. Source: go-git, `ReferenceName.Short`; argo-cd, `LsRemote`."""


def not_from_main(found: Mapping[str, Manifest], repository: Repository) -> dict[str, str]:
    """What would be deployed besides the head of main, in words: by files in Git, here and in this checkout."""
    wrong = overridden_in_git(found, repository) | ambiguous(found, repository)
    return wrong | remote_bases(repository.folder) | remote_bases(ROOT / "k8s")


def remote_bases(folder: Path) -> dict[str, str]:
    """The kustomizations below a folder that take files from elsewhere, in words, by path."""
    found = {}
    for path in sorted(folder.rglob("[kK]ustomization*")):
        place = path.relative_to(folder)
        if path.suffix not in ("", ".yaml", ".yml") or UPSTREAM in place.parts or not path.is_file():
            continue
        named = entries(yaml.safe_load(path.read_text()) or {})
        if remote := [one for one in named if ELSEWHERE.match(one) and not (path.parent / one).exists()]:
            found[str(place)] = f"it takes {', '.join(remote)}, which is not in this repository"
    return found


def entries(kustomization: Any) -> Iterator[str]:
    """The files, folders and places that a kustomization names; what is written in it, on several lines, is none."""
    said = kustomization if isinstance(kustomization, Mapping) else {}
    for field in LISTED:
        for item in said.get(field) or []:
            one = item.get("repo", "") if isinstance(item, Mapping) else str(item)
            yield from [one] if one and "\n" not in one else []
    for field in BY_PATH:
        given = said.get(field) or []
        for item in [given] if isinstance(given, Mapping) else given:
            yield str(item.get("path") or "")
    for item in [item for field in GENERATORS for item in said.get(field) or []]:
        listed = [item.get(field) or [] for field in FILES]
        for files in listed:
            yield from (one.partition("=")[2] or one for one in ([files] if isinstance(files, str) else files))


def ambiguous(found: Mapping[str, Manifest], repository: Repository) -> dict[str, str]:
    """The Applications that follow the repository's branch by a name that another reference has, too, in words."""
    listed = repository.git("ls-remote", repository.remote()).splitlines()
    alike = sorted(ALIKE & {line.partition("\t")[2] for line in listed})
    sources = {name: item["spec"].get("source") or {} for name, item in found.items()}
    return {
        name: f"it follows {BRANCH}, which is also {', '.join(alike)}: Argo CD takes either"
        for name, source in sources.items()
        if alike and (source.get("repoURL"), source.get("targetRevision")) == (repository.url, BRANCH)
    }
