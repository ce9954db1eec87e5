"""The running services: their pods, what is behind their Services, and what their processes were started with."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes import client

from acceptance.base.conditions import describe, is_ready, is_rolled_out
from acceptance.base.waiting import HEALTHY_AGAIN, eventually
from acceptance.clients.web import url
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.ingress.exposure import addresses_of
from acceptance.drivers.workloads.pods import PodClient, environment_of

PORTS = {"auth-service": 3001, "backend-service": 4000, "frontend-service": 3000}
TIMEOUT = 20
"""Seconds that an answer may take: longer than the services wait for each other."""
KEEP = {"Connection": "keep-alive"}
"""What has `Api` keep the connection for its next request, as browsers do; a request without it ends it."""


@dataclass(frozen=True)
class Service:
    """One of the platform's services."""

    namespace: Namespace
    name: str

    @property
    def port(self) -> int:
        """The port that the plan gives it."""
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
        """Its ready pods. Raises AssertionError unless they are all of one rollout, and it is complete."""
        what = f"{self.name} rolled out, its pods of one image and revision"
        return eventually(self.rolled_out, within=HEALTHY_AGAIN, what=what, hint=self.hint)

    def rolled_out(self) -> list[client.V1Pod]:
        """The same at this moment: old pods that still serve while a new version does not start are no pass."""
        pods, deployment = self.pods(), self.deployment()
        versions = {str(pod.metadata.name): version_of(pod) for pod in pods}
        status = deployment.status
        assert pods, f"no pod of {self.name} is ready"
        assert is_rolled_out(deployment), (
            f"the rollout of {self.name} is not complete: {status.updated_replicas or 0} of "
            f"{deployment.spec.replicas} updated, {status.ready_replicas or 0} ready; the pods run {versions}"
        )
        assert len(set(versions.values())) == 1, f"the pods of {self.name} are of several versions: {versions}"
        wanted = deployment.spec.template.spec.containers[0].image
        seen = {pod.spec.containers[0].image for pod in pods}
        assert seen == {wanted}, f"{self.name} shall run {wanted}, its pods run {seen}"
        return pods

    def describe(self) -> dict[str, str]:
        """Node, image and revision of each of its pods."""
        return {str(pod.metadata.name): f"{version_of(pod)} on {pod.spec.node_name}" for pod in self.running()}

    def spread(self, count: int, workers: set[str]) -> list[client.V1Pod]:
        """Its pods. Raises AssertionError unless there are `count` on workers, and more than one worker has some."""
        pods = self.rolled_out()
        nodes = {pod.metadata.name: pod.spec.node_name for pod in pods}
        seen = {pod.metadata.name: describe(pod) for pod in self.namespace.pods(f"app={self.name}")}
        assert len(pods) >= count, f"{len(pods)} ready of {seen}"
        assert set(nodes.values()) <= workers, f"pods that are not on workers: {nodes}"
        assert len(set(nodes.values())) >= min(count, len(workers)), f"pods on one worker: {nodes}"
        return pods

    def behind(self) -> bool:
        """Raise AssertionError unless its Service leads to exactly the ready pods of its Deployment."""
        endpoints = self.namespace.cluster.core.read_namespaced_endpoints(self.name, self.namespace.name)
        own = {str(pod.status.pod_ip) for pod in self.rolled_out()}
        seen = addresses_of(endpoints)
        assert seen == own, f"the Service {self.name} leads to {sorted(seen)}, its pods are at {sorted(own)}"
        return True

    def doors(self, through: PodClient) -> dict[str, Api]:
        """HTTP from a client pod, by where it leads: the Service by its name, and each of its pods by itself."""
        service = Api(through.way_to(self.name, self.port))
        return {f"the Service {self.name}": service, **self.pod_doors(through)}

    def pod_doors(self, through: PodClient) -> dict[str, Api]:
        """HTTP from a client pod to each of its pods, by name."""
        pods = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in self.running()}
        return {name: Api(through.way_to(host, self.port)) for name, host in pods.items()}

    def source_of(self, spec: client.V1PodSpec, key: str) -> str:
        """Where a pod's spec takes a variable from: SECRET/KEY, or what else in words."""
        found = [item for item in spec.containers[0].env or [] if item.name == key]
        if not found:
            return "not set"
        reference = found[-1].value_from and found[-1].value_from.secret_key_ref
        return f"{reference.name}/{reference.key}" if reference else "no reference to a Secret"

    def environment(self, pod: client.V1Pod) -> dict[str, str]:
        """The environment that the process in a pod was started with, read from the kernel."""
        return environment_of(self.namespace, pod)

    def log(self, since: datetime.datetime) -> dict[str, list[str]]:
        """The lines that each of its pods wrote since a moment."""
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
        """The wanted lines since a moment, by pod. Raises AssertionError naming the pods that have none."""
        names = {str(pod.metadata.name) for pod in self.pods()}
        found = {name: [line for line in lines if wanted(line)] for name, lines in self.log(since).items()}
        silent = sorted(name for name in names if not found.get(name))
        assert names and not silent, f"no such line of {', '.join(silent) or 'any pod'}"
        return found


class Api:
    """HTTP to a service, each request over a connection of its own, so that whoever chooses chooses anew."""

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
        """The answer to POST of `body` as JSON, which a text is already, with `token` as the bearer."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        headers = {"Connection": "close", **settings.pop("headers", {}), **bearer}
        if isinstance(body, str):
            headers["Content-Type"], settings["data"], body = "application/json", body, None
        return self.session.post(self.base + path, json=body, headers=headers, timeout=TIMEOUT, **settings)


def in_words(answer: requests.Response) -> str:
    """Method, address, status and beginning of an answer."""
    return f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:200]}"


def shape(text: str) -> str:
    """What of an answer stays the same from one time to the next: the keys of an object, else the text."""
    found = fields(text)
    return ", ".join(sorted(found)) or text


def version_of(pod: client.V1Pod) -> str:
    """Image and revision of a pod."""
    status = (pod.status.container_statuses or [None])[0]
    revision = (pod.metadata.labels or {}).get("pod-template-hash", "no revision")
    return f"{pod.spec.containers[0].image} ({(status and status.image_id) or 'no digest'}), {revision}"


def now() -> datetime.datetime:
    """The time."""
    return datetime.datetime.now(datetime.UTC)


def written(moment: str) -> datetime.datetime:
    """The time that the API puts before a line of a log (nanoseconds, which Python does not read)."""
    return datetime.datetime.fromisoformat(moment[:26].rstrip("Z") + "+00:00")


LEVELS = ("level", "severity", "levelname", "lvl", "log.level")
"""The fields in which lines of JSON have their level."""
NUMBERS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
"""Levels as pino and bunyan write them, which most services in JavaScript log with."""


def level(line: str) -> str:
    """The level of a line of JSON, in capitals; empty if it is none or has none."""
    found = fields(line)
    said = next((found[name] for name in LEVELS if name in found), "")
    return NUMBERS.get(said, str(said)) if isinstance(said, int) else str(said).upper()


def debug_level(line: str) -> bool:
    """Whether a line is one for developers: of level DEBUG, or, where it is no JSON, one that says DEBUG."""
    return level(line) in ("DEBUG", "TRACE") or (not level(line) and "debug" in line.lower())


def fields(line: str) -> dict[str, Any]:
    """A line of JSON; empty if it is none."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
