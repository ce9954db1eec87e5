"""What a new machine learns about the cluster from the join token alone: kubeadm's discovery. Source: 1.7.

The API publishes its address and its CA to everyone, signed with each join token (kube-public/cluster-info).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from jwt.utils import base64url_encode

from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import Cluster

PATH = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
HINT = "kubectl -n kube-public get configmap cluster-info -o yaml"
REQUESTS = "certificatesigningrequests"
SETTINGS = ("kubeadm-config", "kubelet-config")
"""The ConfigMaps that `kubeadm join` reads."""
SECONDS = 10
"""How long the API may take to answer a machine."""


def lacking_rights(cluster: Cluster, token: str) -> list[str]:
    """The rights that a join token lacks of those that a machine needs to join with it, in words.

    A request for a certificate is approved only for callers that may create `nodeclient`. Source: Kubernetes,
    TLS bootstrapping. kubeadm determines which ConfigMaps a machine reads.
    """
    may, api = Caller(cluster, token).may, "certificates.k8s.io"
    rights = {
        "create certificatesigningrequests": may("create", api, REQUESTS),
        "get its certificate without anyone's approval": may("create", api, REQUESTS, subresource="nodeclient"),
        **{
            f"read the ConfigMap {name}": may("get", "", "configmaps", namespace="kube-system", name=name)
            for name in SETTINGS
        },
    }
    return [right for right, is_there in rights.items() if not is_there]


def told(cluster: Cluster) -> dict[str, str]:
    """What the API publishes to callers without credentials. Raises AssertionError if it refuses."""
    answer = Caller(cluster)("GET", PATH)
    assert answer.status_code == 200, (
        f"expected 200 for {PATH} without credentials, as for new machines, saw {answer.status_code}. Try: {HINT}"
    )
    return dict(answer.json().get("data") or {})


def told_to(cluster: Cluster, tokens: Iterable[str]) -> dict[str, str]:
    """What the API publishes, if it is signed with each of these join tokens. Raises AssertionError otherwise."""
    data = told(cluster)
    unsigned = [token.partition(".")[0] for token in tokens if not is_signed(data, token)]
    assert not unsigned, (
        f"expected cluster-info to be signed with each join token, but not with {unsigned}. Try: {HINT}"
    )
    return data


def is_signed(data: Mapping[str, str], token: str) -> bool:
    """Whether the published kubeconfig is signed with a join token: a detached JWS (HS256), as kubeadm checks it."""
    identity, _, secret = token.partition(".")
    header, _, signature = data.get(f"jws-kubeconfig-{identity}", "").partition("..")
    signed = f"{header}.{base64url_encode(data.get('kubeconfig', '').encode()).decode()}"
    wanted = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return bool(header) and hmac.compare_digest(signature, base64url_encode(wanted).decode())


def address_and_authority(data: Mapping[str, str]) -> tuple[str, str]:
    """The server that a new machine is told to use, and the PEM of the CA that it is told to trust there.

    Raises AssertionError unless exactly one cluster is named.
    """
    found: Any = yaml.safe_load(data.get("kubeconfig", "")) or {}
    clusters = [item["cluster"] for item in found.get("clusters") or []]
    assert len(clusters) == 1, f"expected one cluster to join in cluster-info, saw {len(clusters)}. Try: {HINT}"
    return clusters[0]["server"], base64.b64decode(clusters[0].get("certificate-authority-data", "")).decode()


def answered_there(cluster: Cluster, worker: str, server: str, authority: str) -> str:
    """The answer to a worker that asks `server` for /livez and trusts only `authority` (PEM), or curl's error."""
    options = f"-sS --noproxy '*' -m {SECONDS} --capath /nonexistent --cacert /dev/stdin"
    curl = f"curl {options} {shlex.quote(server + '/livez')} 2>&1"
    return cluster.on_node(worker, "sh", "-c", f"printf %s {shlex.quote(authority)} | {curl}", check=False)
