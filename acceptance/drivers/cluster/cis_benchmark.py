"""The settings of control planes and kubelets, checked against the CIS Kubernetes Benchmark.

A control plane's settings come from its processes' arguments; if the machines cannot be reached, from its static pods
(kubeadm) or its node's annotation (K3s, which runs everything in one process). A kubelet's settings are what it
reports at /configz.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from acceptance.base.conditions import as_json
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_checks import (
    API,
    CHECKS,
    EVERYWHERE,
    KUBELET,
    MANAGER,
    ON_K3S,
    SCHEDULER,
    Check,
)

Settings = Mapping[str, Any]
OF_CONTROL_PLANE = (API, MANAGER, SCHEDULER)
K3S_ARGUMENTS = "k3s.io/node-args"
SET = "set by K3s itself"
K3S_DEFAULTS: dict[str, dict[str, str]] = {
    "kube-apiserver": {
        "anonymous-auth": "false",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "profiling": "false",
        **dict.fromkeys(
            ("client-ca-file", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "kubelet-certificate-authority",
             "kubelet-client-certificate", "kubelet-client-key", "service-account-key-file", "tls-cert-file",
             "tls-private-key-file"),
            SET,
        ),
    },
    "kube-controller-manager": {
        "bind-address": "127.0.0.1",
        "profiling": "false",
        "use-service-account-credentials": "true",
    },
    "kube-scheduler": {"bind-address": "127.0.0.1", "profiling": "false"},
}  # fmt: skip
"""The arguments that K3s starts its components with by default. Source: K3s, pkg/daemons/control."""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: the values seen, by node, and the nodes where they are wrong."""

    check: Check
    seen: dict[str, dict[str, Any]]
    bad: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """The outcome in a word. A check whose settings no node shows has not passed."""
        return "not seen" if not self.seen else "fail" if self.bad else "pass"

    def line(self) -> str:
        """The result as a line of a table."""
        values = {json.dumps(value, sort_keys=True) for value in (list(found.values()) for found in self.seen.values())}
        check = self.check
        return f"{check.id:8} {self.outcome:8} {check.text} ({check.demand}); saw {', '.join(sorted(values)) or '-'}"


def facts(cluster: Cluster) -> dict[str, dict[str, Settings]]:
    """The settings of each component, by node."""
    nodes = cluster.nodes()
    found: dict[str, dict[str, Settings]] = {
        name: {node.metadata.name: k3s for node in nodes if (k3s := of_k3s(node, name))} for name in OF_CONTROL_PLANE
    }
    if not cluster.is_attached:
        for node in control_planes(cluster):
            for name, settings in of_processes(cluster, node).items():
                found[name][node] = settings
    else:
        for pod in cluster.core.list_namespaced_pod("kube-system", label_selector="tier=control-plane").items:
            name = pod.metadata.labels.get("component")
            if name in found:
                found[name][pod.spec.node_name] = of_pod(pod)
    found[KUBELET] = {node.metadata.name: of_kubelet(cluster, node.metadata.name) for node in nodes}
    return found


def control_planes(cluster: Cluster) -> list[str]:
    """The names of the control planes, as the infrastructure knows them: a node can lose its label."""
    return [machine.name for machine in cluster.outputs.control_planes]


def not_shown(cluster: Cluster, found: Mapping[str, Mapping[str, Settings]]) -> dict[str, list[str]]:
    """The control planes whose settings are missing in `found`, by component."""
    servers = control_planes(cluster)
    missing = {name: sorted(set(servers) - set(found[name])) for name in OF_CONTROL_PLANE}
    return {name: nodes for name, nodes in missing.items() if nodes}


def of_words(words: Iterable[str]) -> dict[str, str]:
    """The flags among the words of a command, without their dashes; one without a value is `true`."""
    parts = (word.removeprefix("--").partition("=") for word in words if word.startswith("--"))
    return {name: value if equals else "true" for name, equals, value in parts}


def programs_on(cluster: Cluster, node: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the arguments of each program that runs on a node, read from /proc."""
    look = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" "\\t" <"$file" 2>/dev/null; echo; done'
    for line in cluster.on_node(node, "sh", "-c", look).splitlines():
        words = line.split("\t")
        yield words[0].rpartition("/")[2], of_words(words)


def of_processes(cluster: Cluster, node: str) -> dict[str, Settings]:
    """The arguments of each component of the control plane that runs on a node."""
    return {name: settings for name, settings in programs_on(cluster, node) if name in OF_CONTROL_PLANE}


def of_program(cluster: Cluster, node: str, program: str) -> dict[str, str]:
    """The arguments of a program on a node; empty if it does not run there."""
    return next((settings for name, settings in programs_on(cluster, node) if name == program), {})


def of_pod(pod: client.V1Pod) -> dict[str, str]:
    """The arguments of a static pod."""
    container = pod.spec.containers[0]
    return of_words([*(container.command or []), *(container.args or [])])


def of_k3s(node: client.V1Node, component: str) -> dict[str, str]:
    """The arguments of a component on a K3s server's node; none on an agent's node or without K3s."""
    words = json.loads((node.metadata.annotations or {}).get(K3S_ARGUMENTS, "[]"))
    if words[:1] != ["server"]:
        return {}
    found = dict(K3S_DEFAULTS[component])
    own = f"--{component}-arg"
    # After the last word comes no value, and a server may have no word at all.
    for word, value in zip(words[1:], [*words[2:], ""], strict=False):
        if word == own:
            name, _, text = value.partition("=")
            found[name] = text
        elif word == "--secrets-encryption" and value != "false" and component == API:
            found["encryption-provider-config"] = SET
    return found


def of_kubelet(cluster: Cluster, node: str) -> Settings:
    """A kubelet's configuration, as it reports it."""
    return dict(as_json(cluster.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/configz"))["kubeletconfig"])


def value_of(settings: Settings, path: str) -> Any:
    """A setting by its flag's name or its path (`authentication.anonymous.enabled`); None if it is not set."""
    if path in settings:
        return settings[path]
    found: Any = settings
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def run(found: Mapping[str, Mapping[str, Settings]]) -> list[CheckResult]:
    """The results of all checks on what `facts` found."""
    results = []
    for check in CHECKS:
        seen = {
            node: {path: value_of(settings, path) for path in check.settings}
            for node, settings in found.get(check.component, {}).items()
        }
        bad = tuple(node for node, values in seen.items() if not check.good(*values.values()))
        results.append(CheckResult(check, seen, bad))
    return results


def wanting(results: list[CheckResult], *, on_k3s: bool) -> list[CheckResult]:
    """The checks that must pass here but do not."""
    demands = {EVERYWHERE, ON_K3S} if on_k3s else {EVERYWHERE}
    return [result for result in results if result.check.demand in demands and result.outcome != "pass"]
