"""Whether the API's own Service leads every new client to an API server: controllers and agents in pods know only this.

A client keeps its connection, so one of several addresses that nobody answers at shows only now and then.
Source: 2.5 and 2.8.
"""

from __future__ import annotations

import functools
import itertools

from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.network.reachability import PATIENCE
from acceptance.infrastructure.contract import Outputs

FRESH_CONNECTIONS = 20
"""New connections, by the workers in turn: of four addresses one that is dead is missed by all once in 300 times."""
ANSWERED = (" answered ", "x509: certificate signed by unknown authority")
"""What a client says that an API server answered: it has no credentials, and its image knows no authority.

A stranger's certificate is not for the Service's address, which is said before its authority is looked at.
"""
HINT = "kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes -o yaml"


def reach_from_workers(namespace: Namespace, outputs: Outputs) -> str:
    """How many new connections to the Service `kubernetes` were answered. Raises AssertionError if one was not.

    The clients are those of the scenario's own Service, one on each worker (`reachability.create_service`).
    """
    address = str(namespace.cluster.core.read_namespaced_service("kubernetes", "default").spec.cluster_ip)
    target = f"https://{f'[{address}]' if ':' in address else address}/livez"
    for worker in outputs.workers:
        # A new pod's network may take a moment; what fails from now on is lost.
        namespace.wait_ready(f"client-{worker.name}")
        first = functools.partial(answers, namespace, f"client-{worker.name}", target)
        eventually(first, within=POD_READY, what=f"the API's Service to answer a pod on {worker.name}", hint=HINT)
    for number, worker in zip(range(FRESH_CONNECTIONS), itertools.cycle(outputs.workers), strict=False):
        said = trouble(namespace, f"client-{worker.name}", target)
        assert not said, (
            f"expected an answer to each new connection from {worker.name} to the API's Service within {PATIENCE}, but "
            f"number {number + 1} failed: {said}. Try: {HINT}"
        )
    return f"{FRESH_CONNECTIONS} at {target}"


def answers(namespace: Namespace, client: str, target: str) -> bool:
    """Raise AssertionError unless a pod's request is answered."""
    said = trouble(namespace, client, target)
    assert not said, said
    return True


def trouble(namespace: Namespace, client: str, target: str) -> str:
    """Why a pod's request was not answered, by whatever status; empty if it was."""
    try:
        namespace.execute(client, "/probe", "get", target, PATIENCE)
    except AssertionError as error:
        return "" if any(sign in str(error) for sign in ANSWERED) else str(error)
    return ""
