"""Settings of DNS and of the pod network that nobody could read again: they fail at the next start. Source: 2.5.

A DNS server keeps its old settings if it cannot load new ones, and flannel reads its own only when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from kubernetes import client

from acceptance.base.conditions import is_ready
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.machines import every_machine
from acceptance.drivers.cluster.reboots import common_server
from acceptance.drivers.network.reachability import DNS

LOADED, NOT_LOADED = "[INFO] Reloading complete", "reload failed"
"""What CoreDNS logs when it has loaded new settings, and when it has not and keeps the old ones. Its counter of
failures does not tell whether somebody has mended them since. Source: CoreDNS, the plugin `reload`."""
LINES = 5000
"""The last lines of a DNS server's log to read."""
NOT_PARSED, RECENTLY = "Corefile parse failed", 120
"""What it logs each half minute about settings that it cannot even read, and the seconds in which that shows."""
FLANNEL = "kube-flannel-cfg"
"""The ConfigMap that flannel's own manifest calls so. Source: flannel, kube-flannel.yml; K3s writes a file."""

MODES = ("", "iptables", "nftables", "ipvs")
"""The modes that kube-proxy can be started in on Linux; empty for its default. Source: kube-proxy's reference."""
MODE = "curl -sm 5 http://127.0.0.1:10249/proxyMode || true"
"""Prints the mode that a machine's kube-proxy runs in, at the address of its metrics by default."""
PROXY, CONFIG = "kube-proxy", "kind: Config\n"
"""The ConfigMap that kubeadm calls so, and the line of a kubeconfig in it. Source: kubeadm, the addon kube-proxy."""


def broken(cluster: Cluster) -> list[str]:
    """The settings that the next start of a DNS server, or of the pod network, could not read, in words."""
    pods = [pod for pod in cluster.core.list_namespaced_pod("kube-system", label_selector=DNS).items if is_ready(pod)]
    stale = [pod.metadata.name for pod in pods if keeps_old(cluster, pod)]
    found = [f"the DNS server {name} could not load its settings, and keeps the old ones" for name in stale]
    maps = cluster.core.list_config_map_for_all_namespaces(field_selector=f"metadata.name={FLANNEL}").items
    return found + [f"{name} of {FLANNEL} is no JSON" for item in maps for name in no_json(item.data or {})]


def unlike_proxies(cluster: Cluster) -> list[str]:
    """The settings with which no kube-proxy could be started, or none has been started yet, in words.

    It ends at once if it cannot read them: on a machine that is new or was rebooted no Service is reached then.
    """
    if cluster.is_attached:
        return []
    maps = cluster.core.list_namespaced_config_map("kube-system", field_selector=f"metadata.name={PROXY}").items
    texts = [text for item in maps for name, text in (item.data or {}).items() if name == "config.conf"]
    machines = [machine.name for machine in every_machine(cluster.outputs)] if texts else []
    running = {name: cluster.on_node(name, "sh", "-c", MODE).strip() for name in machines}
    return [f"config.conf of {PROXY} {wrong}" for text in texts for wrong in wrong_mode(text, running)]


def wrong_mode(text: str, running: Mapping[str, str]) -> list[str]:
    """What is wrong with kube-proxy's settings, in words, given the mode that it runs in on each machine, if known."""
    try:
        settings = yaml.safe_load(text)
        kind, mode = settings["kind"], settings.get("mode") or ""
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return ["cannot be read"]
    if kind != "KubeProxyConfiguration" or mode not in MODES:
        return [f"says kind {kind} and mode {mode!r}, with which none could be started"]
    others = {name: has for name, has in running.items() if mode and has in MODES[1:] and has != mode}
    return [f"says mode {mode}, but these run in others: {others}"] if others else []


def led_elsewhere(cluster: Cluster) -> list[str]:
    """The kubeconfigs of kube-proxy that do not lead to the API's common address, in words.

    It reads them when it starts, as on a machine that is new or was rebooted. Somebody else's cluster may have other
    names for its API.
    """
    common = "" if cluster.is_attached else common_server(cluster)
    selector = f"metadata.name={PROXY}"
    maps = cluster.core.list_namespaced_config_map("kube-system", field_selector=selector).items if common else []
    found = {name: servers_in(text) for item in maps for name, text in (item.data or {}).items() if CONFIG in text}
    return [
        f"{name} of {PROXY} leads to {', '.join(servers) or 'no server'}, not to {common}"
        for name, servers in found.items()
        if {*servers} != {common}
    ]


def servers_in(kubeconfig: str) -> list[str]:
    """The servers that a kubeconfig names; none if nobody can read it."""
    try:
        clusters = (yaml.safe_load(kubeconfig) or {}).get("clusters") or []
        return [str(item["cluster"]["server"]) for item in clusters]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return []


def keeps_old(cluster: Cluster, pod: client.V1Pod) -> bool:
    """Whether a DNS server could not load its newest settings; not if it is none that logs so."""
    where = (pod.metadata.name, pod.metadata.namespace)
    log = str(cluster.core.read_namespaced_pod_log(*where, tail_lines=LINES))
    if log.rfind(NOT_LOADED) > log.rfind(LOADED):
        return True
    return NOT_PARSED in str(cluster.core.read_namespaced_pod_log(*where, since_seconds=RECENTLY, tail_lines=LINES))


def no_json(data: Mapping[str, Any]) -> Iterable[str]:
    """The names of the files in a ConfigMap that should be JSON by their ending, and are not."""
    for name, text in data.items():
        try:
            json.loads(text if name.endswith(".json") else "{}")
        except json.JSONDecodeError:
            yield name
