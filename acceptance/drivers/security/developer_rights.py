"""What a developer may do in the cluster: every kind of object that the API serves, tried one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kubernetes.client import ApiException

from acceptance.base.waiting import AWAY_STATUS, when_reachable
from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.probe import Probe
from acceptance.drivers.security.pod_security import STANDARD
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD

HERE = f"/api/v1/namespaces/{NAMESPACE}"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
READ_ONLY = {"get", "list", "watch"}
ABOUT_ONESELF = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"}
"""The self-reviews that every authenticated user may create."""
FOR_ALL = {"api", "apis", "healthz", "livez", "readyz", "version", "openapi", "openid", ".well-known"}
"""The first segments of paths that every authenticated user may request (system:discovery and the like)."""
LEADS_ON = {
    "*", "secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy",
    "serviceaccounts/token",
}  # fmt: skip
"""Rights that give access to Secrets, even with a read verb."""
READABLE = {
    "pods", "services", "events", "configmaps", "deployments.apps", "replicasets.apps", "statefulsets.apps",
    "jobs.batch", "sealedsecrets.bitnami.com",
}  # fmt: skip
"""What a developer may list in the services' namespace, and only there. Source: k8s/access/developer.yaml."""
WATCHED = {"pods", "deployments.apps"}
WATCH = "?watch=true&timeoutSeconds=1"
"""A watch that ends after a second."""
PATCH = {"Content-Type": "application/merge-patch+json"}
DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
NOBODY = "none-such"
"""An unused name: allowed requests for it are answered with 404, forbidden ones with 403."""
Attempt = tuple[Any, ...]
"""Method, path, body and headers of a request; trailing ones may be left out."""


@dataclass(frozen=True)
class Resource:
    """A kind of object that the API serves."""

    group: str
    version: str
    name: str
    namespaced: bool
    verbs: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """As kubectl knows it: `deployments.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    def path(self, namespace: str | None = None) -> str:
        """The path of its objects: in a namespace, or cluster-wide."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.name}" if namespace else f"{root}/{self.name}"


def resources(caller: Caller) -> list[Resource]:
    """All kinds that the API serves, each in its group's first version, as any authenticated user can discover them.

    Raises AssertionError if discovery is refused.
    """
    found = []
    for path in ("/api", "/apis"):
        answer = caller("GET", path, None, DISCOVERY)
        assert answer.status_code == 200, f"expected 200 for API discovery at {path}, saw {answer.status_code}"
        for group in answer.json()["items"]:
            version = group["versions"][0]
            found += [
                Resource(
                    group["metadata"].get("name", ""), version["version"], item["resource"],
                    item["scope"] == "Namespaced", tuple(item["verbs"]),
                )
                for item in version.get("resources", [])
            ]  # fmt: skip
    return found


def statuses(caller: Caller, attempts: dict[str, Attempt]) -> dict[str, int]:
    """The HTTP status that answers each attempt."""
    return {what: when_reachable(partial(status, caller, attempt)) for what, attempt in attempts.items()}


def status(caller: Caller, attempt: Attempt) -> int:
    """The HTTP status that answers an attempt.

    Raises ApiException where the API server is overloaded or unavailable, which says nothing about rights.
    """
    code = int(caller(*attempt).status_code)
    if code in AWAY_STATUS:
        raise ApiException(status=code, reason=f"no answer to {attempt[:2]}")
    return code


def closer(kinds: Iterable[Resource]) -> tuple[dict[str, Attempt], dict[str, Attempt]]:
    """Attempts to get an object of each READABLE kind by a name that nobody has, and to watch pods and Deployments.

    The first are answered with 404 where they are allowed, the others with 200.
    """
    own = [kind for kind in kinds if kind.full_name in READABLE]
    watched = [kind for kind in own if kind.full_name in WATCHED]
    return (
        {f"get {kind.full_name}": ("GET", f"{kind.path(NAMESPACE)}/{NOBODY}") for kind in own},
        {f"watch {kind.full_name}": ("GET", f"{kind.path(NAMESPACE)}{WATCH}") for kind in watched},
    )


def unlike(seen: dict[str, int], wanted: int) -> dict[str, int]:
    """The answers that are not `wanted`."""
    return {what: status for what, status in seen.items() if status != wanted}


def reads_elsewhere(kinds: Iterable[Resource]) -> dict[str, Attempt]:
    """Attempts to list every kind cluster-wide, and in the services' namespace the kinds that are not READABLE."""
    listed = [kind for kind in kinds if "list" in kind.verbs]
    here = [kind for kind in listed if kind.namespaced and kind.full_name not in READABLE]
    attempts: dict[str, Attempt] = {f"list {kind.full_name} everywhere": ("GET", kind.path()) for kind in listed}
    return attempts | {f"list {kind.full_name} in {NAMESPACE}": ("GET", kind.path(NAMESPACE)) for kind in here}


def writes(kinds: Iterable[Resource]) -> dict[str, Attempt]:
    """Attempts to create, change and delete an object of every kind; all are dry runs."""
    attempts: dict[str, Attempt] = {}
    for kind in kinds:
        path = kind.path(NAMESPACE if kind.namespaced else None)
        if "create" in kind.verbs and kind.name not in ABOUT_ONESELF:
            attempts[f"create {kind.full_name}"] = ("POST", f"{path}?dryRun=All", {})
        if "patch" in kind.verbs:
            attempts[f"change {kind.full_name}"] = ("PATCH", f"{path}/{NOBODY}?dryRun=All", {}, PATCH)
        if "delete" in kind.verbs:
            attempts[f"delete {kind.full_name}"] = ("DELETE", f"{path}/{NOBODY}?dryRun=All")
    return attempts


def changes(probe: Probe, pod: str) -> dict[str, Attempt]:
    """Dry runs of what a developer in a hurry might do; `pod` is a running pod."""
    restarted = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
    argo = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGOCD}"
    policies = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
    label = {"metadata": {"labels": {f"{STANDARD}/enforce": "privileged"}}}
    dry = "?dryRun=All"
    return {
        "delete a pod": ("DELETE", f"{HERE}/pods/{pod}{dry}"),
        "restart a Deployment": ("PATCH", f"{APPS}/deployments/backend-service{dry}", restarted, PATCH),
        "scale a Deployment": (
            "PATCH", f"{APPS}/deployments/backend-service/scale{dry}", {"spec": {"replicas": 1}}, PATCH,
        ),
        "change a ConfigMap": (
            "PATCH", f"{HERE}/configmaps/backend-config{dry}", {"data": {"NODE_ENV": "development"}}, PATCH,
        ),
        "create a pod": ("POST", f"{HERE}/pods{dry}", probe.pod("own")),
        "delete a network policy": ("DELETE", f"{policies}/default-deny{dry}"),
        "relabel the namespace": ("PATCH", f"{HERE}{dry}", label, PATCH),
        "change an Application": (
            "PATCH", f"{argo}/applications/backend-service{dry}", {"spec": {"project": "default"}}, PATCH,
        ),
        "change the project": (
            "PATCH", f"{argo}/appprojects/alternate-futures{dry}", {"spec": {"sourceRepos": ["*"]}}, PATCH,
        ),
    }  # fmt: skip


def review(caller: Caller, namespace: str) -> dict[str, Any]:
    """The API's review of a caller's rights in a namespace. Raises AssertionError if the API refuses it."""
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = caller("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)
    assert answer.status_code == 201, (
        f"expected 201 for a review of one's own rights in the namespace {namespace}, saw {answer.status_code}"
    )
    return dict(answer.json()["status"])


def rights(caller: Caller, namespace: str) -> list[dict[str, Any]]:
    """A caller's rights to objects in a namespace."""
    return list(review(caller, namespace)["resourceRules"])


def paths_beyond(rules: list[dict[str, Any]]) -> list[str]:
    """The non-resource paths that the rules allow and that not every authenticated user may request."""
    asked = {path for rule in rules for path in rule["nonResourceURLs"]}
    return sorted(path for path in asked if path.strip("/").split("/")[0] not in FOR_ALL)


def beyond_reading(rules: list[dict[str, Any]]) -> list[str]:
    """The rules that allow more than reading, or give access to Secrets."""
    return [
        f"{rule['verbs']} of {rule['resources']}"
        for rule in rules
        if not (set(rule["verbs"]) <= READ_ONLY or set(rule["resources"]) <= ABOUT_ONESELF)
        or set(rule["resources"]) & LEADS_ON
    ]


def about_others(rules: list[dict[str, Any]]) -> list[str]:
    """The rules that allow more than self-reviews."""
    others = [rule for rule in rules if not set(rule["resources"]) <= ABOUT_ONESELF]
    return [f"{rule['verbs']} of {rule['resources']}" for rule in others]


def other_namespaces(cluster: Cluster) -> list[str]:
    """All namespaces but the services' and the scenarios' own."""
    items = [item for item in cluster.core.list_namespace().items if not of_scenario(item.metadata.labels)]
    return sorted({item.metadata.name for item in items} - {NAMESPACE})


def running_pods(cluster: Cluster) -> list[str]:
    """The running pods in the services' namespace, without those of scenarios."""
    items = cluster.core.list_namespaced_pod(NAMESPACE, field_selector="status.phase=Running").items
    kept = [item for item in items if not of_scenario(item.metadata.labels) and not item.metadata.deletion_timestamp]
    return sorted(item.metadata.name for item in kept)


def reads(kinds: Iterable[Resource], pods: list[str]) -> dict[str, Attempt]:
    """Attempts to list what developers may read, and to read the log of each pod.

    Raises AssertionError if there is no pod, or if the API does not serve all that they may read.
    """
    attempts: dict[str, Attempt] = {
        f"list {kind.full_name}": ("GET", kind.path(NAMESPACE)) for kind in kinds if kind.full_name in READABLE
    }
    assert pods and len(attempts) == len(READABLE), (
        f"expected the kinds {sorted(READABLE)} and pods in {NAMESPACE}, saw {sorted(attempts)} and {pods}"
    )
    return attempts | {f"the log of {pod}": ("GET", f"{HERE}/pods/{pod}/log") for pod in pods}
