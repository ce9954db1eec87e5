"""How long Argo CD may take to notice a push by polling, here and in production. Source: criterion 3.2."""

from __future__ import annotations

import re
from collections.abc import Mapping

from acceptance.base.environment import load_environment
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.argocd_settings import argocd_settings
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

NOTICED_WITHIN = 180
"""Seconds that criterion 3.2 allows."""
NEVER = 10**9
"""Seconds for an interval of zero, with which Argo CD does not poll."""
UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DEFAULTS = {"interval": 120, "jitter": 60, "cache": 180}
"""Default values in seconds. Source: the flags of Argo CD 3.2's controller and repository server."""
CACHE = "revision-cache-expiration"
"""The repository server's flag for how long it takes a branch to be where it was; it overrides the variable."""


def seconds_of(duration: str) -> float:
    """A duration as Argo CD reads it (`3m0s`, `180s`, `500ms`, `1d`), in seconds."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[dhms])", duration))


def variable(workload: Manifest, name: str, settings: Mapping[str, str]) -> str:
    """The value of a container's environment variable, given the data of argocd-cm; empty if it is not set."""
    # The last of several entries with one name wins.
    for item in reversed(workload["spec"]["template"]["spec"]["containers"][0].get("env", [])):
        if item["name"] == name:
            key = (item.get("valueFrom") or {}).get("configMapKeyRef", {}).get("key", "")
            return str(item.get("value") or settings.get(key, ""))
    return ""


def words_of(workload: Manifest) -> list[str]:
    """The words with which a workload's container is started, also those of a shell's script."""
    container = workload["spec"]["template"]["spec"]["containers"][0]
    return [word for text in [*container.get("command", []), *container.get("args", [])] for word in text.split()]


def flag(workload: Manifest, name: str) -> str:
    """The value of a flag (`--NAME=VALUE` or `--NAME VALUE`) of a workload's container; empty if it is not given."""
    words = words_of(workload)
    # The last of several wins.
    for at in range(len(words) - 1, -1, -1):
        option, is_joined, value = words[at].partition("=")
        if option == f"--{name}":
            return (value if is_joined else "".join(words[at + 1 : at + 2])).strip("'\"")
    return ""


def polling(controller: Manifest, repo_server: Manifest, settings: Mapping[str, str]) -> dict[str, float]:
    """Argo CD's polling interval, jitter and cache lifetime in seconds, as its processes are started.

    Raises AssertionError for a flag that overrides the interval.
    """
    said = {
        "interval": variable(controller, "ARGOCD_RECONCILIATION_TIMEOUT", settings),
        "jitter": variable(controller, "ARGOCD_RECONCILIATION_JITTER", settings),
        "cache": flag(repo_server, CACHE) or variable(repo_server, "ARGOCD_RECONCILIATION_TIMEOUT", settings),
    }
    flags = [word for word in words_of(controller) if "--app-resync" in word]
    assert not flags, (
        f"expected argocd-cm to set the polling interval, but the application controller's {flags} overrides it"
    )
    return {name: seconds_of(text) if text else DEFAULTS[name] for name, text in said.items()}


def longest_wait(seconds: Mapping[str, float]) -> float:
    """The longest time in seconds until polling finds a push.

    Argo CD polls at multiples of the interval and skips one that comes too soon after the last poll. It may see a
    commit from the repository server's cache.
    """
    if not seconds["interval"]:
        return NEVER
    return 2 * seconds["interval"] + seconds["jitter"] + seconds["cache"]


def as_production_polls(said: Mapping[str, str], here: int) -> dict[str, str]:
    """The data of argocd-cm in production, given its rendering in an environment that polls every `here` seconds.

    Where production's overlay sets no interval, the rendering has the interval of the environment that renders it.
    """
    if said["timeout.reconciliation"] != f"{here}s":
        return dict(said)
    return {**said, "timeout.reconciliation": f"{load_environment('production').gitops.polling_seconds}s"}


def polling_everywhere(platform: Platform) -> dict[str, float]:
    """The longest time in seconds until polling finds a push, here and in production."""
    cluster = platform.cluster
    plain = cluster.api.sanitize_for_serialization
    controller = plain(cluster.apps.read_namespaced_stateful_set("argocd-application-controller", ARGOCD))
    repo_server = plain(cluster.apps.read_namespaced_deployment("argocd-repo-server", ARGOCD))
    rendered = {
        item["metadata"]["name"]: item
        for item in platform.rendering.production("argocd")
        if item["kind"] in ("StatefulSet", "Deployment", "ConfigMap")
    }
    said = as_production_polls(rendered["argocd-cm"]["data"], platform.environment.gitops.polling_seconds)
    there = (rendered["argocd-application-controller"], rendered["argocd-repo-server"], said)
    return {
        "here": longest_wait(polling(controller, repo_server, argocd_settings(cluster))),
        "production": longest_wait(polling(*there)),
    }
