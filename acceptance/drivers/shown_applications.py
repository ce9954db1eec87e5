"""What Argo CD shows of Applications, fresh, and what the platform's own Applications are made to do."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from acceptance.base.waiting import SYNCED, eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.git import Repository
from acceptance.cluster.manifests import Manifest
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

HINT = "kubectl -n argocd get applications; kubectl -n argocd logs statefulset/argocd-application-controller"
HOOK = "argocd.argoproj.io/hook"
DEFAULT_JITTER = 60
"""Seconds that Argo CD adds at random to its interval where nothing is set (timeout.reconciliation.jitter)."""
NOTICED_WITHIN = 180
"""Seconds that criterion 3.2 allows."""
UNITS = {"h": 3600, "m": 60, "s": 1}


def fresh(argocd: ArgoCD, name: str) -> dict[str, Any]:
    """An Application's status after a look that was asked for now. Raises AssertionError if nobody looked.

    A status stays as it is when the controller is dead; the time at which it was reconciled does not move then.
    """
    before = argocd.application(name)["status"].get("reconciledAt", "")
    status = dict(argocd.application(name, refresh=True)["status"])
    after = status.get("reconciledAt", "")
    assert after and after > before, f"{name} was last looked at {after or 'never'}, although a look was asked for"
    return status


def wait_shown(argocd: ArgoCD, names: Iterable[str], field: str, wanted: str) -> dict[str, str]:
    """Wait until each Application is shown with `wanted` as its sync or health, after a look of now."""

    def shown() -> dict[str, str]:
        found = {item["metadata"]["name"] for item in argocd.applications()}
        missing = sorted(set(names) - found)
        assert not missing, f"not shown: {missing}"
        seen = {name: fresh(argocd, name).get(field, {}).get("status", "none") for name in names}
        assert set(seen.values()) == {wanted}, f"{seen}"
        return seen

    return eventually(shown, within=SYNCED, what=f"each Application {wanted}, looked at now", hint=HINT)


def wait_all_follow(argocd: ArgoCD, repository: Repository, names: Iterable[str]) -> dict[str, str]:
    """Wait until each Application follows the last commit of the repository's main branch."""
    head = repository.git("ls-remote", repository.remote(), "refs/heads/main").split()[0]

    def all_follow() -> dict[str, str]:
        seen = {name: argocd.application(name, refresh=True)["status"]["sync"]["revision"] for name in names}
        behind = {name: revision[:8] for name, revision in seen.items() if revision != head}
        assert not behind, f"{behind}, the last commit is {head[:8]}"
        return seen

    return eventually(all_follow, within=SYNCED, what=f"each Application at {head[:8]}", hint=HINT)


def deployed(argocd: ArgoCD, repository: Repository, name: str) -> dict[str, Any]:
    """The commit that an Application shows as deployed, when, and how many seconds after it was made."""
    history = argocd.application(name)["status"].get("history") or []
    assert history, f"{name} shows no deployment"
    entry = history[-1]
    made = int(repository.git("show", "--no-patch", "--format=%ct", entry["revision"]))
    moment = datetime.datetime.fromisoformat(entry["deployedAt"]).timestamp()
    now = datetime.datetime.now(datetime.UTC).timestamp()
    assert made - 1 <= moment <= now + 1, f"{name} was deployed at {entry['deployedAt']}, its commit made at {made}"
    return {"commit": entry["revision"], "deployed": entry["deployedAt"], "seconds after": moment - made}


def seconds_of(duration: str) -> int:
    """A duration as Go writes it (`3m0s`, `180s`), in seconds."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))


def longest_wait(settings: dict[str, str]) -> int:
    """Seconds until a push is found by polling at the latest, from argocd-cm's data.

    Argo CD looks at multiples of the interval, and skips one that comes too soon after its last look.
    """
    interval = seconds_of(settings["timeout.reconciliation"])
    return 2 * interval + seconds_of(settings.get("timeout.reconciliation.jitter", f"{DEFAULT_JITTER}s"))


def polling_settings(platform: Platform) -> dict[str, dict[str, str]]:
    """argocd-cm as the cluster has it, and as production renders it."""
    here = platform.cluster.core.read_namespaced_config_map("argocd-cm", ARGOCD).data
    rendered = platform.rendering.production("argocd")
    there = next(item for item in rendered if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "argocd-cm")
    return {"here": here, "production": there["data"]}


def sync_policies(platform: Platform, argocd: ArgoCD) -> dict[str, Any]:
    """The automated part of each platform Application's sync policy, here and as production renders it."""
    found = {name: argocd.application(name)["spec"].get("syncPolicy", {}).get("automated") for name in APPLICATIONS}
    for item in platform.rendering.production("argocd/applications"):
        found[f"production's {item['metadata']['name']}"] = item["spec"].get("syncPolicy", {}).get("automated")
    return found


def hooks_in(manifests: Iterable[Manifest]) -> list[str]:
    """The names of the PostSync hooks among objects: what makes a sync wait for health."""
    return [
        item["metadata"]["name"]
        for item in manifests
        if item["metadata"].get("annotations", {}).get(HOOK) == "PostSync" and item["kind"] == "Job"
    ]


def hooks_of_applications(platform: Platform, argocd: ArgoCD) -> dict[str, list[str]]:
    """The PostSync hooks that ended each platform Application's last sync, and those that production renders."""
    found = {}
    for name in APPLICATIONS:
        operation = argocd.application(name)["status"].get("operationState", {})
        resources = operation.get("syncResult", {}).get("resources", [])
        ended = [
            item for item in resources if (item.get("hookType"), item.get("hookPhase")) == ("PostSync", "Succeeded")
        ]
        found[name] = [item["name"] for item in ended]
        found[f"production's {name}"] = hooks_in(platform.rendering.production(name))
    return found
