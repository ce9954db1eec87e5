"""A scenario's own Service: which clients reach it by address and by name, and through which DNS server."""

from __future__ import annotations

import functools
from typing import Any

from acceptance.base.conditions import as_json, is_ready, not_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.infrastructure.contract import Machine, Outputs

SERVER = "server"
DNS = "k8s-app=kube-dns"
"""The label of the cluster's DNS servers."""
FRESH_LOOKUPS = 10
"""Look-ups from each worker: enough to hit each of two DNS servers behind one address."""
PATIENCE = "4s"
"""Time for an answer on a busy machine; shorter than the 5 s after which a resolver retries a silent DNS server."""
BY_TCP = {"options": [{"name": "use-vc"}]}
"""A pod's DNS settings with which it looks names up over TCP, as all do with answers that fill no packet (RFC 7766)."""
ANYWHERE = [{"operator": "Exists"}]
"""Tolerations of a pod that may run on control planes, as the system's own do."""
HINT = "kubectl get endpointslices -A; kubectl -n kube-system get pods -l k8s-app=kube-dns"


def create_service(namespace: Namespace, outputs: Outputs) -> str:
    """Create a server pod on the first worker, its Service, and a client pod on each worker; return the ClusterIP."""
    namespace.create({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVER},
        "spec": {"selector": {"app": SERVER}, "ports": [{"port": 80, "targetPort": 8080}]},
    })  # fmt: skip
    namespace.create(namespace.cluster.probe.pod(SERVER, nodeSelector=on(outputs.workers[0]), dnsConfig=BY_TCP))
    for worker in outputs.workers:
        namespace.create(namespace.cluster.probe.pod(f"client-{worker.name}", nodeSelector=on(worker)))
    namespace.wait_ready(SERVER)
    service = namespace.cluster.core.read_namespaced_service(SERVER, namespace.name)
    return str(service.spec.cluster_ip)


def on(worker: Machine) -> dict[str, str]:
    """The nodeSelector that places a pod on a worker."""
    return {"kubernetes.io/hostname": worker.name}


def names_of(namespace: Namespace) -> tuple[str, ...]:
    """The Service's DNS names: the full one, and the short one within the namespace."""
    return (f"{SERVER}.{namespace.name}.svc.cluster.local", SERVER)


def ask(namespace: Namespace, client: str, target: str, within: str = PATIENCE) -> str:
    """The name of the pod that answers `client` at `target`. Raises AssertionError unless it is the server."""
    answer = as_json(namespace.execute(client, "/probe", "get", f"http://{target}/", within))
    assert answer["pod"] == SERVER, f"expected pod {SERVER} to answer {client} at {target}, saw pod {answer['pod']}"
    return str(answer["pod"])


def reach_from_workers(namespace: Namespace, outputs: Outputs, address: str) -> dict[str, str]:
    """The pod that answered each client of the Service: once by address, then by name with repeated fresh look-ups.

    The pod behind the Service is a client, too: its connections come back to itself, which needs hairpin mode. Source:
    Kubernetes' page "Debug Services", "A Pod fails to reach itself via the Service IP". It looks the name up over TCP.
    """
    itself = functools.partial(ask, namespace, SERVER, address, "1s")
    what = f"the pod behind the Service, on {namespace.pod(SERVER).spec.node_name}, to reach itself at {address}"
    seen = {f"{SERVER} -> {address}": eventually(itself, within=POD_READY, what=what, hint=HINT)}
    seen |= reach(namespace, SERVER, names_of(namespace)[:1], PATIENCE, "by a look-up over TCP")
    for worker in outputs.workers:
        client = f"client-{worker.name}"
        seen |= reach(namespace, client, (address, *names_of(namespace)))
        for _ in range(FRESH_LOOKUPS):
            # The name resolved before: a look-up that fails now asked a DNS server that does not answer.
            ask(namespace, client, names_of(namespace)[0])
    return seen


def reach(
    namespace: Namespace, client: str, targets: tuple[str, ...], within: str = "1s", how: str = ""
) -> dict[str, str]:
    """Wait until `client` is answered at each of `targets`, `within` so much time; the pod that did. Raises TimedOut.

    Until its node learns of a new pod, connections to the old one hang: hence the short time-out.
    """
    namespace.wait_ready(client)
    seen = {}
    for target in targets:
        attempt = functools.partial(ask, namespace, client, target, within)
        what = f"{client} to reach the Service at {target} {how}".rstrip()
        seen[f"{client} -> {target}"] = eventually(attempt, within=POD_READY, what=what, hint=HINT)
    return seen


def reach_from_control_planes(namespace: Namespace, outputs: Outputs, address: str) -> dict[str, str]:
    """The pod that answered a new pod on each control plane, by address and by name. Raises TimedOut.

    Only pods that tolerate it run there: DNS servers, and agents of every machine.
    """
    clients = [f"client-{machine.name}" for machine in outputs.control_planes]
    for name, machine in zip(clients, outputs.control_planes, strict=True):
        namespace.create(namespace.cluster.probe.pod(name, nodeSelector=on(machine), tolerations=ANYWHERE))
    found = [reach(namespace, name, (address, names_of(namespace)[0])) for name in clients]
    return {who: pod for seen in found for who, pod in seen.items()}


def reach_again(namespace: Namespace, outputs: Outputs, address: str) -> dict[str, str]:
    """The pod that answered the clients on control planes and each machine itself, once it has moved. Raises TimedOut.

    They asked it on another worker before: one direction between two machines may be blocked alone.
    """
    clients = [f"client-{machine.name}" for machine in outputs.control_planes]
    found = [reach(namespace, name, (address,)) for name in clients]
    found.append(reach_from_machines(namespace, outputs, address))
    return {who: pod for seen in found for who, pod in seen.items()}


def reach_from_machines(namespace: Namespace, outputs: Outputs, address: str) -> dict[str, str]:
    """The pod that answered each machine itself at the Service's address: kubelets, API servers and agents with the
    machine's network have no other way to it. Raises TimedOut. Empty for an attached cluster.
    """
    if namespace.cluster.is_attached:
        return {}
    seen = {}
    for machine in (*outputs.control_planes, *outputs.workers):
        attempt = functools.partial(ask_on_machine, namespace, machine, address)
        what = f"{machine.name} itself to reach the Service at {address}"
        seen[f"{machine.name} -> {address}"] = eventually(attempt, within=POD_READY, what=what, hint=HINT)
    return seen


def ask_on_machine(namespace: Namespace, machine: Machine, address: str) -> str:
    """The name of the pod that answers a machine at an address. Raises AssertionError unless it is the server."""
    curl = ("curl", "--silent", "--max-time", PATIENCE.rstrip("s"), f"http://{address}/")
    said = namespace.cluster.on_node(machine.name, *curl, check=False)
    assert said, f"nobody answers {machine.name} at {address} within {PATIENCE}"
    answer = as_json(said)
    assert answer["pod"] == SERVER, f"pod {answer['pod']} answered {machine.name} at {address}, not pod {SERVER}"
    return str(answer["pod"])


def dns_servers(namespace: Namespace) -> list[Any]:
    """The pods of the cluster's DNS, including those that are not Ready."""
    core = namespace.cluster.core
    return list(core.list_namespaced_pod("kube-system", label_selector=DNS).items)


def reach_by_each_dns_server(namespace: Namespace) -> dict[str, str]:
    """The pod that answered at the Service's name, by DNS server asked. Raises AssertionError if one fails."""
    servers = [pod for pod in dns_servers(namespace) if not pod.metadata.deletion_timestamp]
    assert servers, f"expected pods with {DNS} in kube-system, saw no DNS server. Try: {HINT}"
    sick = [pod.metadata.name for pod in servers if not is_ready(pod)]
    assert not sick, f"expected every DNS server to be Ready, but these are not{not_ready(servers)}. Try: {HINT}"
    for number, pod in enumerate(servers):
        namespace.create(
            namespace.cluster.probe.pod(
                f"asks-{number}", dnsPolicy="None", dnsConfig={"nameservers": [pod.status.pod_ip]}
            )
        )
    seen = {}
    for number, pod in enumerate(servers):
        namespace.wait_ready(f"asks-{number}")
        try:
            seen[pod.metadata.name] = ask(namespace, f"asks-{number}", names_of(namespace)[0])
        except AssertionError as error:
            raise AssertionError(
                f"with DNS server {pod.metadata.name} on {pod.spec.node_name}: {error}. Try: {HINT}"
            ) from error
    return seen


def replace_server(namespace: Namespace, outputs: Outputs) -> None:
    """Replace the server's pod with one on the last worker."""
    old = namespace.pod(SERVER).metadata.uid
    namespace.cluster.core.delete_namespaced_pod(SERVER, namespace.name, grace_period_seconds=0)

    def gone() -> bool:
        assert all(pod.metadata.uid != old for pod in namespace.pods(f"app={SERVER}")), "the old pod is still there"
        return True

    eventually(gone, within=POD_READY, what="the old server pod to be gone")
    namespace.run_pod(SERVER, nodeSelector=on(outputs.workers[-1]), dnsConfig=BY_TCP)
