"""Pods on different machines that send each other more than fits into one packet. Source: 1.5 and 2.5."""

from __future__ import annotations

import functools
import itertools

from acceptance.base.conditions import as_json
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.network.reachability import SERVER
from acceptance.drivers.workloads.pods import start_on_each_worker
from acceptance.infrastructure.contract import Outputs

BYTES = 4000
"""Length of a request's path, which the answer repeats: it fills packets both ways, within the limits of URLs."""
PATIENCE = "3s"
"""How long an answer may take on a busy machine. If a full-size packet is lost, so is every retransmission of it."""
HINT = "tracepath ADDRESS on both workers; ip link show; nft list ruleset"


def exchange(namespace: Namespace, outputs: Outputs) -> dict[str, str]:
    """The pod that answered in full, for each pair of workers. Raises TimedOut naming the pair that failed."""
    pods = start_on_each_worker(namespace, outputs, "sends")
    addresses = {worker: namespace.wait_ready(name).status.pod_ip for worker, name in pods.items()}
    seen = {}
    for one, other in itertools.permutations(pods, 2):
        send = functools.partial(get_large, namespace, pods[one], addresses[other], pods[other])
        what = f"{BYTES} bytes from a pod on {one} to one on {other}, and back"
        seen[f"{one} -> {other}"] = eventually(send, within=POD_READY, what=what, hint=HINT)
    assert seen, f"expected two workers or more, saw {[*pods]}"
    return seen


def from_control_planes(namespace: Namespace, outputs: Outputs) -> dict[str, str]:
    """The pod that answered a large request of a pod on each control plane. Raises TimedOut naming the machine.

    Server and clients are those of the scenario's own Service (`reachability`).
    """
    address, seen = namespace.wait_ready(SERVER).status.pod_ip, {}
    for machine in outputs.control_planes:
        send = functools.partial(get_large, namespace, f"client-{machine.name}", address, SERVER)
        what = f"{BYTES} bytes from a pod on {machine.name} to one on a worker, and back"
        seen[machine.name] = eventually(send, within=POD_READY, what=what, hint=HINT)
    return seen


def get_large(namespace: Namespace, client: str, address: str, server: str) -> str:
    """The pod that answered a large request by repeating it. Raises AssertionError if none did, or another one."""
    path = "/" + "x" * (BYTES - 1)
    host = f"[{address}]" if ":" in address else address
    try:
        answer = as_json(namespace.execute(client, "/probe", "get", f"http://{host}:8080{path}", PATIENCE))
    except AssertionError as error:
        # The long path would only clutter the message.
        raise AssertionError(str(error).replace(path, "/...")) from error
    assert (answer["pod"], len(answer["path"])) == (server, BYTES), (
        f"an answer of {answer['pod']} with {len(answer['path'])} of {BYTES} bytes, expected all of them from {server}"
    )
    return str(answer["pod"])
