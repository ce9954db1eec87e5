"""Whether the API server would admit what a restart, another secret, or a new claim takes: dry runs; nothing is stored.

Admission knows every quota, limit range, policy and webhook. Each object is tried as the controller that creates it.
Source: 2.3, 5.3, 5.8, 14.4.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from typing import Any

import yaml

from acceptance.base.errors import UserError
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import AWAY, when_reachable
from acceptance.clients.process import run
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of, workloads

TIMEOUT = 60
CONTROLLERS = "system:serviceaccount:kube-system:"
"""The prefix of the names that Kubernetes' own controllers have."""
REFUSED = re.compile(
    r"^Error from server.*?: error when (?:creating|replacing) \S+: (?P<said>.+)$"
    r"|^The .+ is invalid: .*?(?P<policy>ValidatingAdmissionPolicy .+ denied request.*)$",
    re.MULTILINE,
)
"""How kubectl says that admission refused an object: a policy may call it invalid, as what is really invalid is."""
RIGHTS = re.compile(r"cannot (?:create|get|update|impersonate) resource|does not support dry run")
"""What says nothing about a real request: a missing right, which is judged elsewhere, and a webhook that cannot try."""
QUOTA = "exceeded quota"
ENDING = "dry-run"
REQUESTED = ("accessModes", "resources", "storageClassName", "volumeMode")
"""The fields of a claim's spec with which a StatefulSet would request another one."""


def refused(cluster: Cluster, manifests: list[Manifest], creator: str = "", verb: str = "create") -> list[str]:
    """Why the API server would refuse to create these objects as this user; empty if it would admit all.

    Without a `creator`, as the suite's own user; `verb` may be `replace`, for objects that are there.
    """
    if not manifests:
        return []
    user = [f"--as={creator}"] if creator else []
    command = [*cluster.kubectl_command, verb, "--dry-run=server", *user, "--filename", "-"]

    def attempt() -> str:
        ended = run(command, stdin=yaml.safe_dump_all(manifests), timeout=TIMEOUT, check=False)
        if ended.returncode and AWAY.search(ended.stderr):
            raise UserError(f"kubectl {verb} says {ended.stderr[-500:]}", "read the line above")
        return ended.stderr

    try:
        said = when_reachable(attempt)
    except UserError as error:
        # An unreachable webhook refuses as well.
        return [error.problem]
    found = [match["said"] or match["policy"] for match in REFUSED.finditer(said)]
    return [text for text in found if not RIGHTS.search(text)]


def refused_secret(cluster: Cluster, namespace: str, creator: str) -> list[str]:
    """Why the API server would refuse one more Secret of a user in a namespace. Attached runs do not ask."""
    metadata = {"name": f"sealed-{ENDING}", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"VALUE": "a"}}
    return [] if cluster.is_attached else refused(cluster, [secret], creator)


def refused_sealed_secret(cluster: Cluster, namespace: str) -> list[str]:
    """Why the API server would refuse one more SealedSecret in a namespace. Attached runs do not ask."""
    metadata, spec = {"name": f"sealed-{ENDING}", "namespace": namespace}, {"encryptedData": {"VALUE": "AgA="}}
    sealed = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata, "spec": spec}
    return [] if cluster.is_attached else refused(cluster, [sealed])


def refused_changes(cluster: Cluster, namespace: str, names: list[str], changer: str) -> list[str]:
    """Why the API server would refuse that a user changes the values of these Secrets. Attached runs do not ask.

    Each value is tried with one more character: a policy may ask for a form, such as a URL. A Secret that is not
    there is left out.
    """
    if cluster.is_attached:
        return []
    plain = cluster.api.sanitize_for_serialization
    there = [plain(item) for item in cluster.core.list_namespaced_secret(namespace).items]
    changed = [with_longer_values(item) for item in there if item["metadata"]["name"] in names]
    return refused(cluster, changed, changer, "replace")


def with_longer_values(secret: Manifest) -> Manifest:
    """A Secret with one more character in each value, in the form in which it is sent."""
    about = {key: value for key, value in secret["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    longer = {key: base64.b64decode(value) + b"0" for key, value in (secret.get("data") or {}).items()}
    data = {key: base64.b64encode(value).decode() for key, value in longer.items()}
    return {**secret, "apiVersion": "v1", "kind": "Secret", "metadata": about, "data": data}


def refused_claims(cluster: Cluster, namespace: str) -> list[str]:
    """What the API server says against one more claim of each class and size that a namespace has, scenarios' left out.

    Each is tried as the controller of StatefulSets creates it. Attached runs do not ask.
    """
    if cluster.is_attached:
        return []
    plain = cluster.api.sanitize_for_serialization
    there = cluster.core.list_namespaced_persistent_volume_claim(namespace, label_selector=f"!{SCENARIO_LABEL}").items
    kinds = {json.dumps(wanted(item), sort_keys=True): item for item in map(plain, there)}
    claims = [another_claim(item, number) for number, item in enumerate(kinds.values())]
    return refused(cluster, claims, f"{CONTROLLERS}statefulset-controller")


def wanted(claim: Manifest) -> dict[str, Any]:
    """What a claim requests, without the volume that it got."""
    return {key: value for key, value in claim["spec"].items() if key in REQUESTED}


def another_claim(claim: Manifest, number: int) -> Manifest:
    """A claim like this one, under another name."""
    about = claim["metadata"]
    metadata = {
        "name": f"claim-{number}-{ENDING}",
        "namespace": about["namespace"],
        "labels": about.get("labels") or {},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": wanted(claim)}


def refused_restarts(cluster: Cluster, *namespaces: str) -> list[str]:
    """Why the API server would refuse what restarts of the workloads in namespaces create. Attached runs do not ask."""
    if cluster.is_attached:
        return []
    plain = cluster.api.sanitize_for_serialization
    found = [plain(item) for name in namespaces for item in workloads(cluster, name, f"!{SCENARIO_LABEL}")]
    found = [item for item in found if item["spec"].get("replicas", 1)]
    deployments = [item for item in found if "strategy" in item["spec"]]
    others = [item for item in found if item not in deployments]
    on_machines = [one for name in namespaces for one in daemon_sets(cluster, name)]
    tried = functools.partial(refused, cluster)
    said = tried([replica_set(item) for item in deployments], f"{CONTROLLERS}deployment-controller")
    said += tried([pod(item, "ReplicaSet") for item in deployments], f"{CONTROLLERS}replicaset-controller")
    instead = tried([pod(item, "StatefulSet") for item in others], f"{CONTROLLERS}statefulset-controller")
    instead += tried([pod(item, "DaemonSet") for item in on_machines], f"{CONTROLLERS}daemon-set-controller")
    # A new pod of a StatefulSet or a DaemonSet takes the place of the old one.
    return said + [text for text in instead if QUOTA not in text]


def daemon_sets(cluster: Cluster, namespace: str) -> list[Manifest]:
    """The DaemonSets of a namespace that start pods somewhere, scenarios' left out."""
    found = objects_of(cluster, namespace, ["DaemonSet"], f"!{SCENARIO_LABEL}")
    return [item for item in found if (item.get("status") or {}).get("desiredNumberScheduled")]


def replica_set(deployment: Manifest) -> Manifest:
    """A ReplicaSet without pods, as a restart of a Deployment creates one."""
    spec = {"replicas": 0, "selector": deployment["spec"]["selector"], "template": deployment["spec"]["template"]}
    metadata = {**named(deployment), "labels": deployment["spec"]["template"]["metadata"].get("labels", {})}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def pod(workload: Manifest, owner: str) -> Manifest:
    """A pod as a Deployment, StatefulSet or DaemonSet has them, with its claims; `owner`: its controller's kind."""
    template, uid = workload["spec"]["template"], workload["metadata"]["uid"]
    name = workload["metadata"]["name"]
    about = {"apiVersion": "apps/v1", "kind": owner, "name": name, "uid": uid, "controller": True}
    metadata = {
        **named(workload),
        "labels": template["metadata"].get("labels", {}),
        "annotations": template["metadata"].get("annotations", {}),
        "ownerReferences": [about],
    }
    claims = [
        {"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}-0"}}
        for claim in (item["metadata"]["name"] for item in workload["spec"].get("volumeClaimTemplates") or [])
    ]
    spec = {**template["spec"], "volumes": [*(template["spec"].get("volumes") or []), *claims]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def named(workload: Manifest) -> dict[str, Any]:
    """Name and namespace of what is tried for a workload."""
    return {"name": f"{workload['metadata']['name']}-{ENDING}", "namespace": workload["metadata"]["namespace"]}
