"""What services log about requests, as operators read it with kubectl. Source: 9.10, 13.5."""

from __future__ import annotations

import contextlib
import datetime
import secrets
from collections.abc import Collection, Iterable

import requests

from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.services.service import Api, Service
from acceptance.drivers.workloads.pods import PodClient
from acceptance.platform.authority import NAMESPACE

LAST = 1000
"""Number of lines read from the end of a log."""


def ask_each_pod(service: Service, through: PodClient) -> tuple[str, set[str]]:
    """Ask each ready pod for a unique path; return the mark in it, and the pods that answered.

    Other criteria judge a pod that does not answer; its log must not be empty all the same.
    """
    mark, answered = f"mark-{secrets.token_hex(8)}", set()
    for pod in service.pods():
        with contextlib.suppress(requests.RequestException):
            Api(through.way_to(str(pod.status.pod_ip), service.port)).get(f"/{mark}")
            answered.add(str(pod.metadata.name))
    return mark, answered


def read(service: Service) -> dict[str, str]:
    """The last lines of each ready pod's log, from kubectl."""
    kubectl, place = service.namespace.cluster.kubectl, service.namespace.name
    names = [str(pod.metadata.name) for pod in service.pods()]
    return {name: kubectl("-n", place, "logs", name, f"--tail={LAST}") for name in names}


def silent(logs: dict[str, str], mark: str, answered: Collection[str]) -> list[str]:
    """The pods whose log is empty, or lacks a request that they answered although other pods log such requests.

    Not every service logs its requests, but either all pods of a service do, or none.
    """
    says = any(mark in text for text in logs.values())
    return sorted(
        name for name, text in logs.items() if not text.strip() or (says and name in answered and mark not in text)
    )


def wait_said(service: Service, mark: str, answered: Collection[str]) -> dict[str, str]:
    """Wait until each ready pod's log shows that it serves; return the last line of each. Raises TimedOut."""

    def said() -> dict[str, str]:
        logs = read(service)
        without = silent(logs, mark, answered)
        assert not without, f"the log of pod {', '.join(without)} says nothing of a request"
        return {name: text.splitlines()[-1] for name, text in logs.items()}

    what = f"a line about the request in the log of every pod of {service.name}"
    return eventually(said, within=LOGS_READABLE, what=what, hint=f"kubectl logs -l app={service.name} --tail=100")


def on_the_way(services: Iterable[Service], since: datetime.datetime) -> dict[str, list[str]]:
    """The log lines since a time of each pod of the services, and of Traefik, which hands their requests on; by pod."""
    first, *others = services
    ingress = Service(Namespace(first.namespace.cluster, NAMESPACE), "traefik")
    return {pod: lines for item in (first, *others, ingress) for pod, lines in item.log(since).items()}
