"""The running services: their pods, their Services' endpoints, and the environment of their processes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes import client

from acceptance.base.conditions import describe, is_ready, is_rolled_out, not_ready
from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.waiting import eventually
from acceptance.clients.web import url
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.ingress.exposure import addresses_in, addresses_of, slices
from acceptance.drivers.workloads.pods import PodClient, environment_of

PORTS = {"auth-service": 3001, "backend-service": 4000, "frontend-service": 3000}
TIMEOUT = 20
"""Time-out for an answer in seconds; longer than the services wait for each other."""
KEEP = {"Connection": "keep-alive"}
"""The header with which `Api` keeps the connection for its next request, as browsers do."""


@dataclass(frozen=True)
class Service:
    """One of the platform's services."""

    namespace: Namespace
    name: str

    @property
    def port(self) -> int:
        """Its port according to the plan."""
        return PORTS[self.name]

    @property
    def hint(self) -> str:
        """The command to try if its pods are not as expected."""
        return f"kubectl -n {self.namespace.name} get pods -l app={self.name} -o wide"

    def deployment(self) -> client.V1Deployment:
        """Its Deployment."""
        return self.namespace.cluster.apps.read_namespaced_deployment(self.name, self.namespace.name)

    def container(self) -> client.V1Container:
        """The container of its Deployment."""
        return self.deployment().spec.template.spec.containers[0]

    def pods(self) -> list[client.V1Pod]:
        """Its pods that are ready and not terminating."""
        found = self.namespace.pods(f"app={self.name}")
        return [pod for pod in found if is_ready(pod) and pod.metadata.deletion_timestamp is None]

    def running(self) -> list[client.V1Pod]:
        """Its ready pods, once its rollout is complete. Raises TimedOut."""
        what = f"{self.name} to be rolled out, with one image and revision for all its pods"
        return eventually(self.rolled_out, within=HEALTHY_AGAIN, what=what, hint=self.hint)

    def rolled_out(self) -> list[client.V1Pod]:
        """Its ready pods now. Raises AssertionError unless all are of one complete rollout: old pods do not count."""
        pods, deployment = self.pods(), self.deployment()
        versions = {str(pod.metadata.name): version_of(pod) for pod in pods}
        status = deployment.status
        assert pods, f"no pod of {self.name} is ready{not_ready(self.namespace.pods(f'app={self.name}'))}"
        assert is_rolled_out(deployment), (
            f"the rollout of {self.name} is not complete: {status.updated_replicas or 0} of "
            f"{deployment.spec.replicas} updated, {status.ready_replicas or 0} ready; the pods run {versions}"
            f"{not_ready(self.namespace.pods(f'app={self.name}'))}"
        )
        assert len(set(versions.values())) == 1, f"the pods of {self.name} are of several versions: {versions}"
        wanted = deployment.spec.template.spec.containers[0].image
        seen = {pod.spec.containers[0].image for pod in pods}
        assert seen == {wanted}, f"the pods of {self.name} run {seen}, not {wanted}"
        return pods

    def describe(self) -> dict[str, str]:
        """Node, image and revision of each of its pods."""
        return {str(pod.metadata.name): f"{version_of(pod)} on {pod.spec.node_name}" for pod in self.running()}

    def spread(self, count: int, workers: set[str]) -> list[client.V1Pod]:
        """Its ready pods. Raises AssertionError for fewer than `count`, or unless they are spread over the workers."""
        pods = self.rolled_out()
        nodes = {pod.metadata.name: pod.spec.node_name for pod in pods}
        seen = {pod.metadata.name: describe(pod) for pod in self.namespace.pods(f"app={self.name}")}
        assert len(pods) >= count, f"{len(pods)} pods of {self.name} are ready, not {count}: {seen}"
        assert set(nodes.values()) <= workers, f"pods of {self.name} are not all on workers: {nodes}"
        assert len(set(nodes.values())) >= min(count, len(workers)), (
            f"pods of {self.name} are on too few workers: {nodes}"
        )
        return pods

    def behind(self) -> bool:
        """Raise AssertionError unless its Service leads to exactly the ready pods of its Deployment."""
        endpoints = self.namespace.cluster.core.read_namespaced_endpoints(self.name, self.namespace.name)
        own = {str(pod.status.pod_ip) for pod in self.rolled_out()}
        by_hand = slices(self.namespace.cluster, (self.namespace.name, self.name))
        seen = addresses_of(endpoints) | addresses_in(by_hand)
        assert seen == own, f"the Service {self.name} leads to {sorted(seen)}, but its ready pods are at {sorted(own)}"
        return True

    def doors(self, through: PodClient) -> dict[str, Api]:
        """HTTP from a client pod to the Service by name, and to each of its pods directly; by endpoint."""
        service = Api(through.way_to(self.name, self.port))
        return {f"the Service {self.name}": service, **self.pod_doors(through)}

    def pod_doors(self, through: PodClient) -> dict[str, Api]:
        """HTTP from a client pod directly to each of its pods, by name."""
        pods = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in self.running()}
        return {name: Api(through.way_to(host, self.port)) for name, host in pods.items()}

    def source_of(self, spec: client.V1PodSpec, key: str) -> str:
        """The source of a variable in a pod's spec: SECRET/KEY, or another source in words."""
        found = [item for item in spec.containers[0].env or [] if item.name == key]
        if not found:
            return "not set"
        reference = found[-1].value_from and found[-1].value_from.secret_key_ref
        return f"{reference.name}/{reference.key}" if reference else "no reference to a Secret"

    def environment(self, pod: client.V1Pod) -> dict[str, str]:
        """The environment that the process in a pod was started with, read from the kernel."""
        return environment_of(self.namespace, pod)

    def log(self, since: datetime.datetime) -> dict[str, list[str]]:
        """The log lines of each of its pods since a time."""
        seen = {}
        for pod in self.namespace.pods(f"app={self.name}"):
            if pod.status.phase != "Running":
                continue
            text = self.namespace.cluster.core.read_namespaced_pod_log(
                pod.metadata.name, self.namespace.name, timestamps=True,
                since_seconds=int((now() - since).total_seconds()) + 2,
            )  # fmt: skip
            seen[pod.metadata.name] = [
                line
                for moment, _, line in (row.partition(" ") for row in text.splitlines())
                if written(moment) >= since
            ]
        return seen

    def each_logged(self, since: datetime.datetime, wanted: Callable[[str], bool]) -> dict[str, list[str]]:
        """The wanted log lines since a time, by pod. Raises AssertionError naming the pods that have none."""
        names = {str(pod.metadata.name) for pod in self.pods()}
        found = {name: [line for line in lines if wanted(line)] for name, lines in self.log(since).items()}
        silent = sorted(name for name in names if not found.get(name))
        assert names and not silent, f"no such line in the log of {', '.join(silent) or f'any pod of {self.name}'}"
        return found


class Api:
    """HTTP to a service, each request over a new connection, so that each is balanced separately."""

    def __init__(self, address: str):
        self.base = f"http://{address}"
        self.session = requests.Session()
        self.session.trust_env = False

    @classmethod
    def over_https(cls, session: requests.Session, domain: str, host: str) -> Api:
        """HTTPS to one of the platform's hosts, through the load balancer, as users have it."""
        api = cls("")
        api.base, api.session = url(domain, host, ""), session
        return api

    def get(self, path: str, **settings: Any) -> requests.Response:
        """The answer to a GET."""
        headers = {"Connection": "close", **settings.pop("headers", {})}
        return self.session.get(self.base + path, headers=headers, timeout=TIMEOUT, **settings)

    def post(self, path: str, body: Any = None, token: str | None = None, **settings: Any) -> requests.Response:
        """The answer to a POST of `body` as JSON (a string is sent as it is), with `token` as the bearer."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        headers = {"Connection": "close", **settings.pop("headers", {}), **bearer}
        if isinstance(body, str):
            headers["Content-Type"], settings["data"], body = "application/json", body, None
        return self.session.post(self.base + path, json=body, headers=headers, timeout=TIMEOUT, **settings)


def in_words(answer: requests.Response) -> str:
    """Method, URL, status and beginning of an answer."""
    return f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:200]}"


def shape(text: str) -> str:
    """The constant part of an answer: the keys of a JSON object, otherwise the text."""
    found = fields(text)
    return ", ".join(sorted(found)) or text


def version_of(pod: client.V1Pod) -> str:
    """Image and revision of a pod."""
    status = (pod.status.container_statuses or [None])[0]
    revision = (pod.metadata.labels or {}).get("pod-template-hash", "no revision")
    return f"{pod.spec.containers[0].image} ({(status and status.image_id) or 'no digest'}), {revision}"


def now() -> datetime.datetime:
    """The current time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def written(moment: str) -> datetime.datetime:
    """The timestamp that the API puts before a log line (in nanoseconds, which Python does not parse)."""
    return datetime.datetime.fromisoformat(moment[:26].rstrip("Z") + "+00:00")


LEVELS = ("level", "severity", "levelname", "lvl", "log.level")
"""The fields of a JSON log line that may have its level."""
NUMBERS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
"""Numeric levels of pino and bunyan, the most common loggers of JavaScript services."""

DETAILED = ("DEBUG", "TRACE", "VERBOSE", "SILLY")
"""The levels below INFO, as loggers name them (winston has the last two)."""


def level(line: str) -> str:
    """The level of a JSON log line, in capitals; empty if it has none or is not JSON."""
    found = fields(line)
    said = next((found[name] for name in LEVELS if name in found), "")
    return NUMBERS.get(said, str(said)) if isinstance(said, int) else str(said).upper()


def debug_level(line: str) -> bool:
    """Whether a log line is of a level below INFO; without a level, whether it contains "debug"."""
    return level(line) in DETAILED or (not level(line) and "debug" in line.lower())


def fields(line: str) -> dict[str, Any]:
    """The fields of a JSON log line; empty if it is not JSON."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
