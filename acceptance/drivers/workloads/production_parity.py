"""Production renders what was proven here: components that every environment has, and Argo CD's settings.

Scenarios try these components where they run. What production's overlay changes about them nobody tries: a difference
has to be one of those that are listed here with their reasons. Source: 3.3, 5.1 to 5.3 and plan 21.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

ALLOWED = {
    "sealed-secrets": {
        "Deployment/*: */image": "production pulls from its own registry, pinned to a digest",
        "Deployment/*: */resources/*": "sizes are for the machines",
    },
    "metrics-server": {
        "Deployment/*: */image": "production pulls from its own registry, pinned to a digest",
        "Deployment/*: */resources/*": "sizes are for the machines",
        "Deployment/*: */args[[]--kubelet-insecure-tls]": "kind's kubelets have certificates that nobody signed",
        "Deployment/*: */readinessProbe/*Seconds": "a run waits for the first metrics",
        "Deployment/*: spec/replicas": "production may have a spare one",
    },
}
"""The differences that a component may have, as patterns of `KIND/NAME: PATH`, with their reasons."""
RIGHTS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
"""Kinds of which production may have no more objects than were proven here."""
SETTINGS = {
    "argocd-cm": {"users.anonymous.enabled": "false", "admin.enabled": "true"},
    "argocd-rbac-cm": {"policy.default": ""},
    "argocd-cmd-params-cm": {
        "server.insecure": "false", "server.disable.auth": "false", "server.rootpath": "", "server.basehref": "/",
    },
}  # fmt: skip
"""Argo CD's settings that decide who gets in and how, with their defaults. Source: Argo CD's manual."""
PROCESSES = ("argocd-application-controller", "argocd-repo-server", "argocd-server")
"""The processes without which Argo CD deploys and shows nothing."""


def differences(platform: Platform, component: str) -> list[str]:
    """What production's overlay of a component changes about what runs here, in words, except what ALLOWED lists."""
    here, there = platform.render(component), platform.rendering.production(component)
    return in_words(here, there, ALLOWED[component])


def in_words(here: Iterable[Manifest], there: Iterable[Manifest], allowed: Iterable[str]) -> list[str]:
    """The differences between what two overlays render, in words, except those that match an allowed pattern."""
    proven, wanted, patterns = by_name(here), by_name(there), list(allowed)
    assert proven, "expected objects to compare with production's, saw none"
    said = [f"production renders no {name}" for name in proven if name not in wanted]
    said += [f"production adds {name}" for name in wanted if name not in proven and name.startswith(RIGHTS)]
    for name in (name for name in proven if name in wanted):
        before, after = flat(proven[name]), flat(wanted[name])
        for path in sorted({*before, *after}):
            if before.get(path) != after.get(path) and not any(fnmatchcase(f"{name}: {path}", it) for it in patterns):
                said.append(f"{name}: {path} is {after.get(path, 'gone')}, not {before.get(path, 'gone')} as here")
    return said


def by_name(objects: Iterable[Manifest]) -> dict[str, Manifest]:
    """Objects without their metadata, by kind and name."""
    return {
        f"{item['kind']}/{item['metadata']['name']}": {
            key: value for key, value in item.items() if key not in ("metadata", "status")
        }
        for item in objects
    }


def flat(value: Any, path: str = "") -> dict[str, str]:
    """The leaves of a manifest by path. Objects in a list are told apart by name, texts in it by themselves."""
    if isinstance(value, Mapping):
        parts = [(f"{path}/{key}".lstrip("/"), part) for key, part in value.items()]
    elif isinstance(value, list):
        plain = [item for item in value if not isinstance(item, (Mapping, list))]
        found = {f"{path}[{item}]": "there" for item in plain}
        parts = [
            (f"{path}/{item.get('name', number) if isinstance(item, Mapping) else number}", item)
            for number, item in enumerate(value)
            if isinstance(item, (Mapping, list))
        ]
        return found | {key: text for where, part in parts for key, text in flat(part, where).items()}
    else:
        return {path: str(value)}
    return {key: text for where, part in parts for key, text in flat(part, where).items()}


def argocd_otherwise(platform: Platform) -> list[str]:
    """Argo CD's settings in production that differ from those here, and its processes that do not run, in words."""
    return argocd_in_words(platform.render(ARGOCD), platform.rendering.production(ARGOCD))


def argocd_in_words(here: Iterable[Manifest], there: Iterable[Manifest]) -> list[str]:
    """Like `argocd_otherwise`, for what two overlays render."""
    proven, wanted = by_name(here), by_name(there)
    said = []
    for name, settings in SETTINGS.items():
        before, after = ((them.get(f"ConfigMap/{name}") or {}).get("data") or {} for them in (proven, wanted))
        said += [
            f"{key} of {name} is {after.get(key, default)!r}, not {before.get(key, default)!r} as here"
            for key, default in settings.items()
            if str(after.get(key, default)) != str(before.get(key, default))
        ]
    for name in PROCESSES:
        found = [wanted[key]["spec"] for key in (f"Deployment/{name}", f"StatefulSet/{name}") if key in wanted]
        if not any(int(spec.get("replicas", 1)) for spec in found):
            said.append(f"{name} has no replicas")
    return said
