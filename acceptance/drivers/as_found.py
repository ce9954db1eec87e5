"""The platform as it is found, so that a scenario can prove that it left it so."""

from __future__ import annotations

from typing import Any

from acceptance.base.waiting import SYNCED, eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.infrastructure.cluster_lock import NAMESPACE
from acceptance.platform.application_status import ARGOCD, GROUP

LISTS = ("core.list_namespace", "apps.list_deployment_for_all_namespaces", "apps.list_stateful_set_for_all_namespaces",
         "core.list_secret_for_all_namespaces", "core.list_service_for_all_namespaces")  # fmt: skip
AsFound = dict[str, Any]


def is_scenarios(item: Any) -> bool:
    """Whether an object is a scenario's, or of an attached run."""
    place = item.metadata.namespace or item.metadata.name
    return place.startswith("scenario-") or place == NAMESPACE or of_scenario(item.metadata.labels)


def look(cluster: Cluster, repository: Repository) -> AsFound:
    """The platform's objects by UID and generation, its pods, its Applications, and its last commit."""
    objects: AsFound = {}
    for name in LISTS:
        api, _, method = name.partition(".")
        for item in getattr(getattr(cluster, api), method)().items:
            if not is_scenarios(item):
                key = f"{name.partition('list_')[2]} {item.metadata.namespace}/{item.metadata.name}"
                objects[key] = (item.metadata.uid, item.metadata.generation)
    for pod in cluster.core.list_namespaced_pod("default").items:
        of_job = any(owner.kind == "Job" for owner in pod.metadata.owner_references or [])
        if not (of_job or of_scenario(pod.metadata.labels)):
            objects[f"pod {pod.metadata.name}"] = (pod.metadata.uid, None)
    for item in cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]:
        metadata = item["metadata"]
        if not of_scenario(metadata.get("labels")):
            objects[f"application {metadata['name']}"] = (metadata["uid"], str(item["spec"]))
    objects["main"] = repository.git("ls-remote", repository.remote(), "refs/heads/main")
    return objects


def wait_same(cluster: Cluster, repository: Repository, before: AsFound) -> None:
    """Wait until the platform is as it was found. Raises TimedOut naming what changed."""

    def same() -> bool:
        now = look(cluster, repository)
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        assert not changed, f"changed: {', '.join(sorted(changed))}"
        return True

    eventually(same, within=SYNCED, what="the platform as it was", hint="kubectl -n argocd get applications")
