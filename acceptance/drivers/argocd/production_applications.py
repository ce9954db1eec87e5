"""Where production's Applications point: each to its own folder, branch and namespace. Source: 3.3 and 1.10.

The Applications here deploy the folders of this environment, so that a wrong folder in production changes nothing here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from acceptance.cluster.manifests import Manifest
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

FOLDER = "k8s/{name}/overlays/production"
"""The folder of the platform's repository that production deploys an Application from."""


def pointing_elsewhere(platform: Platform) -> dict[str, str]:
    """Production's Applications that deploy another folder, or to where their project does not allow, in words.

    Raises AssertionError if one of the platform's is not rendered, or its project.
    """
    rendered = platform.rendering.production("argocd/applications")
    found = {item["metadata"]["name"]: item for item in rendered if item["kind"] == "Application"}
    projects = {item["metadata"]["name"]: item for item in platform.rendering.production("argocd/projects")}
    missing = sorted(set(APPLICATIONS) - set(found))
    assert not missing, f"expected production to render every Application, but {missing} are missing"
    said = {}
    for name in APPLICATIONS:
        objects = platform.rendering.production(name)
        if wrong := in_words(found[name], projects, objects):
            said[f"production's {name}"] = "; ".join(wrong)
    return said


def in_words(application: Manifest, projects: Mapping[str, Manifest], objects: Iterable[Manifest]) -> list[str]:
    """What is wrong with where a production Application points, in words.

    `projects`: production's, by name. `objects`: what production renders for this Application.
    """
    spec, name = application["spec"], application["metadata"]["name"]
    source, target = spec.get("source") or {}, spec.get("destination") or {}
    wrong, folder = [], FOLDER.format(name=name)
    if posixpath.normpath(str(source.get("path", ""))) != folder:
        wrong.append(f"it deploys {source.get('path')}, not {folder}")
    if spec["project"] not in projects:
        return [*wrong, f"its project {spec['project']} is not rendered"]
    project = projects[spec["project"]]["spec"]
    if not any(fnmatchcase(str(source.get("repoURL")), url) for url in project.get("sourceRepos") or []):
        wrong.append(f"its project does not allow the repository {source.get('repoURL')}")
    if not any(is_inside(target, allowed) for allowed in project.get("destinations") or []):
        wrong.append(f"its project does not allow it to deploy to {target}")
    homes = {home for item in objects if (home := item["metadata"].get("namespace"))} - {target.get("namespace")}
    return wrong + ([f"its manifests name the namespaces {sorted(homes)}, it deploys to {target}"] if homes else [])


def is_inside(target: Mapping[str, str], allowed: Mapping[str, str]) -> bool:
    """Whether a project's destination, whose fields may be patterns, allows an Application's. Source: AppProject."""
    cluster = "server" if target.get("server") else "name"
    return all(fnmatchcase(str(target.get(key, "")), str(allowed.get(key, ""))) for key in (cluster, "namespace"))
