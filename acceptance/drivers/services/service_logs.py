"""What services log on requests, as operators read it with kubectl. Source: 13.5."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection

import requests

from acceptance.base.waiting import LOGS_READABLE, eventually
from acceptance.drivers.services.service import Api, Service
from acceptance.drivers.workloads.pods import PodClient

LAST = 1000
"""Number of last lines read."""


def ask_each_pod(service: Service, through: PodClient) -> tuple[str, set[str]]:
    """Ask each ready pod for a path that nobody else asks for; return the mark in it, and the pods that answered.

    A pod that does not answer is other criteria's; its log has to say something all the same.
    """
    mark, answered = f"mark-{secrets.token_hex(8)}", set()
    for pod in service.pods():
        with contextlib.suppress(requests.RequestException):
            Api(through.way_to(str(pod.status.pod_ip), service.port)).get(f"/{mark}")
            answered.add(str(pod.metadata.name))
    return mark, answered


def read(service: Service) -> dict[str, str]:
    """The last lines of each of its ready pods, as kubectl gives them."""
    kubectl, place = service.namespace.cluster.kubectl, service.namespace.name
    names = [str(pod.metadata.name) for pod in service.pods()]
    return {name: kubectl("-n", place, "logs", name, f"--tail={LAST}") for name in names}


def silent(logs: dict[str, str], mark: str, answered: Collection[str]) -> list[str]:
    """The pods whose log is empty, or is without a request that they answered and that others' logs have.

    Not every service says what it was asked for; all pods of one do, or none does.
    """
    says = any(mark in text for text in logs.values())
    return sorted(
        name for name, text in logs.items() if not text.strip() or (says and name in answered and mark not in text)
    )


def wait_said(service: Service, mark: str, answered: Collection[str]) -> dict[str, str]:
    """Wait until each ready pod's log says something of its service; return the last line of each."""

    def said() -> dict[str, str]:
        logs = read(service)
        without = silent(logs, mark, answered)
        assert not without, f"the log of {', '.join(without)} says nothing of a request"
        return {name: text.splitlines()[-1] for name, text in logs.items()}

    what = f"the log of each pod of {service.name} after a request"
    return eventually(said, within=LOGS_READABLE, what=what, hint=f"kubectl logs -l app={service.name} --tail=100")
