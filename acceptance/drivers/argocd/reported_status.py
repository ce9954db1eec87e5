"""What Argo CD currently shows of Applications."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import requests

from acceptance.base.deadlines import SYNCED
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.argocd.demos import Demo
from acceptance.drivers.argocd.syncs import wait_out_of_sync
from acceptance.platform.application_status import GROUP

HINT = "kubectl -n argocd get applications; kubectl -n argocd logs statefulset/argocd-application-controller"
CACHE = "kubectl -n argocd logs statefulset/argocd-application-controller | grep -i cache; Argo CD's own Redis"
LISTEN = "curl -N -H 'Accept: text/event-stream' -b argocd.token=TOKEN https://argocd.DOMAIN/api/v1/stream/applications"


def fresh(argocd: ArgoCD, name: str) -> dict[str, Any]:
    """An Application's status after a refresh. Raises AssertionError if Argo CD did not refresh it.

    When the controller is dead, the status stays as it was, and so does the time at which it was reconciled.
    """
    before = argocd.application(name)["status"].get("reconciledAt", "")
    status = dict(argocd.application(name, refresh=True)["status"])
    after = status.get("reconciledAt", "")
    assert after and after > before, (
        f"Application {name} was last reconciled {after or 'never'}, although a refresh was requested"
    )
    return status


def wait_shown(argocd: ArgoCD, names: Iterable[str], field: str, wanted: str) -> dict[str, str]:
    """Wait until each Application is shown with `wanted` as its sync or health status, after a refresh."""

    def shown() -> dict[str, str]:
        found = {item["metadata"]["name"] for item in argocd.applications()}
        missing = sorted(set(names) - found)
        assert not missing, f"these Applications are not shown: {missing}"
        seen = {name: fresh(argocd, name).get(field, {}).get("status", "none") for name in names}
        assert set(seen.values()) == {wanted}, f"{seen}"
        return seen

    return eventually(shown, within=SYNCED, what=f"every Application to be {wanted} after a refresh", hint=HINT)


def wait_status(argocd: ArgoCD, name: str) -> dict[str, Any]:
    """The status that Argo CD shows for an Application. Raises TimedOut if it shows none."""
    return eventually(
        lambda: dict(argocd.application(name)["status"]), within=SYNCED, what=f"a status of {name}", hint=HINT
    )


def wait_objects_shown(argocd: ArgoCD, name: str) -> dict[str, int]:
    """Wait until the UI shows each object of an Application, and its pods. Raises TimedOut.

    Argo CD keeps both lists in its cache alone, apart from the Application's status.
    """

    def shown() -> dict[str, int]:
        wanted = {named(item) for item in argocd.application(name)["status"].get("resources") or [] if is_kept(item)}
        assert wanted, f"Application {name} has no objects in its status"
        lists = {"tree": argocd.tree(name), "comparison": argocd.managed(name)}
        missing = {part: sorted(wanted - {named(item) for item in found}) for part, found in lists.items()}
        assert not any(missing.values()), f"the UI's lists of {name} lack {missing}"
        assert any(item.get("kind") == "Pod" for item in lists["tree"]), f"the UI's tree of {name} has no pods"
        return {part: len(found) for part, found in lists.items()}

    return eventually(shown, within=SYNCED, what=f"the tree of objects of {name} to be shown", hint=CACHE)


def named(item: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and name of an object, as Argo CD lists it."""
    return str(item.get("kind")), str(item.get("name"))


def is_kept(item: Mapping[str, Any]) -> bool:
    """Whether an object stays between syncs: hooks do not."""
    return not item.get("hook")


def shown_as(argocd: ArgoCD, wanted: dict[str, str]) -> dict[str, str]:
    """The sync status of every Application shown. Raises AssertionError unless some are shown as wanted."""
    seen = {
        item["metadata"]["name"]: item.get("status", {}).get("sync", {}).get("status") for item in argocd.applications()
    }
    assert {name: seen.get(name) for name in wanted} == wanted, f"{seen}"
    return seen


def without_status(cluster: Cluster, seen: dict[str, str]) -> dict[str, str | None]:
    """The Applications that are shown without a sync status, except scenarios', which may come and go."""
    there = cluster.custom.list_cluster_custom_object(*GROUP, "applications")["items"]
    names = {item["metadata"]["name"] for item in there if not of_scenario(item["metadata"].get("labels"))}
    return {name: seen.get(name) for name in names if seen.get(name) not in ("Synced", "OutOfSync")}


def wait_all_follow(argocd: ArgoCD, repository: Repository, names: Iterable[str]) -> dict[str, str]:
    """Wait until each Application follows the last commit of the repository's main branch; return its commit."""
    head = repository.git("ls-remote", repository.remote(), "refs/heads/main").split()[0]

    def all_follow() -> dict[str, str]:
        found = {name: fresh(argocd, name).get("sync", {}) for name in names}
        unread = [name for name, sync in found.items() if sync.get("status") not in ("Synced", "OutOfSync")]
        assert not unread, f"Argo CD has not compared these Applications with Git: {unread}"
        seen = {name: sync.get("revision", "") for name, sync in found.items()}
        behind = {name: revision[:8] for name, revision in seen.items() if revision != head}
        assert not behind, f"these Applications are at other commits: {behind}, the last commit is {head[:8]}"
        return seen

    return eventually(all_follow, within=SYNCED, what=f"every Application to be at {head[:8]}", hint=HINT)


def deployed(argocd: ArgoCD, repository: Repository, name: str) -> dict[str, Any]:
    """The commit that Argo CD shows as deployed for an Application, when, and how many seconds after it was made."""
    entry = eventually(
        lambda: last_deployment(argocd, name), within=SYNCED, what=f"the last sync of {name} in its history", hint=HINT
    )
    main = repository.git("rev-list", "main").split()
    assert entry["revision"] in main, f"Application {name} shows {entry['revision']}, which is not on the branch main"
    made = int(repository.git("show", "--no-patch", "--format=%ct", entry["revision"]))
    moment = datetime.datetime.fromisoformat(entry["deployedAt"]).timestamp()
    now = datetime.datetime.now(datetime.UTC).timestamp()
    assert made - 1 <= moment <= now + 1, (
        f"expected {name} deployed between its commit ({made}) and now ({now:.0f}, Unix times), "
        f"saw {entry['deployedAt']}"
    )
    return {"commit": entry["revision"], "deployed": entry["deployedAt"], "seconds after": moment - made}


def last_deployment(argocd: ArgoCD, name: str) -> dict[str, Any]:
    """The last entry of an Application's history. Raises AssertionError unless it is that of its last full sync."""
    status = argocd.application(name)["status"]
    history = status.get("history") or []
    assert history, f"expected a deployment in the history of Application {name}, but it is empty"
    synced, shown = fully_synced(status.get("operationState") or {}), history[-1].get("revision")
    assert synced in ("", shown), f"the last sync of {name} deployed {synced}, its history shows {shown} as the last"
    return dict(history[-1])


def fully_synced(operation: Mapping[str, Any]) -> str:
    """The commit that an operation deployed; empty if it failed, only tried, or synced single objects.

    Argo CD adds an entry to the history for no other. Source: argo-cd, controller, `SyncAppState`.
    """
    asked = (operation.get("operation") or {}).get("sync") or {}
    if operation.get("phase") != "Succeeded" or asked.get("dryRun") or asked.get("resources"):
        return ""
    return str((operation.get("syncResult") or {}).get("revision") or "")


def hears_of_change(argocd: ArgoCD, demo: Demo) -> list[str]:
    """Change a synced demo and listen as the UI does; return the sync status of each event until it is OutOfSync.

    Raises AssertionError if a listener hears nothing, or nothing of a change that Argo CD knows.
    """
    heard: list[str] = []
    try:
        with argocd.changes(demo.name) as events:
            heard.append(next_status(events))
            demo.push()
            wait_out_of_sync(demo)
            while heard[-1] != "OutOfSync":
                heard.append(next_status(events))
    except requests.RequestException as error:
        said = (
            f"expected the event stream to report each change of {demo.name}, saw {heard or 'nothing'} and then {error}"
        )
        raise AssertionError(f"{said}. Try: {LISTEN}") from error
    return heard


def next_status(events: Iterator[dict[str, Any]]) -> str:
    """The sync status in the next event of an Application. Raises requests.ConnectionError at the stream's end."""
    for item in events:
        return str(item.get("status", {}).get("sync", {}).get("status", "none"))
    raise requests.ConnectionError("the end of the stream")
