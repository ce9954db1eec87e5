"""Small Applications that belong to scenarios and are deployed by Argo CD."""

from __future__ import annotations

import contextlib
import inspect
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
import yaml
from kubernetes.client import ApiException

from acceptance.base.deadlines import SYNCED
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.git import Repository
from acceptance.cluster.manifests import apply
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.argocd.demo_manifests import manifests
from acceptance.platform.application_status import ARGOCD, GOOD, GROUP, messages, summary
from acceptance.platform.git import GitServer

LOGS = "kubectl -n argocd logs statefulset/argocd-application-controller"

LOOK_EVERY = 5
"""Seconds between two requested polls of Git."""


@dataclass
class Demo:
    """A small Application: a ConfigMap, a Deployment, and, where readiness is judged, a hook that waits for it."""

    name: str
    repository: Repository
    namespace: Namespace
    argocd: ArgoCD
    automated: bool
    first: str = ""
    pushed: str = ""
    text: str = ""
    pushed_at: float = 0.0
    looked_at: float = 0.0
    commits: list[str] = field(default_factory=list)

    def files(self, text: str = "first", **changes: Any) -> dict[str, str | None]:
        """The Application's manifests, as one file in the repository."""
        return {
            f"{self.name}/application.yaml": yaml.safe_dump_all(
                manifests(self.namespace.cluster.probe, self.name, text, **changes)
            )
        }

    def push(self, text: str | None = None, **changes: Any) -> str:
        """Commit and push another version; return its SHA."""
        # The text begins with a letter: other YAML parsers might read 12e345 as a number.
        self.text = text or f"text-{secrets.token_hex(6)}"
        self.pushed = self.repository.commit(self.files(self.text, **changes), f"{self.name}: {self.text}")
        self.pushed_at, self.looked_at = time.monotonic(), 0.0
        self.commits.append(self.pushed)
        return self.pushed

    def push_and_ask(self, **changes: Any) -> None:
        """Push another version, have Argo CD poll Git, and request a sync, as an operator does."""
        self.push(**changes)
        self.look()
        self.argocd.sync(self.name)

    def look(self) -> dict[str, Any]:
        """Have Argo CD poll Git now; return the status after that."""
        self.looked_at = time.monotonic()
        return dict(self.argocd.application(self.name, refresh=True).get("status", {}))

    def status(self, refresh: bool = False) -> dict[str, Any]:
        """The Application's status, as the UI reads it; with `refresh`, from a poll of Git at most LOOK_EVERY s ago."""
        # Each poll is work for Argo CD and the API server; a waiting caller would request four a second.
        if refresh and time.monotonic() - self.looked_at > LOOK_EVERY:
            return self.look()
        return dict(self.argocd.application(self.name).get("status", {}))

    def deployed_text(self) -> str | None:
        """The text in the cluster's ConfigMap; None if there is no ConfigMap."""
        try:
            found = self.namespace.cluster.core.read_namespaced_config_map(self.name, self.namespace.name)
            return str(found.data["text"])
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def has_deployment(self) -> bool:
        """Whether its Deployment is in the cluster."""
        found = self.namespace.cluster.apps.list_namespaced_deployment(self.namespace.name)
        return any(item.metadata.name == self.name for item in found.items)

    def has_replica_sets(self) -> bool:
        """Whether a ReplicaSet of its Deployment is in the cluster, which would keep pods running."""
        apps, selector = self.namespace.cluster.apps, f"app={self.name}"
        return bool(apps.list_namespaced_replica_set(self.namespace.name, label_selector=selector).items)

    def change_by_hand(self) -> None:
        """Change its ConfigMap in the cluster, bypassing Git."""
        body = {"data": {"text": "by-hand"}}
        self.namespace.cluster.core.patch_namespaced_config_map(self.name, self.namespace.name, body)

    def delete(self) -> None:
        """Delete the Application and its pods, if they exist; the rest is deleted with the namespace."""
        cluster = self.namespace.cluster
        with contextlib.suppress(ApiException):
            cluster.custom.delete_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name)
        with contextlib.suppress(ApiException):
            cluster.apps.delete_namespaced_deployment(self.name, self.namespace.name)

    @property
    def hint(self) -> str:
        """What to look at if it misbehaves."""
        return f"kubectl -n argocd describe application {self.name}; {LOGS}"


def create_applications(demos: list[Demo]) -> None:
    """Create the Application objects; each owns only its path in its repository."""
    apply(demos[0].namespace.cluster, [application(demo) for demo in demos])


def application(demo: Demo) -> dict[str, Any]:
    """A demo's Application."""
    return {
        "apiVersion": "/".join(GROUP), "kind": "Application",
        "metadata": {
            "name": demo.name, "namespace": ARGOCD, "labels": {SCENARIO_LABEL: "true"},
            # All demos share a repository: a push concerns only those whose files it changes.
            "annotations": {"argocd.argoproj.io/manifest-generate-paths": "."},
        },
        "spec": {
            "project": "demo",
            "source": {"repoURL": demo.repository.url, "targetRevision": "main", "path": demo.name},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": demo.namespace.name},
            "syncPolicy": {
                **({"automated": {"prune": True, "selfHeal": True}} if demo.automated else {}),
                # By default Argo CD retries a refused change five times, which takes minutes.
                "retry": {"limit": 1, "backoff": {"duration": "1s"}},
            },
        },
    }  # fmt: skip


def wait_status(demo: Demo, wanted: tuple[str, str, str], revision: str) -> dict[str, Any]:
    """Wait until the Application is Synced/Healthy/Succeeded (or as `wanted`) at a commit; return its status."""

    def reached() -> dict[str, Any]:
        status = demo.status(refresh=True)
        seen = summary(status)
        assert seen == wanted and status["sync"].get("revision") == revision, (
            f"{'/'.join(seen)} at {status.get('sync', {}).get('revision', 'no commit')[:8]} {messages(status)}"
        )
        return status

    what = f"{demo.name} to be {'/'.join(wanted)} at {revision[:8]}"
    return eventually(reached, within=SYNCED, what=what, hint=demo.hint)


def new_demo(repository: Repository, namespace: Namespace, argocd: ArgoCD, automated: bool) -> Demo:
    """An Application that does not exist yet."""
    return Demo(f"demo-{secrets.token_hex(3)}", repository, namespace, argocd, automated)


class Demos:
    """Applications with their first version deployed, one for each scenario of the run that asks for one.

    They are created at once, in one namespace, since all of them together come up about as fast as one. Each scenario
    takes one and waits only for that one: a faulty demo fails only its own scenario.
    """

    def __init__(self, namespace: Namespace, git: GitServer, argocd: ArgoCD, wanted: list[tuple[str, bool]]):
        self.made: dict[tuple[str, bool], list[Demo]] = {}
        self.taken: list[Demo] = []
        for repository in sorted({repository for repository, _ in wanted}):
            kinds = [automated for name, automated in wanted if name == repository]
            self.make([new_demo(git.repository(repository), namespace, argocd, kind) for kind in kinds])

    def make(self, demos: list[Demo]) -> None:
        """Deploy the first version of demos in one repository, with one commit."""
        files = {path: text for demo in demos for path, text in demo.files().items()}
        commit = demos[0].repository.commit(files, f"{len(demos)} demos: first")
        for demo in demos:
            demo.text = "first"
            demo.commits.append(commit)
            self.made.setdefault((demo.repository.name, demo.automated), []).append(demo)
        create_applications(demos)
        for demo in demos:
            if not demo.automated:
                # If Argo CD does not know it yet, `take` requests the sync again.
                with contextlib.suppress(requests.RequestException):
                    demo.argocd.sync(demo.name)

    def take(self, repository: str, automated: bool) -> Demo:
        """Hand one of them to a scenario, once its first version is deployed. Raises TimedOut."""
        demo = self.made[repository, automated].pop(0)
        self.taken.append(demo)

        def deployed() -> str:
            status = demo.status()
            if summary(status) != GOOD:
                status = demo.status(refresh=True)
            if not automated and "operationState" not in status:
                demo.argocd.sync(demo.name)
            seen = summary(status)
            assert seen == GOOD, f"{'/'.join(seen)} {messages(status)}"
            # Commits of other scenarios may have come in between.
            return str(status["operationState"]["syncResult"]["revision"])

        demo.first = eventually(deployed, within=SYNCED, what=f"{demo.name} to be {'/'.join(GOOD)}", hint=demo.hint)
        return demo

    def all(self) -> list[Demo]:
        """All of them, including those that no scenario took."""
        return [*self.taken, *(demo for demos in self.made.values() for demo in demos)]


class Reservations:
    """Stands in for `Demos` before there are any, and notes what each step takes."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, bool]] = []

    def take(self, repository: str, automated: bool) -> None:
        """Note one of them."""
        self.wanted.append((repository, automated))

    def rehearse(self, step: Callable[..., object]) -> None:
        """Run a step as far as it needs no Application: one that deletes what it took pauses there."""
        running = step(demos=self)
        if inspect.isgenerator(running):
            next(running)
            running.close()


def remove(demos: list[Demo]) -> None:
    """Delete Applications and their files."""
    for demo in demos:
        demo.delete()
    for name in {demo.repository.name for demo in demos}:
        ours = [demo for demo in demos if demo.repository.name == name]
        files: dict[str, str | None] = {f"{demo.name}/application.yaml": None for demo in ours}
        ours[0].repository.commit(files, f"{len(ours)} demos: gone")
