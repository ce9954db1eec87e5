"""What a new machine learns about the cluster from the join token alone: kubeadm's discovery. Source: 1.7.

The API publishes its address and its CA to everyone, signed with each join token (kube-public/cluster-info).
"""

from __future__ import annotations

import base64
import contextlib
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
SETTINGS = {"kubeadm-config": "ClusterConfiguration", "kubelet-config": "KubeletConfiguration"}
"""The ConfigMaps that `kubeadm join` reads, and the kind of the document that each has to have."""
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
        "see whether a node of its name exists": may("get", "", "nodes"),
        **{
            f"read the ConfigMap {name}": may("get", "", "configmaps", namespace="kube-system", name=name)
            for name in SETTINGS
        },
    }
    return [right for right, is_there in rights.items() if not is_there]


def lacking_settings(cluster: Cluster, token: str) -> list[str]:
    """Why a machine with this join token cannot read the settings that a join takes, in words."""
    ask, found = Caller(cluster, token), []
    for name, kind in SETTINGS.items():
        answer = ask("GET", f"/api/v1/namespaces/kube-system/configmaps/{name}")
        if answer.status_code != 200:
            found.append(f"{name} is answered with {answer.status_code}")
        elif kind not in kinds_in((answer.json().get("data") or {}).values()):
            found.append(f"{name} has no {kind}")
    return found


def kinds_in(texts: Iterable[str]) -> set[str]:
    """The kinds of the documents in these texts; those that are not YAML have none."""
    found: set[str] = set()
    for text in texts:
        with contextlib.suppress(yaml.YAMLError):
            found |= {str(item.get("kind")) for item in yaml.safe_load_all(text) if isinstance(item, dict)}
    return found


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
