"""Whether the control plane signs what it publishes with a join token that is new: without that nobody joins.

The first token expires after a day, so that each later join takes a new one (`kubeadm token create`). Source: 1.7.
"""

from __future__ import annotations

import contextlib
import datetime
import secrets

from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.kubeadm_discovery import is_signed, told

NAMESPACE = "kube-system"
SIGNED = Deadline(20, "kube-controller-manager: it signs cluster-info with a new token at once")
LASTS = datetime.timedelta(minutes=5)
"""For how long the token is valid, should nobody delete it."""
HINT = "grep -- --controllers /etc/kubernetes/manifests/kube-controller-manager.yaml on each control plane"


def sign_new_token(cluster: Cluster) -> str:
    """Create a join token, wait until cluster-info is signed with it, delete it; return its public part.

    It may be used for nothing but that. Raises TimedOut if cluster-info is not signed with it.
    """
    identity, secret = secrets.token_hex(3), register_secret(secrets.token_hex(8))
    cluster.core.create_namespaced_secret(NAMESPACE, token_manifest(identity, secret))

    def signed() -> bool:
        assert is_signed(told(cluster), f"{identity}.{secret}"), f"cluster-info is not signed with the token {identity}"
        return True

    try:
        eventually(signed, within=SIGNED, what="cluster-info to be signed with a new join token", hint=HINT)
    finally:
        with contextlib.suppress(ApiException):
            cluster.core.delete_namespaced_secret(f"bootstrap-token-{identity}", NAMESPACE)
    return identity


def token_manifest(identity: str, secret: str) -> dict[str, object]:
    """A join token as kubeadm writes it, with which nobody can sign in. Source: Kubernetes, Bootstrap Tokens."""
    ends = (datetime.datetime.now(datetime.UTC) + LASTS).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {"token-id": identity, "token-secret": secret, "expiration": ends, "usage-bootstrap-signing": "true"}
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": f"bootstrap-token-{identity}", "labels": {SCENARIO_LABEL: "true"}}, "stringData": data,
    }  # fmt: skip
