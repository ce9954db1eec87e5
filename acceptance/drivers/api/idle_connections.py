"""Idle connections to a service's pods, which Traefik reuses for 90 s: closing them sooner loses requests.

Traefik may send a request at the moment at which the pod closes the connection; it cannot repeat a POST, and answers
with 502. Many servers close after 5 s by default (uvicorn, Node.js, Apache). Source: 4.8 to 4.10.
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator

from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.waiting import eventually
from acceptance.drivers.services.service import TIMEOUT, Service
from acceptance.drivers.workloads.pods import PodClient

Idle = dict[str, http.client.HTTPConnection]
"""Idle connections by pod; a pod that announces the end of each connection has none."""


def used_once(address: str) -> http.client.HTTPConnection | None:
    """A connection over which a request was answered, and which never reconnects by itself.

    None if the server announced that it closes it: then it is not reused. Raises AssertionError if there is no answer.
    """
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(f"no answer to GET http://{address}/: {type(error).__name__}: {error}") from error
    connection.auto_open = 0
    return None if answer.will_close else connection


@contextlib.contextmanager
def idle_to_each_pod(service: Service, through: PodClient) -> Iterator[Idle]:
    """Connections from a client pod to each pod of a service that were used once; closed at the end of the block.

    The client may be a new pod, which network policies know a moment later (docs/decisions/0015). Raises TimedOut.
    """
    hosts = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in service.running()}
    addresses = {name: through.way_to(host, service.port) for name, host in hosts.items()}

    def opened() -> Idle:
        found = {name: used_once(address) for name, address in addresses.items()}
        return {name: connection for name, connection in found.items() if connection}

    idle = eventually(opened, within=HEALTHY_AGAIN, what=f"each pod of {service.name} to answer")
    try:
        yield idle
    finally:
        for connection in idle.values():
            connection.close()


def closed(idle: Idle) -> dict[str, str]:
    """The connections that do not carry another request, and what happened instead, by pod."""
    found = {}
    for name, connection in idle.items():
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found
