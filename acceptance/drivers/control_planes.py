"""What each control plane runs, and whom each part of the cluster asks: the loss of one has to be no harm.

One control plane is lost in earnest. That any other may be lost as well is read from what each part is told to ask:
losing each of them would take a minute more each. Source: 2.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from kubernetes import client

from acceptance.base.conditions import as_json, is_ready
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.benchmark import of_processes
from acceptance.drivers.benchmark_checks import API
from acceptance.drivers.etcd import etcdctl
from acceptance.drivers.machines import every_machine
from acceptance.infrastructure.contract import Machine

TIER = "tier=control-plane"
"""The label of kubeadm's static pods; K3s runs all of it in one process, and has none."""
ASKS_THE_API = "/etc/kubernetes/kubelet.conf /etc/kubernetes/controller-manager.conf /etc/kubernetes/scheduler.conf"
"""Who is told by a file which API server to ask; kubeadm's names."""
SERVER = re.compile(r"^(\S+?):\s*server:\s*[\"']?(\S+?)[\"']?$", re.MULTILINE)
HERE = {"127.0.0.1", "localhost", "::1"}


def missing_components(pods: Iterable[client.V1Pod], machines: Iterable[str]) -> list[str]:
    """The components that run on some control plane, and do not run ready on another."""
    ready: dict[str, set[str]] = {}
    for pod in pods:
        there = ready.setdefault(pod.metadata.labels.get("component", pod.metadata.name), set())
        if is_ready(pod):
            there.add(pod.spec.node_name)
    every = [*machines]
    return sorted(f"{name} on {machine}" for name, there in ready.items() for machine in every if machine not in there)


def all_complete(cluster: Cluster) -> bool:
    """Whether each control plane runs what the others run. Raises AssertionError naming what does not."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector=TIER).items
    missing = missing_components(pods, [machine.name for machine in cluster.outputs.control_planes])
    assert not missing, f"not ready: {', '.join(missing)}"
    return True


def names_of(machine: Machine) -> set[str]:
    """By what a machine is known in an address."""
    return {machine.name, machine.address}


def ask_one_alone(said: Mapping[str, str], machines: Iterable[Machine], servers: Iterable[Machine]) -> list[str]:
    """Who asks one control plane alone, and not its own: with that one it is lost, too.

    `said`: by machine the lines `FILE: server: URL`. What a control plane runs may ask the API server beside it.
    """
    others = {name: server.name for server in servers for name in names_of(server)}
    found = []
    for machine in machines:
        asked = [(file, urlsplit(url).hostname or "") for file, url in SERVER.findall(said[machine.name])]
        found += [] if asked else [f"nobody on {machine.name} says whom it asks"]
        found += [
            f"{file.rpartition('/')[2]} of {machine.name} asks {others[host]} alone"
            for file, host in asked
            if host in others and host not in names_of(machine)
        ]
    return found


def stores_elsewhere(etcd_servers: Mapping[str, str], servers: Iterable[Machine]) -> list[str]:
    """The API servers that have no etcd but another control plane's, by what each is started with."""
    found = []
    for server in servers:
        urls = [url for url in etcd_servers.get(server.name, "").split(",") if url]
        hosts = {urlsplit(url).hostname or "" for url in urls}
        if len(hosts) < 2 and not hosts & (HERE | names_of(server)):
            found.append(f"the API server of {server.name} stores in {sorted(hosts) or 'nothing'} alone")
    return found


def wrong_members(listed: str, servers: Iterable[Machine]) -> list[str]:
    """What is wrong with etcd's members, as `etcdctl member list` says them: one of each control plane, which votes."""
    members = as_json(listed)["members"]
    voting = {item.get("name", "") for item in members if not item.get("isLearner")}
    names = {server.name for server in servers}
    missing = [f"no voting member of etcd is on {name}" for name in sorted(names - voting)]
    more = len(members) - len(names)
    return missing + ([f"etcd has {more} members more than control planes"] if more > 0 else [])


def lost_with_another(cluster: Cluster) -> list[str]:
    """What would be lost with another control plane than its own: a way to the API, a store, a vote."""
    servers, machines = cluster.outputs.control_planes, every_machine(cluster.outputs)
    look = f"grep -H 'server:' {ASKS_THE_API} 2>/dev/null; true"
    said = {machine.name: cluster.on_node(machine.name, "sh", "-c", look) for machine in machines}
    started = {server.name: of_processes(cluster, server.name).get(API, {}) for server in servers}
    etcd_servers = {name: str(settings.get("etcd-servers", "")) for name, settings in started.items()}
    members = etcdctl(cluster, "member", "list", "--write-out", "json")
    asking = ask_one_alone(said, machines, servers)
    return [*asking, *stores_elsewhere(etcd_servers, servers), *wrong_members(members, servers)]
