"""Whether each part of a control plane, and each route to it, also exists on the others, so that one can be lost.

One control plane is actually lost. Whether any other one may be lost is derived from connections and from where each
stores its data: losing each of them would take another minute each. Source: 2.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from kubernetes import client

from acceptance.base.conditions import as_json, is_ready, not_ready
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_benchmark import OF_CONTROL_PLANE, Settings, of_processes
from acceptance.drivers.cluster.cis_checks import API
from acceptance.drivers.cluster.etcd import etcdctl
from acceptance.drivers.cluster.etcd_settings import is_set, of_member
from acceptance.drivers.cluster.machines import every_machine
from acceptance.drivers.network.reachability import DNS
from acceptance.infrastructure.contract import Machine

TIER = "tier=control-plane"
"""The label of kubeadm's static pods; K3s runs everything in one process and has none."""
HERE = {"127.0.0.1", "localhost", "::1"}
JUDGED = {"etcd-servers", "advertise-address"}
"""Flags that may differ between API servers: where each stores data, which is judged separately, and its address."""
SCHEDULER = "kube-scheduler"
"""The component of which no scenario loses the leader on purpose: the machine that is lost has the controllers'."""
LEASE = 60
"""The longest lease of a scheduler in seconds: after its loss no pod is scheduled for as long; the default is 15."""
ELECTED = 10000
"""The most milliseconds without a leader after which a member calls an election."""
IN_MEMORY = ("tmpfs", "ramfs")
CONNECTED = ("ss", "-Htnp", "state", "established", "dport", "=", ":6443")
"""Lists the connections of a machine's programs to the API's port, on control planes and on the load balancer."""


def missing_components(pods: Iterable[client.V1Pod], machines: Iterable[str]) -> list[str]:
    """The components that run on some control plane but are not Ready on another one, as `NAME on MACHINE`."""
    ready: dict[str, set[str]] = {}
    for pod in pods:
        there = ready.setdefault(pod.metadata.labels.get("component", pod.metadata.name), set())
        if is_ready(pod):
            there.add(pod.spec.node_name)
    every = [*machines]
    return sorted(f"{name} on {machine}" for name, there in ready.items() for machine in every if machine not in there)


def all_complete(cluster: Cluster) -> bool:
    """Check that each control plane runs what the others run. Raises AssertionError naming what is missing."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector=TIER).items
    missing = missing_components(pods, [machine.name for machine in cluster.outputs.control_planes])
    assert not missing, f"components that are not Ready: {', '.join(missing)}"
    return True


def names_of(machine: Machine) -> set[str]:
    """The names under which a machine may appear in an address."""
    return {machine.name, machine.address}


def stores_elsewhere(etcd_servers: Mapping[str, str], servers: Iterable[Machine]) -> list[str]:
    """The API servers whose only etcd is another control plane's, from each one's --etcd-servers."""
    found = []
    for server in servers:
        urls = [url for url in etcd_servers.get(server.name, "").split(",") if url]
        hosts = {urlsplit(url).hostname or "" for url in urls}
        if len(hosts) < 2 and not hosts & (HERE | names_of(server)):
            found.append(f"the API server of {server.name} uses only these etcd members: {sorted(hosts) or '(none)'}")
    return found


def wrong_members(listed: str, servers: Iterable[Machine]) -> list[str]:
    """What is wrong with etcd's members, from `etcdctl member list`: each control plane must have one that votes."""
    members = as_json(listed)["members"]
    voting = {item.get("name", "") for item in members if not item.get("isLearner")}
    names = {server.name for server in servers}
    missing = [f"no voting member of etcd is on {name}" for name in sorted(names - voting)]
    more = len(members) - len(names)
    return missing + ([f"etcd has {more} more members than there are control planes"] if more > 0 else [])


def stored_elsewhere(cluster: Cluster) -> list[str]:
    """The API servers that would lose their store with another control plane, and what is wrong with etcd's members."""
    servers = cluster.outputs.control_planes
    started = {server.name: of_processes(cluster, server.name).get(API, {}) for server in servers}
    etcd_servers = {name: str(settings.get("etcd-servers", "")) for name, settings in started.items()}
    members = etcdctl(cluster, "member", "list", "--write-out", "json")
    return [*stores_elsewhere(etcd_servers, servers), *wrong_members(members, servers)]


def of_itself(value: str, machine: Machine) -> str:
    """A setting with the machine's own name and address replaced by a placeholder."""
    own = "|".join(re.escape(name) for name in names_of(machine))
    return re.sub(rf"(?<![\w.-])({own})(?![\w.-])", "ITSELF", value)


def unlike(started: Mapping[str, Mapping[str, Settings]], servers: Sequence[Machine]) -> list[str]:
    """The flags of a component that differ between control planes, given the settings by machine."""
    found = []
    for component in OF_CONTROL_PLANE:
        seen = {server.name: dict(started[server.name].get(component, {})) for server in servers}
        for name in sorted({name for settings in seen.values() for name in settings} - JUDGED):
            # Whether each one runs it at all is judged separately.
            those = [server for server in servers if seen[server.name]]
            said = {server.name: of_itself(str(seen[server.name].get(name, "not set")), server) for server in those}
            if len({*said.values()}) > 1:
                found.append(f"--{name} of {component}: {said}")
    return found


def set_up_otherwise(cluster: Cluster) -> list[str]:
    """The components' flags that differ between control planes; none on K3s, which runs everything in one process."""
    servers = cluster.outputs.control_planes
    return unlike({server.name: of_processes(cluster, server.name) for server in servers}, servers)


def slow_to_take_over(cluster: Cluster) -> list[str]:
    """Why the loss of the leading scheduler would last; empty if it would not, or if there is no lease.

    It may be on another machine than the one that is lost, so its lease is read from the API.
    """
    leases = cluster.coordination.list_namespaced_lease("kube-system").items
    found = {lease.metadata.name: lease.spec.lease_duration_seconds or 0 for lease in leases}
    seconds = found.get(SCHEDULER, 0)
    return [f"{SCHEDULER} has a lease of {seconds} s, for which nobody takes over"] if seconds > LEASE else []


def frail_stores(cluster: Cluster) -> list[str]:
    """The members of etcd that would lose what they store with their machine, or would elect a leader late, in words.

    Read from each member's process, and where its folder is mounted; K3s has no such process.
    """
    found = []
    for server in cluster.outputs.control_planes:
        flags = of_member(cluster, server.name)
        found += [f"{server.name} does not sync to its disk"] if is_set(flags, "unsafe-no-fsync") else []
        late = int(flags.get("election-timeout", 0))
        found += [f"{server.name} elects after {late} ms"] if late > ELECTED else []
        if folder := flags.get("data-dir"):
            kind = cluster.on_node(server.name, "df", "--output=fstype", folder).split()[-1]
            above = cluster.on_node(server.name, "df", "--output=fstype", "/var/lib").split()[-1]
            found += [f"{server.name} stores in memory ({kind})"] if kind in IN_MEMORY and kind != above else []
    return found


def peers(listed: str) -> dict[str, set[str]]:
    """The addresses that each program is connected to, from the output of `ss -Htnp state established`."""
    found: dict[str, set[str]] = {}
    for words in (line.split() for line in listed.splitlines() if line.strip()):
        address = words[3].rpartition(":")[0].strip("[]").removeprefix("::ffff:")
        program = words[4].partition('"')[2].partition('"')[0] if len(words) > 4 else "somebody"
        found.setdefault(program, set()).add(address)
    return found


def led_past(seen: Mapping[str, Mapping[str, set[str]]], control_planes: Sequence[Machine]) -> list[str]:
    """The programs that depend on a single control plane, by what each machine's programs are connected to (`peers`).

    A control plane's own programs may use the API server beside them: they are lost together.
    """
    names = {machine.address: machine.name for machine in control_planes}
    return sorted(
        f"{program} of {machine} at {names[address]}"
        for machine, programs in seen.items()
        for program, addresses in programs.items()
        for address in addresses
        if names.get(address, machine) != machine
    )


def all_led_to_common_address(cluster: Cluster) -> dict[str, dict[str, set[str]]]:
    """The addresses that each program is connected to at the API's port, by machine.

    Raises AssertionError naming machines whose kubelet is not connected, and programs that use only another machine's
    API server. Pods use the API's Service, which every control plane backs.
    """
    outputs = cluster.outputs
    seen = {machine.name: peers(cluster.on_node(machine.name, *CONNECTED)) for machine in every_machine(outputs)}
    # If a host hides which program owns a connection, all are attributed to `somebody`.
    lost = [name for name, programs in seen.items() if not {"kubelet", "somebody"} & {*programs}]
    assert not lost, f"expected a kubelet connected to the API's port 6443 on every machine, saw none on {lost}"
    past = led_past(seen, outputs.control_planes)
    assert not past, (
        f"expected the API's common address everywhere, but these depend on one control plane alone: {', '.join(past)}"
    )
    return seen


def dns_is_spread(cluster: Cluster) -> dict[str, str]:
    """The machine of each Ready DNS server. Raises AssertionError unless they are on two machines or more."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector=DNS).items
    there = {pod.metadata.name: pod.spec.node_name for pod in pods if is_ready(pod)}
    machines = sorted({*there.values()})
    assert len(machines) > 1, (
        f"expected DNS servers that are Ready on two machines or more (pods in kube-system), saw them on {machines}"
        f"{not_ready(pods)}"
    )
    return there
