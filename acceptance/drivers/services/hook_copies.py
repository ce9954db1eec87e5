"""Copies of the hooks that end syncs, each cut off from its own Application only. Source: 3.4.

A hook that succeeds there waits for another Application, or for nothing. The copies run in the scenario's own
namespace: nothing of the platform is touched, and no Secret is read.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable, Iterator

from acceptance.base.conditions import describe
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.argocd.sync_hooks import is_hook
from acceptance.drivers.services.isolated_copies import OF_THE_SERVICE, environment_of
from acceptance.drivers.services.service import now
from acceptance.platform.applications import APPLICATIONS

OTHERS = "whoever-else-is-asked"
"""The pod that answers HTTP requests for all other Applications."""
PORT = 8080
NOWHERE = "127.0.0.1"
"""The address that a copy gets for the Services of its own Application: nothing listens there."""
LONG_ENOUGH = 5
"""Seconds for which a copy has to run without success."""
WELL = "well"
"""How a copy ends that succeeds."""
SHELLS = ("ash", "bash", "dash", "sh")
HURRIES = "sleep() { command sleep 0.01 2>/dev/null || :; }; "
"""What makes a shell's script wait no longer between its attempts: one that gives up at some time does so at once."""
TAKES_SCRIPT = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*")
"""A shell's option after which a script follows."""


def named(manifests: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind, by name."""
    return {item["metadata"]["name"]: item for item in manifests if item["kind"] == kind}


def service_for(item: Manifest) -> Manifest:
    """A Service of the same name and ports that leads to OTHERS."""
    ports = [{"name": f"p{one['port']}", "port": one["port"], "targetPort": PORT} for one in item["spec"]["ports"]]
    spec = {"selector": {"app": OTHERS}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": item["metadata"]["name"]}, "spec": spec}


def hurried(container: Manifest) -> Manifest:
    """A container whose script, if its command is a shell's `-c`, does not sleep; any other is as it was.

    Where nothing listens, each attempt fails at once, so that only a script that tries for ever is still running after
    LONG_ENOUGH.
    """
    command, words = container.get("command") or [], [*(container.get("command") or []), *(container.get("args") or [])]
    option = next((number for number, word in enumerate(words) if TAKES_SCRIPT.fullmatch(word)), len(words))
    if not words or words[0].rpartition("/")[2] not in SHELLS or option + 1 >= len(words):
        return container
    words[option + 1] = HURRIES + words[option + 1]
    parts = {"command": words[: len(command)], "args": words[len(command) :]}
    return {**container, **{key: value for key, value in parts.items() if value}}


def copy_of(hook: Manifest, own: Iterable[str]) -> Manifest:
    """A pod that runs what a hook does, with made-up values for all secrets; `own`: Services that it does not reach."""
    name = hook["metadata"]["name"]
    template = copy.deepcopy(hook["spec"]["template"]["spec"])
    spec = {key: value for key, value in template.items() if key not in OF_THE_SERVICE}
    spec["containers"] = [{**hurried(part), "env": environment_of(part, {})} for part in spec["containers"]]
    spec |= {"terminationGracePeriodSeconds": 1, "enableServiceLinks": False, "restartPolicy": "Never"}
    spec["hostAliases"] = [{"ip": NOWHERE, "hostnames": sorted(own)}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def config_maps_of(pod: Manifest, there: dict[str, Manifest]) -> Iterator[Manifest]:
    """The ConfigMaps that a pod mounts, without what is of their own namespace."""
    for volume in pod["spec"].get("volumes") or []:
        if found := there.get((volume.get("configMap") or {}).get("name", "")):
            data = {"name": found["metadata"]["name"]}
            yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": data, "data": found.get("data", {})}


def objects(manifests: dict[str, list[Manifest]]) -> tuple[list[Manifest], list[Manifest]]:
    """What has to be there before the copies, and the copies; `manifests`: those of each Application."""
    services = {name: named(items, "Service") for name, items in manifests.items()}
    there = [service_for(item) for found in services.values() for item in found.values() if item["spec"].get("ports")]
    copies = []
    for name, items in manifests.items():
        for hook in filter(is_hook, items):
            copies.append(copy_of(hook, services[name]))
            there += config_maps_of(copies[-1], named(items, "ConfigMap"))
    return there, copies


def start_each(namespace: Namespace, argocd: ArgoCD) -> list[str]:
    """Start a copy of each hook of the platform's Applications; return their names. They go with the namespace."""
    there, copies = objects({name: argocd.manifests(name) for name in APPLICATIONS})
    for item in [namespace.cluster.probe.pod(OTHERS), *there]:
        namespace.create(item)
    return [namespace.create(item) for item in copies]


def ended_well(namespace: Namespace, names: list[str]) -> list[str]:
    """The copies that succeed, once each has ended or has run for LONG_ENOUGH."""
    namespace.wait_ready(OTHERS)
    found = []
    for name in names:
        hint = f"kubectl -n {namespace.name} describe pod {name}"
        ended = eventually(
            functools.partial(has_run, namespace, name), within=POD_READY, what=f"{name} to end", hint=hint
        )
        found += [name] if ended == WELL else []
    return found


def has_run(namespace: Namespace, name: str) -> str:
    """WELL, or another outcome of a copy. Raises AssertionError while it has not run for LONG_ENOUGH."""
    pod = namespace.pod(name)
    statuses = pod.status.container_statuses or []
    state = statuses[0].state if statuses else None
    if state and state.terminated:
        return WELL if state.terminated.exit_code == 0 else "with an error"
    assert state and state.running, describe(pod)
    ran = (now() - state.running.started_at).total_seconds()
    assert ran >= LONG_ENOUGH, f"it has run for {ran:.0f} s"
    return "not yet"
