"""Production renders what was proven here: each object and field of every component that both have.

Scenarios try these components where they run. What production's overlay changes about them nobody tries: a difference
has to be one of those that production_differences.py lists with their reasons. Source: 3.3, 4.1, 4.2, 5.1 to 5.3, 6.3,
7.3, 8.5, 9.5, 10.3 and plan 21.10.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kubernetes.utils import parse_quantity

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.workloads.production_argocd import unfit
from acceptance.drivers.workloads.production_cache import PROCESSES, without_cache
from acceptance.drivers.workloads.production_differences import ALLOWED, ANYWHERE
from acceptance.drivers.workloads.production_policies import cut_off
from acceptance.drivers.workloads.production_versions import other_versions
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

SETTINGS = {
    "argocd-cm": {
        "users.anonymous.enabled": "false", "admin.enabled": "true",
        "cluster.inClusterEnabled": "true", "application.sync.impersonation.enabled": "false",
    },
    "argocd-rbac-cm": {"policy.default": ""},
    "argocd-cmd-params-cm": {
        "server.insecure": "false", "server.disable.auth": "false", "server.rootpath": "", "server.basehref": "/",
    },
}  # fmt: skip
"""Argo CD's settings that decide who gets in and how, and whether it deploys to its own cluster and as itself, with
their defaults. Source: Argo CD's manual."""
ADMIN, DEX = "admin.enabled", "argocd-dex-server"
"""The setting that lets the built-in administrator in, and the program for logins by `dex.config`."""
PARTS = ("argocd/applications", "argocd/projects")
"""What Argo CD is given besides its own settings."""


def differences(platform: Platform, component: str) -> list[str]:
    """What production's overlay of a component changes about what runs here, in words, except what ALLOWED lists.

    With it, whom a policy of production cuts off.
    """
    here, there = platform.render(component), platform.rendering.production(component)
    said = in_words(here, there, ALLOWED[component])
    return said + other_versions(component, here, there) + cut_off(component, there)


def in_words(here: Iterable[Manifest], there: Iterable[Manifest], allowed: Iterable[str]) -> list[str]:
    """The differences between what two overlays render, in words, except those that match an allowed pattern.

    Raises AssertionError if there is nothing to compare.
    """
    proven, wanted, patterns = by_name(here), by_name(there), [*ANYWHERE, *allowed]
    assert proven, "expected objects to compare with production's, saw none"
    gone = [name for name in proven if name not in wanted and not is_allowed(f"{name}: gone", None, None, patterns)]
    added = [name for name in wanted if name not in proven and not is_allowed(f"{name}: added", None, None, patterns)]
    said = [f"production renders no {name}" for name in gone] + [f"production adds {name}" for name in added]
    for name, item in proven.items():
        if item == wanted.get(name, item):
            continue
        before, after = flat(item), flat(wanted[name])
        for path in sorted({*before, *after}):
            pair = before.get(path), after.get(path)
            if pair[0] != pair[1] and not is_allowed(f"{name}: {path}", *pair, patterns):
                said.append(f"{name}: {path} is {pair[1] or 'gone'}, not {pair[0] or 'gone'} as here")
    return said


def is_allowed(place: str, before: str | None, after: str | None, patterns: Collection[str]) -> bool:
    """Whether a pattern allows the value `after` at a place that has the value `before` here; None: it is gone."""
    for pattern in patterns:
        name, at_least, value = pattern.partition(" >=")
        of_number, _, ends = pattern.partition(" in ")
        of_list, _, member = pattern.partition(" with ")
        if ends and fits(place, of_number):
            if is_between(after, *ends.split("..")):
                return True
        elif member and fits(place, of_list):
            if is_list_with(after, member):
                return True
        elif at_least and fits(place, name):
            if is_enough(before, after) if not value else after is None or is_enough(value.strip(), after):
                return True
        elif fits(place, pattern) or fits(f"{place} = {'gone' if after is None else after}", pattern):
            return True
    return False


def fits(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern says, where `*` stands for any text."""
    return bool(compiled(pattern).fullmatch(text))


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression of a pattern."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def is_between(value: str | None, low: str, high: str) -> bool:
    """Whether a value is there and is a whole number between two others."""
    return value is not None and value.isdigit() and int(low) <= int(value) <= int(high)


def is_list_with(value: str | None, member: str) -> bool:
    """Whether a value is numbers with commas in between, and this one is among them."""
    numbers = [part.strip() for part in (value or "").split(",")]
    return member in numbers and all(part.isdigit() for part in numbers)


def is_enough(before: str | None, after: str | None) -> bool:
    """Whether a number or quantity is no less than here. No replicas are one, and no limit is enough."""
    if after is None:
        return before is None or parse_quantity(before) <= 1 or not before.isdigit()
    try:
        return bool(parse_quantity(after) >= parse_quantity(before or "1"))
    except ValueError:
        return False


def by_name(objects: Iterable[Manifest]) -> dict[str, Manifest]:
    """Objects by kind and name (and namespace, if a name repeats), with those of their metadata that have an effect."""
    items, found = [*objects], {}
    names = [(item["kind"], item["metadata"]["name"]) for item in items]
    for item in items:
        metadata = item["metadata"]
        kept = ("annotations", "namespace", "labels") if item["kind"] == "Namespace" else ("annotations", "namespace")
        effective = {key: metadata[key] for key in kept if metadata.get(key)}
        others = {key: value for key, value in item.items() if key not in ("metadata", "status")}
        repeats = names.count((item["kind"], metadata["name"])) > 1
        where = f" in {metadata.get('namespace', 'no namespace')}" if repeats else ""
        found[f"{item['kind']}/{metadata['name']}{where}"] = {**others, "metadata": effective}
    return found


def flat(value: Any, path: str = "") -> dict[str, str]:
    """The leaves of a manifest by path. Objects in a list are told apart by name, texts in it by themselves.

    The order of a command matters, that of arguments does not; one that is given twice says so. An object in a list is
    a leaf if it is empty: a network policy's rule `{}` admits everybody.
    """
    if isinstance(value, Mapping):
        parts = [(f"{path}/{key}".lstrip("/"), part) for key, part in value.items()]
    elif isinstance(value, list) and path.endswith("/command"):
        parts = [(f"{path}/{number}", part) for number, part in enumerate(value)]
    elif isinstance(value, list):
        plain = [item for item in value if not isinstance(item, (Mapping, list))]
        times = {f"{path}[{item}]": plain.count(item) for item in plain}
        found = {key: "there" if count == 1 else f"there {count} times" for key, count in times.items()}
        parts = [
            (f"{path}/{item.get('name', number) if isinstance(item, Mapping) else number}", item)
            for number, item in enumerate(value)
            if isinstance(item, (Mapping, list))
        ]
        # A rule without any condition has no leaves, and applies to everything.
        leaves = [flat(part, where) or {where: str(part)} for where, part in parts]
        return found | {key: text for each in leaves for key, text in each.items()}
    else:
        return {path: str(value)}
    return {key: text for where, part in parts for key, text in flat(part, where).items()}


def argocd_otherwise(platform: Platform) -> list[str]:
    """Argo CD's settings in production that differ from those here, and what of it does not run, in words."""
    here, there = platform.render(ARGOCD), platform.rendering.production(ARGOCD)
    said = argocd_in_words(here, there) + in_words(here, there, ALLOWED[ARGOCD]) + without_cache(there)
    said += other_versions(ARGOCD, here, there) + unfit(there) + cut_off(ARGOCD, there)
    return said + [text for part in PARTS for text in differences(platform, part)]


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
            and not (key == ADMIN and after.get(key) == "false" and signs_in_otherwise(after, wanted))
        ]
    for name in PROCESSES:
        found = [wanted[key]["spec"] for key in (f"Deployment/{name}", f"StatefulSet/{name}") if key in wanted]
        if not any(int(spec.get("replicas", 1)) for spec in found):
            said.append(f"{name} has no replicas")
    return said


def signs_in_otherwise(settings: Mapping[str, str], rendered: Mapping[str, Manifest]) -> bool:
    """Whether people get into Argo CD without its built-in administrator: by single sign-on, or with own accounts."""
    runs_dex = int((rendered.get(f"Deployment/{DEX}") or {"spec": {"replicas": 0}})["spec"].get("replicas", 1)) > 0
    accounts = any(key.startswith("accounts.") and "login" in text for key, text in settings.items())
    return bool(settings.get("oidc.config") or (settings.get("dex.config") and runs_dex) or accounts)
