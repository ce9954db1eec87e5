"""The platform's components: what each needs, and the threads that deploy the selected ones concurrently."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_crashing, is_ready, is_rolled_out
from acceptance.base.deadlines import COMPONENT_READY, Deadline
from acceptance.base.environment import Environment
from acceptance.base.paths import STATE
from acceptance.base.waiting import eventually, in_words, when_reachable
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.rendering import Rendering
from acceptance.cluster.workloads import workloads
from acceptance.criteria.run import Run
from acceptance.infrastructure.contract import Outputs

RECORD = "alternate-futures-components"
"""ConfigMap in kube-system that lists the components of a kept platform."""


class Blocked(Exception):
    """A component did not come up; the message says which, and what it was waiting for."""


@dataclass(frozen=True)
class Component:
    """One part of the platform.

    `needs` must be up before it is deployed. `wants` are started at the same time; it is up once each of them is up or
    has failed: it works without those.
    """

    name: str
    deploy: Callable[[Platform], None]
    value: Callable[[Platform], Any] = lambda platform: None
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    """Its folders below k8s/, in the order in which `make render` prints them."""
    images: tuple[str, ...] = ()
    """The images that its manifests name on kind: entries of images/lock.toml."""
    is_application: bool = False
    """Whether it is one of the plan's Applications, whose manifests Argo CD reads from Git."""
    is_external: Callable[[Environment], bool] = lambda environment: False
    """Whether an environment has it from elsewhere, so that nothing of it is deployed or rendered."""


def with_needs(names: Iterable[str], components: Mapping[str, Component]) -> list[str]:
    """`names` and all their dependencies among `components`, dependencies first."""
    found: list[str] = []

    def visit(name: str) -> None:
        for other in (*components[name].needs, *components[name].wants):
            visit(other)
        if name not in found:
            found.append(name)

    for name in names:
        visit(name)
    return found


@dataclass(frozen=True)
class Standing:
    """A platform that another process brought up, as described to a lane: `blocked` says why a component is not up."""

    outputs: Outputs
    tools: Path
    components: list[str]
    blocked: dict[str, str]


class Platform:
    """What is deployed on a cluster. Each component comes up once, in its own thread."""

    def __init__(
        self,
        run: Run,
        cluster: Cluster,
        outputs: Outputs,
        rendering: Rendering,
        components: Mapping[str, Component],
        standing: Standing | None = None,
    ):
        self.run = run
        self.components = components
        self.brought_up = standing
        self.cluster = cluster
        self.outputs = outputs
        self.environment = run.environment
        self.state = STATE / run.environment.name
        self.rendering = rendering
        self.closing = contextlib.ExitStack()
        self.lock = threading.RLock()
        self.futures: dict[str, Future[Any]] = {}
        self.deployed_from: dict[str, str] = {}
        if not standing and (run.options.reuse or run.environment.is_long_lived):
            self.deployed_from = self.recorded()
        self.kept = set(standing.components) - set(standing.blocked) if standing else set(self.deployed_from)

    @property
    def clones(self) -> Path:
        """Where the suite clones repositories; each lane has its own clones."""
        return self.state / ("git" if self.run.options.lane == 1 else f"git-{self.run.options.lane}")

    def recorded(self) -> dict[str, str]:
        """The components that earlier runs deployed here, and the fingerprint of the manifests that each came from."""
        try:
            return dict(self.cluster.core.read_namespaced_config_map(RECORD, "kube-system").data or {})
        except ApiException:
            return {}

    def outdated(self) -> list[str]:
        """The components that were deployed from other manifests or images than this checkout has."""
        here = self.rendering.fingerprint() if self.deployed_from else ""
        return sorted(name for name, tree in self.deployed_from.items() if tree != here)

    def render(self, component: str) -> list[Manifest]:
        """The objects of a component below k8s/, as this environment has them."""
        return self.rendering.manifests(component)

    def record(self, name: str) -> None:
        """Record that a component is deployed, and from which manifests."""
        with self.lock:
            body = {"metadata": {"name": RECORD}, "data": {name: self.rendering.fingerprint()}}
            try:
                self.cluster.core.patch_namespaced_config_map(RECORD, "kube-system", body)
            except ApiException:
                self.cluster.core.create_namespaced_config_map("kube-system", body)

    def start(self, names: Iterable[str]) -> None:
        """Start deploying components and their dependencies."""
        for name in with_needs(names, self.components):
            with self.lock:
                if name in self.futures:
                    continue
                future = self.futures[name] = Future()
            threading.Thread(target=self.bring_up, args=(self.components[name], future), name=name, daemon=True).start()

    def bring_up(self, item: Component, future: Future[Any]) -> None:
        """The thread of one component."""
        try:
            # What existed before this run needs nothing more; its values ask for what they are derived from.
            if item.name not in self.kept:
                self.deploy(item)
            future.set_result(when_reachable(lambda: item.value(self)))
        except Blocked as error:
            future.set_exception(error)
        except BaseException as error:
            text = in_words(error)
            future.set_exception(Blocked(f"blocked by {item.name}: {text}"))

    def deploy(self, item: Component) -> None:
        """Deploy one component after its dependencies. Raises Blocked if this run may not or a dependency is down."""
        if self.brought_up:
            raise Blocked(self.brought_up.blocked[item.name])
        if self.run.attaches:
            confirm = f"--provision --confirm={self.environment.name}"
            raise Blocked(f"blocked by {item.name}: it is not deployed here. Try: {confirm}")
        for need in item.needs:
            self.wait_for(need)
        with self.run.phase(item.name):
            if not item.is_external(self.environment):
                when_reachable(lambda: item.deploy(self))
        self.record(item.name)
        for other in item.wants:
            self.futures[other].exception()

    def wait_for(self, name: str) -> Any:
        """The value of a component that was started."""
        return self.futures[name].result()

    def has_ended(self, name: str) -> bool:
        """Whether a component that was started is up or has failed."""
        return self.futures[name].done()

    def get(self, name: str) -> Any:
        """The value of a component, once it is up. Raises Blocked if it or a dependency is not."""
        self.start([name])
        with self.run.waiting():
            return self.wait_for(name)

    def standing(self) -> Standing:
        """What a lane has to know, once each component that was started is up or has failed."""
        errors = {name: future.exception() for name, future in [*self.futures.items()]}
        blocked = {name: str(error) for name, error in errors.items() if error}
        return Standing(self.outputs, self.cluster.tools, [*errors], blocked)

    def close(self) -> None:
        """End the port-forwards of components and scenarios."""
        self.closing.close()
        self.cluster.close()

    def wait_rolled_out(self, namespace: str, *, within: Deadline = COMPONENT_READY) -> None:
        """Wait until every Deployment and StatefulSet of a namespace has all its replicas at the newest version."""

        def rolled_out() -> bool:
            objects = workloads(self.cluster, namespace)
            waiting = [item.metadata.name for item in objects if not is_rolled_out(item)]
            pods = self.cluster.core.list_namespaced_pod(namespace).items
            stuck = "; ".join(f"{pod.metadata.name} {describe(pod)}" for pod in pods if not is_ready(pod))
            if any(is_crashing(pod) for pod in pods):
                # Waiting will not fix it.
                raise Blocked(f"blocked by {namespace}: {stuck}. Try: kubectl -n {namespace} logs --previous POD")
            assert objects and not waiting, f"not rolled out: {', '.join(waiting) or 'nothing is there'}; {stuck}"
            return True

        hint = f"kubectl -n {namespace} get pods; kubectl -n {namespace} get events"
        eventually(rolled_out, within=within, what=f"the workloads of {namespace} to be rolled out", hint=hint)
