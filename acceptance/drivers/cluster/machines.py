"""Machines as nodes: roles, addresses, connections between them, and the tokens that they joined with."""

from __future__ import annotations

import base64
import ipaddress
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from acceptance.base.deadlines import NODES_READY
from acceptance.base.waiting import eventually
from acceptance.clients.tls import Chain, served_chain
from acceptance.cluster.cluster import Cluster
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure.contract import CONTROL_PLANE, Infrastructure, Machine, Outputs

OF_SCENARIO = "scenario-"
"""How the machines are called, none of which exists, that scenarios request certificates for."""
WRONG_SECRET = "ffffffffffffffff"
LARGE = 65536
"""Bytes that each machine sends to each other one: many full-size packets, but less than the 256 KiB that a Go server
reads to the end before it answers a request that it refuses."""
FRESH_CONNECTIONS = 24
"""Connections to the API's address: enough to reach each of three control planes many times."""
LASTS = 30
"""The fewest days that a certificate of the cluster may have left: kubeadm and K3s issue them for a year."""


def machines_of(outputs: Outputs, role: str) -> list[Machine]:
    """The machines of a role: `control-plane` or `worker`."""
    return outputs.control_planes if role == "control-plane" else outputs.workers


def every_machine(outputs: Outputs) -> list[Machine]:
    """All machines: the control planes, then the workers."""
    return [*outputs.control_planes, *outputs.workers]


def capacities(
    infrastructure: Infrastructure, machines: Sequence[Machine]
) -> tuple[dict[str, tuple[float, float]], Unverifiable | None]:
    """CPU cores and memory of the machines that have their own, by name; and why those of others are unknown."""
    seen, unknown = {}, None
    for machine in machines:
        try:
            seen[machine.name] = infrastructure.capacity(machine)
        except Unverifiable as error:
            unknown = error
    return seen, unknown


def nodes_by_name(cluster: Cluster) -> dict[str, Any]:
    """The cluster's nodes, by name."""
    return {node.metadata.name: node for node in cluster.nodes()}


def kubelet_versions(cluster: Cluster) -> dict[str, str]:
    """The version of the kubelet of each node, by the node's name."""
    return {name: str(node.status.node_info.kubelet_version) for name, node in nodes_by_name(cluster).items()}


def wait_nodes_ready(cluster: Cluster) -> None:
    """Wait until every node is Ready. Raises TimedOut."""
    what, hint = "every node to be Ready", "kubectl describe nodes"
    eventually(cluster.all_nodes_ready, within=NODES_READY, what=what, hint=hint)


def role_of(node: Any) -> str:
    """A node's role, from its labels."""
    return "control-plane" if CONTROL_PLANE in node.metadata.labels else "worker"


def internal_address(node: Any) -> str:
    """The address by which the cluster reaches a node."""
    return str(next(item.address for item in node.status.addresses if item.type == "InternalIP"))


def outside_subnet(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """The machines whose address is not in the private subnet, or not the one by which the cluster reaches them.

    Raises AssertionError if the subnet is unknown or not private.
    """
    assert outputs.network, "expected the nodes' network among the outputs of the infrastructure, saw none"
    subnet = ipaddress.ip_network(outputs.network.subnet)
    assert subnet.is_private, f"expected the nodes' subnet to be a private range, saw {subnet}"
    nodes = nodes_by_name(cluster)
    seen = {
        machine.name: (machine.address, internal_address(nodes[machine.name])) for machine in every_machine(outputs)
    }
    return {
        name: f"{address}, the cluster reaches it at {reached}"
        for name, (address, reached) in seen.items()
        if ipaddress.ip_address(address) not in subnet or reached != address
    }


def kubelets_reached(cluster: Cluster, machines: Sequence[Machine]) -> dict[str, str]:
    """The HTTP status of each machine's kubelet when another machine sends it `LARGE` bytes, by pair of machines.

    000 means no answer: packets are lost, all of them or those of full size.
    """
    # HTTP/1.1 without an Expect header: only then does an answer prove that the whole body arrived.
    post = f"head -c {LARGE} /dev/zero | curl --http1.1 -H Expect: --data-binary @-"
    seen: dict[str, str] = {}
    for machine in machines:
        others = {f"https://{other.address}:10250/healthz": other for other in machines if other is not machine}
        targets = [part for url in others for part in ("-o", "/dev/null", url)]
        words = shlex.join(["-ksZ", "-m", "5", "-w", "%{url} %{http_code}\n", *targets])
        lines = cluster.on_node(machine.name, "sh", "-c", f"{post} {words}", check=False)
        codes = dict(line.split() for line in lines.splitlines())
        seen |= {f"{machine.name} -> {other.name}": codes.get(url, "000") for url, other in others.items()}
    return seen


def issued_tokens(cluster: Cluster) -> dict[str, str]:
    """The join tokens that the control plane has issued, by the user that each authenticates as."""
    secrets = cluster.core.list_namespaced_secret("kube-system").items
    found = {}
    for secret in secrets:
        if secret.type == "bootstrap.kubernetes.io/token":
            identity, value = (base64.b64decode(secret.data[key]).decode() for key in ("token-id", "token-secret"))
            found[f"system:bootstrap:{identity}"] = f"{identity}.{value}"
    return found


def certificate_requesters(cluster: Cluster) -> dict[str, str]:
    """The user that requested the client certificate of each node's kubelet, by node.

    Raises Unverifiable if the cluster has no such requests any more.
    """
    joined = {}
    for request in cluster.certificates.list_certificate_signing_request().items:
        pem = base64.b64decode(request.spec.request)
        names = x509.load_pem_x509_csr(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if names and request.spec.signer_name == "kubernetes.io/kube-apiserver-client-kubelet":
            joined[str(names[0].value).removeprefix("system:node:")] = request.spec.username
    # What an interrupted run left (`join_requests`) is nobody's join.
    joined = {name: user for name, user in joined.items() if not name.startswith(OF_SCENARIO)}
    if not joined:
        raise Unverifiable(
            "the cluster is over an hour old and has deleted its certificate requests; run without --reuse"
        )
    return joined


def k3s_node_passwords(cluster: Cluster) -> set[str]:
    """The nodes for which K3s keeps the password that came with the join token."""
    names = [secret.metadata.name for secret in cluster.core.list_namespaced_secret("kube-system").items]
    suffix = ".node-password.k3s"
    return {name.removesuffix(suffix) for name in names if name.endswith(suffix)}


def all_have_node_passwords(cluster: Cluster, outputs: Outputs) -> None:
    """Raise AssertionError naming the workers for which K3s keeps no password."""
    missing = {worker.name for worker in outputs.workers} - k3s_node_passwords(cluster)
    assert not missing, (
        f"expected a node password in kube-system for every worker that joined with the token, saw none for {missing}"
    )


def judge_k3s_joins(cluster: Cluster, outputs: Outputs) -> None:
    """On K3s, check that every worker joined with the token, then raise Unverifiable: no wrong token is tried.

    Elsewhere do nothing.
    """
    if is_k3s(cluster.version.get_code().git_version):
        all_have_node_passwords(cluster, outputs)
        raise Unverifiable("every worker joined with the token; it is in the secret store, so no wrong one is tried")


def wrong_token(token: str) -> str:
    """A token with the same id but another secret."""
    return f"{token.partition('.')[0]}.{WRONG_SECRET}"


def is_k3s(version: str) -> bool:
    """Whether a version is one of K3s."""
    return "+k3s" in version


def version_numbers(version: str) -> list[int]:
    """`v1.34.4+k3s1` as numbers: 1, 34, 4."""
    return [int(part) for part in version.lstrip("v").partition("+")[0].split(".")]


def shown_at_api(cluster: Cluster) -> list[Chain]:
    """The chains that fresh connections to the API's address are shown: each API server has its own certificate."""
    host, _, port = cluster.api.configuration.host.removeprefix("https://").partition(":")
    return [served_chain(host, int(port or 443), host) for _ in range(FRESH_CONNECTIONS)]


def is_for(chain: Chain, machine: Machine) -> bool:
    """Whether a certificate names a machine's address, as the certificate of its API server does."""
    return machine.address in names_in(chain)


def not_for_host(chains: Mapping[str, Sequence[Chain]], host: str) -> list[str]:
    """The machines that showed a certificate which does not name a host or an address."""
    return [name for name, found in chains.items() if any(host not in names_in(chain) for chain in found)]


def names_in(chain: Chain) -> set[str]:
    """The host names and addresses that a certificate is for."""
    names = chain.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}


def control_planes_at_api(cluster: Cluster, outputs: Outputs) -> dict[str, list[Chain]]:
    """The chains that each control plane, recognised by its certificate, showed to connections to the API's address."""
    shown = shown_at_api(cluster)
    return {machine.name: [chain for chain in shown if is_for(chain, machine)] for machine in outputs.control_planes}


def days_left(chains: Mapping[str, Sequence[Chain]]) -> dict[str, float]:
    """The days until the first certificate of each expires; those without a certificate are left out."""
    return {name: round(min(chain.days_left for chain in found), 1) for name, found in chains.items() if found}


def in_kubeconfig(cluster: Cluster) -> dict[str, list[Chain]]:
    """The client certificates of a kubeconfig's users; users with a token or an exec plugin are left out.

    None for an attached cluster: its kubeconfig is the operator's, with short-lived certificates or other clusters.
    """
    if cluster.is_attached:
        return {}
    users = yaml.safe_load(cluster.kubeconfig_path.read_text()).get("users") or []
    said = {item["name"]: (item.get("user") or {}).get("client-certificate-data") for item in users}
    return {
        name: [Chain(x509.load_pem_x509_certificates(base64.b64decode(data))[0], ())]
        for name, data in said.items()
        if data
    }


def nodes_with_kubeconfig_alone(cluster: Cluster) -> str:
    """The nodes' names as kubectl prints them, or its error, with the outputs' kubeconfig and an empty environment.

    The API's health would prove nothing: a kubeconfig without credentials is enough to read it.
    """
    words = [cluster.kubectl_path, "--kubeconfig", cluster.kubeconfig_path, "get", "nodes", "--output", "name"]
    done = subprocess.run(list(map(str, words)), env={}, cwd="/", capture_output=True, text=True, timeout=60)
    return (done.stdout or done.stderr).strip()
