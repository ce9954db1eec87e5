"""Whether what pods refer to is there: without it none of them starts again, whatever runs now. Source: 2.5, 3.6, 13.1.

A pod keeps the ConfigMaps and Secrets that it was started with, and its account, when somebody deletes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.cluster.cluster import REQUEST_TIMEOUT, Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.object_references import Named, below
from acceptance.cluster.workloads import pod_of

STARTED = ("deployments", "statefulsets", "daemonsets")
"""What starts pods again and again; a Job's pods may have ended."""
KINDS = {"ConfigMap": "configmaps", "Secret": "secrets", "ServiceAccount": "serviceaccounts"}
"""The kinds of objects that pods refer to, and their names in the API's paths."""
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""How the API is asked for objects without what they hold: nobody needs a Secret's values here."""
FORBIDDEN = 403
MADE = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
"""What controllers make again in each namespace as soon as it is gone."""
SYSTEM = ("kube-system", "kube-flannel")
"""The namespaces of DNS and of the pod network. Source: kubeadm; flannel, kube-flannel.yml."""


def all_there(cluster: Cluster, namespaces: Iterable[str]) -> bool:
    """Raise AssertionError naming what workloads of some namespaces refer to and what does not exist."""
    places, selector = {*namespaces}, f"!{SCENARIO_LABEL}"
    started = [item for kind in STARTED for item in listed(cluster, f"/apis/apps/v1/{kind}", selector=selector) or []]
    found = missing((item for item in started if item["metadata"]["namespace"] in places), existing(cluster))
    assert not found, f"expected what pods refer to, but {'; '.join(found)}"
    return True


def existing(cluster: Cluster) -> dict[str, set[tuple[str, str]]]:
    """The namespaces and names of all objects of KINDS, by kind.

    A kind that the suite may not list is left out: on an attached cluster it reads no Secrets.
    """
    seen = {kind: listed(cluster, f"/api/v1/{name}", METADATA) for kind, name in KINDS.items()}
    return {
        kind: {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items}
        for kind, items in seen.items()
        if items is not None
    }


def listed(cluster: Cluster, path: str, accept: str = "application/json", selector: str = "") -> list[Manifest] | None:
    """The objects of all namespaces at a path of the API; None if the suite may not list them.

    Raises AssertionError if there is another answer than a list.
    """
    query, headers = {"labelSelector": selector} if selector else {}, {"Accept": accept}
    request = cluster.api.param_serialize(
        "GET", path, query_params=query, header_params=headers, auth_settings=["BearerToken"]
    )
    answer = cluster.api.call_api(*request, _request_timeout=REQUEST_TIMEOUT)
    answer.read()
    if answer.status == FORBIDDEN:
        return None
    assert answer.status == 200, f"expected 200 from the API at {path}, saw {answer.status}"
    return list(json.loads(answer.data)["items"])


def missing(workloads: Iterable[Manifest], there: Mapping[str, set[tuple[str, str]]]) -> list[str]:
    """What workloads with pods refer to and what does not exist, in words.

    `there`: namespaces and names by kind; a kind that is not in it is not judged.
    """
    found = []
    for item in workloads:
        metadata, spec = item["metadata"], pod_of(item).get("spec") or {}
        where = metadata["namespace"]
        wanted = item.get("status", {}).get("desiredNumberScheduled", item["spec"].get("replicas", 1))
        if wanted == 0 or metadata.get("deletionTimestamp"):
            continue
        gone = missing_for(spec, where, there)
        found += [f"{where} has no {kind} {name}, which pods of {metadata['name']} need" for kind, name in gone]
    return found


def missing_for(spec: Mapping[str, Any], namespace: str, there: Mapping[str, set[tuple[str, str]]]) -> list[Named]:
    """What a pod with this spec cannot start without in a namespace, and what is not among `there`."""
    gone = (one for one in needed(spec) - MADE if one[0] in there and (namespace, one[1]) not in there[one[0]])
    return sorted(gone)


def needed(spec: Mapping[str, Any]) -> set[Named]:
    """What a pod cannot start without, of KINDS: ConfigMaps, Secrets and its account; what is optional is not."""
    account = ("ServiceAccount", str(spec.get("serviceAccountName") or "default"))
    return {account} | {one for one in below(spec, optional=False) if one[0] in KINDS}
