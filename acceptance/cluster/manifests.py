"""Kustomizations: rendered, adapted to the environment, and applied."""

from __future__ import annotations

import functools
from typing import Any

import yaml
from kubernetes import client

from acceptance.base.conditions import has_condition
from acceptance.base.deadlines import API_ANSWERS
from acceptance.base.errors import UserError
from acceptance.base.waiting import eventually, when_reachable
from acceptance.clients.process import run
from acceptance.cluster.cluster import Cluster

APPLY_TIMEOUT = 120
LOOKS = 3
"""How often a difference is looked for before it counts."""
HOOK = "argocd.argoproj.io/hook"
"""The annotation of objects that Argo CD runs before or after a sync."""
Manifest = dict[str, Any]
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def apply(cluster: Cluster, manifests: list[Manifest]) -> None:
    """Apply objects, custom resource definitions and namespaces first; return once the API knows them all.

    They are passed on standard input, so that values of Secrets never touch the disk.
    """
    first = [m for m in manifests if m["kind"] in ("CustomResourceDefinition", "Namespace")]
    definitions = [m["metadata"]["name"] for m in first if m["kind"] == "CustomResourceDefinition"]
    for group in (first, [m for m in manifests if m not in first]):
        if group:
            text = yaml.dump_all(group, Dumper=_Dumper)
            command = ("apply", "--server-side", "--force-conflicts", "--filename", "-")
            when_reachable(functools.partial(kubectl, cluster, *command, stdin=text))
        if group is first and definitions:
            wait_established(cluster, definitions)


def delete(cluster: Cluster, manifests: list[Manifest]) -> None:
    """Begin deleting the objects that `apply` created and that still exist, last ones first."""
    text = yaml.dump_all(reversed(manifests), Dumper=_Dumper)
    kubectl(cluster, "delete", "--ignore-not-found", "--wait=false", "--filename", "-", stdin=text)


def wait_established(cluster: Cluster, definitions: list[str]) -> None:
    """Wait until the API serves these custom resources. `kubectl wait` fails on one that has no conditions yet."""
    api = client.ApiextensionsV1Api(cluster.api)

    def established(name: str) -> bool:
        return has_condition(api.read_custom_resource_definition(name), "Established")

    for name in definitions:
        served = functools.partial(established, name)
        eventually(served, within=API_ANSWERS, what=f"the API to serve {name}", hint=f"kubectl describe crd {name}")


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Run kubectl with something on its standard input. Raises UserError with its last lines."""
    return run([*cluster.kubectl_command, *arguments], stdin=stdin, timeout=APPLY_TIMEOUT).stdout


def secret_manifest(name: str, namespace: str, values: dict[str, str]) -> Manifest:
    """A Secret."""
    metadata = {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/part-of": "alternate-futures"}}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "stringData": values}


def without_hooks(manifests: list[Manifest]) -> list[Manifest]:
    """The objects that remain once deployed: Argo CD deletes a hook that succeeded."""
    return [m for m in manifests if HOOK not in m["metadata"].get("annotations", {})]


def differences(cluster: Cluster, manifests: list[Manifest]) -> str:
    """What applying these objects would change, as `kubectl diff` prints it; empty if nothing.

    Fields set by the server or by others do not count: only what an apply would write is compared. kubectl reads an
    object and then asks what applying would make of it: what a controller wrote in between looks like a difference,
    once. Therefore only one that each of LOOKS looks finds counts.
    """
    # Under kubectl's own name the server would rewrite the last-applied annotation of what Argo CD applied.
    manager = "--field-manager=rendering-check"
    command = [*cluster.kubectl_command, "diff", "--server-side", "--force-conflicts", manager, "--filename", "-"]
    text = yaml.dump_all(manifests, Dumper=_Dumper)
    seen = ""
    for _ in range(LOOKS):
        ended = run(command, stdin=text, timeout=APPLY_TIMEOUT, check=False)
        # 0: no difference, 1: differences, anything else: kubectl or diff failed.
        if ended.returncode > 1:
            raise UserError(
                f"kubectl diff ended with {ended.returncode}: {ended.stderr[-1000:]}", "read the line above"
            )
        seen = ended.stdout
        if not seen:
            break
    return seen
