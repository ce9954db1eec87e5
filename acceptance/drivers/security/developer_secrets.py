"""Ways to a Secret that a developer may try: directly, indirectly, and through what they may read anyway."""

from __future__ import annotations

import base64
import json

import requests

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.probe import Probe
from acceptance.drivers.security.developer_rights import HERE, PATCH, Attempt
from acceptance.platform.access import NAMESPACE

SHORTEST_SECRET = 12
"""Minimum length of a value that does not occur in a text by chance."""
PUBLIC_KEYS = {"POSTGRES_USER"}
"""Keys of Secrets whose values are not secret."""
ADMINISTRATOR = {"Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters"}
CONTROLLER = {"Impersonate-User": "system:serviceaccount:sealed-secrets:sealed-secrets"}
ROLES = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}"
ALL_RIGHTS = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}


def names_of_secrets(cluster: Cluster, namespace: str) -> set[str]:
    """The names of a namespace's Secrets, without those of scenarios."""
    items = cluster.core.list_namespaced_secret(namespace).items
    return {item.metadata.name for item in items if not of_scenario(item.metadata.labels)}


def straight(secrets: set[str], namespaces: list[str]) -> dict[str, Attempt]:
    """Attempts to list, watch and read: everywhere, in each namespace, and each Secret of the services."""
    attempts: dict[str, Attempt] = {
        "list": ("GET", f"{HERE}/secrets"),
        "watch": ("GET", f"{HERE}/secrets?watch=true&timeoutSeconds=1"),
        "list everywhere": ("GET", "/api/v1/secrets"),
    }
    attempts |= {f"read {name}": ("GET", f"{HERE}/secrets/{name}") for name in sorted(secrets)}
    return attempts | {f"list {name}'s": ("GET", f"/api/v1/namespaces/{name}/secrets") for name in namespaces}


def pods_with_secret(probe: Probe) -> dict[str, Attempt]:
    """Attempts to start a pod that gets a Secret."""
    key = {"secretKeyRef": {"name": "jwt-secret", "key": "JWT_SECRET"}}
    mounted = probe.pod("taker", volumes=[{"name": "taken", "secret": {"secretName": "jwt-secret"}}])
    mounted["spec"]["containers"][0]["volumeMounts"] = [{"name": "taken", "mountPath": "/taken"}]
    named = probe.pod("taker", container={"env": [{"name": "TAKEN", "valueFrom": key}]})
    return {
        "by a pod that mounts it": ("POST", f"{HERE}/pods?dryRun=All", mounted),
        "by a pod that has it as a variable": ("POST", f"{HERE}/pods?dryRun=All", named),
    }


def into(pod: str) -> dict[str, Attempt]:
    """Attempts to get into a running pod."""
    run = f"{HERE}/pods/{pod}/exec?command=cat&command=/proc/1/environ&stdout=true"
    beside = {"spec": {"ephemeralContainers": [{"name": "beside", "image": "none"}]}}
    return {
        f"by exec in {pod}": ("POST", run),
        f"by exec over GET in {pod}": ("GET", run),
        f"by attach to {pod}": ("POST", f"{HERE}/pods/{pod}/attach?stdout=true"),
        f"by a port-forward to {pod}": ("POST", f"{HERE}/pods/{pod}/portforward?ports=4000"),
        f"by the API's proxy to {pod}": ("GET", f"{HERE}/pods/{pod}/proxy/"),
        f"by a container beside {pod}": ("PATCH", f"{HERE}/pods/{pod}/ephemeralcontainers?dryRun=All", beside, PATCH),
    }


def by_others_rights(nodes: list[str]) -> dict[str, Attempt]:
    """Attempts to act as somebody else, to gain rights, and to query the kubelets."""
    secret = f"{HERE}/secrets/jwt-secret"
    more = {"metadata": {"name": "more"}, "subjects": [], "roleRef": ALL_RIGHTS}
    attempts: dict[str, Attempt] = {
        "as an administrator": ("GET", secret, None, ADMINISTRATOR),
        "as the controller of sealed secrets": ("GET", secret, None, CONTROLLER),
        # With a right to impersonate, this would be answered with 200.
        "as another user": ("GET", f"{HERE}/pods", None, {"Impersonate-User": "somebody"}),
        "by another account's token": (
            "POST", f"{HERE}/serviceaccounts/default/token", {"spec": {"expirationSeconds": 600}},
        ),
        "by more rights": ("POST", f"{ROLES}/rolebindings?dryRun=All", more),
    }  # fmt: skip
    return attempts | {f"by the kubelet of {name}": ("GET", f"/api/v1/nodes/{name}/proxy/pods") for name in nodes}


def secret_values(cluster: Cluster, *namespaces: str) -> dict[str, str]:
    """The values of the Secrets in some namespaces, by `Secret/key`; public and very short ones are left out."""
    values = {
        f"{item.metadata.name}/{key}": base64.b64decode(value).decode(errors="replace").strip()
        for namespace in namespaces
        for item in cluster.core.list_namespaced_secret(namespace).items
        if not of_scenario(item.metadata.labels)
        for key, value in (item.data or {}).items()
        if key not in PUBLIC_KEYS and not key.endswith(".crt")
    }
    return {name: value for name, value in values.items() if len(value) >= SHORTEST_SECRET}


def leaks(answers: dict[str, requests.Response], values: dict[str, str]) -> list[str]:
    """Which Secret's value is in which answer: plain, as JSON, or in base64. The values themselves are not named."""
    found = []
    for name, value in values.items():
        forms = {value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode()}
        found += [f"{name} in {what}" for what, answer in answers.items() if any(form in answer.text for form in forms)]
    return found
