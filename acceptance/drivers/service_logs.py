"""What services write when they are asked for something, as operators read it with kubectl. Source: 13.5."""

from __future__ import annotations

import secrets

from acceptance.base.waiting import LOGS_READABLE, eventually
from acceptance.drivers.pods import PodClient
from acceptance.drivers.services import Service

LAST = 1000
"""Lines that are read, from the last one on."""


def ask_each_pod(service: Service, through: PodClient) -> str:
    """Ask each pod of a service for a path that nobody else asks for; return the mark in it."""
    mark = f"mark-{secrets.token_hex(8)}"
    for api in service.doors(through).values():
        api.get(f"/{mark}")
    return mark


def read(service: Service) -> dict[str, str]:
    """The last lines of each of its pods, as kubectl gives them."""
    kubectl, place = service.namespace.cluster.kubectl, service.namespace.name
    names = [str(pod.metadata.name) for pod in service.running()]
    return {name: kubectl("-n", place, "logs", name, f"--tail={LAST}") for name in names}


def silent(logs: dict[str, str], mark: str) -> list[str]:
    """The pods whose log is empty, or is without a request that the others' logs have.

    Not every service says what it was asked for; all pods of one do, or none does.
    """
    names_paths = any(mark in text for text in logs.values())
    return sorted(name for name, text in logs.items() if not text.strip() or (names_paths and mark not in text))


def wait_said(service: Service, mark: str) -> dict[str, str]:
    """Wait until each pod's log says something of its service; return the last line of each."""

    def said() -> dict[str, str]:
        logs = read(service)
        without = silent(logs, mark)
        assert logs and not without, f"the log of {', '.join(without) or 'no pod'} says nothing of a request"
        return {name: text.splitlines()[-1] for name, text in logs.items()}

    what = f"the log of each pod of {service.name} after a request"
    return eventually(said, within=LOGS_READABLE, what=what, hint=f"kubectl logs -l app={service.name} --tail=100")
