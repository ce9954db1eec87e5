"""What DNS, Services' rules and the pod network have to ask the API for when they start. Source: 2.5.

A connection that is open goes on for minutes after its right is gone; the next start is refused.
"""

from __future__ import annotations

from kubernetes import client

from acceptance.cluster.cluster import Cluster

LISTS = ("list", "watch")
NEEDED: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "k8s-app=kube-dns": (
        ("", "services", LISTS), ("", "namespaces", LISTS), ("discovery.k8s.io", "endpointslices", LISTS),
    ),
    "k8s-app=kube-proxy": (
        ("", "services", LISTS), ("", "nodes", LISTS), ("discovery.k8s.io", "endpointslices", LISTS),
    ),
    "app=flannel": (("", "nodes", ("get", *LISTS)),),
    "app=kube-router": (
        ("", "pods", LISTS), ("", "namespaces", LISTS), ("networking.k8s.io", "networkpolicies", LISTS),
    ),
}  # fmt: skip
"""API group, resource and verbs by the label of the pods that ask.

Sources: CoreDNS, the plugin `kubernetes`; ClusterRole system:node-proxier; flannel, kube-flannel.yml; kube-router's
policy controller.
"""


def refused_at_start(cluster: Cluster) -> list[str]:
    """What the accounts of these pods may not ask the API for although they need it, in words.

    Accounts are judged, not pods: what does not run here, such as K3s' own parts without pods, has none.
    """
    return [
        f"{namespace}/{account} may not {verb} {resource}"
        for label, rights in NEEDED.items()
        for namespace, account in accounts_of(cluster, label)
        for group, resource, verbs in rights
        for verb in verbs
        if not may(cluster, namespace, account, {"group": group, "resource": resource, "verb": verb})
    ]


def accounts_of(cluster: Cluster, label: str) -> list[tuple[str, str]]:
    """Namespace and name of the accounts of the pods with a label."""
    pods = cluster.core.list_pod_for_all_namespaces(label_selector=label).items
    return sorted({(pod.metadata.namespace, pod.spec.service_account_name or "default") for pod in pods})


def may(cluster: Cluster, namespace: str, account: str, attributes: dict[str, str]) -> bool:
    """Whether an account may do something in all namespaces."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    who = {"user": f"system:serviceaccount:{namespace}:{account}", "groups": groups}
    review = {"spec": {**who, "resourceAttributes": attributes}}
    return bool(client.AuthorizationV1Api(cluster.api).create_subject_access_review(review).status.allowed)
