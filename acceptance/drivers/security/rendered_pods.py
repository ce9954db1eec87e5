"""What rendered pods would be given: jobs that restricted namespaces refuse, needless tokens. Source: plan 27.10.

A hook's pod is gone once it has succeeded, so that nobody sees what it ran as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import LISTS, pod_of
from acceptance.drivers.security.pod_security import CALLS_THE_API, refusal
from acceptance.platform.access import NAME as ACCESS
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

JOBS = ("CronJob", "Job")
RUN_PODS = {*LISTS} - {"ConfigMap"}
ELSEWHERE = ("serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName", "nodeName")
"""Fields of a pod's spec that name something which another namespace or cluster need not have."""


def objects_by_place(platform: Platform, argocd: ArgoCD) -> dict[str, list[Manifest]]:
    """The objects of the Applications as Argo CD renders them from Git, and as production does, by the place's name."""
    return {
        "": [item for name in APPLICATIONS for item in argocd.manifests(name)],
        "production's ": [item for name in APPLICATIONS for item in platform.rendering.production(name)],
    }


def pods_of(objects: Iterable[Manifest], kinds: Iterable[str]) -> Iterator[tuple[str, Manifest]]:
    """The pods that objects of these kinds in the services' namespace would start, with kind and name of the object."""
    for item in objects:
        if item["kind"] in kinds and item["metadata"].get("namespace", NAMESPACE) == NAMESPACE:
            name = item["metadata"].get("name") or item["metadata"]["generateName"]
            yield f"{item['kind']} {name}", pod_of(item)


def as_pod(template: Manifest) -> Manifest:
    """A pod from a template, with what pod security looks at."""
    spec = {key: value for key, value in template["spec"].items() if key not in ELSEWHERE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "of-a-job"}, "spec": spec}


def refused_jobs(cluster: Cluster, places: dict[str, list[Manifest]]) -> list[str]:
    """The jobs whose pods Argo CD's namespace, which enforces the restricted standard, would refuse, in words.

    Nothing is created. Raises AssertionError if there are no jobs.
    """
    found = {place + name: pod for place, items in places.items() for name, pod in pods_of(items, JOBS)}
    assert found, "expected jobs among the Applications' objects (the hooks that end syncs), saw none"
    told = {name: refusal(cluster, ARGOCD, as_pod(template)) for name, template in found.items()}
    return [f"{name}: {text}" for name, text in told.items() if text]


def needless_tokens(platform: Platform, places: dict[str, list[Manifest]]) -> list[str]:
    """The objects whose pods would get an API token although they do not call the API, in words."""
    access = platform.render(ACCESS)
    return [place + name for place, items in places.items() for name in with_token([*access, *items])]


def with_token(objects: list[Manifest]) -> list[str]:
    """Kind and name of the objects whose pods would get a needless token: neither they nor their account decline it."""
    without = {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "ServiceAccount" and item.get("automountServiceAccountToken") is False
    }
    return [name for name, pod in pods_of(objects, RUN_PODS) if gets_token(pod, without) and not calls_the_api(pod)]


def gets_token(pod: Manifest, without: Iterable[str]) -> bool:
    """Whether a pod is given a token; `without`: the accounts whose pods get none unless they ask for it."""
    spec = pod["spec"]
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    return bool(spec.get("automountServiceAccountToken", account not in {*without}))


def calls_the_api(pod: Manifest) -> bool:
    """Whether a pod in the services' namespace is one of those that call the API."""
    return (NAMESPACE, ((pod.get("metadata") or {}).get("labels") or {}).get("app")) in CALLS_THE_API
