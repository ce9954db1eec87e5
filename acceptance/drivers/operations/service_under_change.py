"""A service of the platform that a scenario changes through Git and then restores."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import yaml

from acceptance.base.conditions import is_ready, is_rolled_out, not_ready
from acceptance.base.deadlines import ROLLED_OUT
from acceptance.base.errors import UserError
from acceptance.base.waiting import eventually
from acceptance.base.yaml_text import edited
from acceptance.clients.argocd import ArgoCD, Busy
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.platform.application_status import ARGOCD, GROUP, messages, operation_in_progress, summary

VERSION = "alternate-futures.dev/version"
AUTOMATED = {"prune": True, "selfHeal": True}


@contextlib.contextmanager
def git_server_answers() -> Iterator[None]:
    """Turn a Git server's failure to answer into an AssertionError, so that a wait retries it."""
    try:
        yield
    except UserError as error:
        raise AssertionError(f"the Git server did not answer: {error}") from error


@dataclass
class ServiceUnderChange:
    """One of the platform's services under change: its Application, its Deployment and its overlay in Git."""

    name: str
    cluster: Cluster
    argocd: ArgoCD
    repository: Repository
    overlay: str = ""
    first: str = ""
    pushed: str = ""
    version: str = ""
    before: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def path(self) -> str:
        """The path in Git of the kustomization that its Application deploys, which scenarios change."""
        return f"{self.argocd.application(self.name)['spec']['source']['path']}/kustomization.yaml"

    @property
    def hint(self) -> str:
        """The commands to try if it is not as expected."""
        return f"kubectl -n argocd describe application {self.name}; kubectl rollout status deployment/{self.name}"

    def deployment(self) -> Any:
        """Its Deployment."""
        return self.cluster.apps.read_namespaced_deployment(self.name, "default")

    def pods(self) -> dict[str, Any]:
        """Its pods that are not terminating, by UID."""
        listed = self.cluster.core.list_namespaced_pod("default", label_selector=f"app={self.name}").items
        return {pod.metadata.uid: pod for pod in listed if not pod.metadata.deletion_timestamp}

    def auto_sync(self, on: bool) -> None:
        """Turn auto-sync (and self-healing with it) on or off."""
        body = {"spec": {"syncPolicy": {"automated": AUTOMATED if on else None}}}
        self.cluster.custom.patch_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name, body)

    def is_still_off(self) -> None:
        """Raise AssertionError if auto-sync is on again: it would undo an operator's change."""
        # From the API server: Argo CD's own API may be a moment behind.
        seen = self.cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", self.name)
        assert not seen["spec"].get("syncPolicy", {}).get("automated"), (
            f"expected auto-sync of {self.name} to stay off, something switched it on again. Try: {self.hint}"
        )

    def push(self, *operations: dict[str, Any], message: str) -> str:
        """Push its overlay with a JSON patch of the Deployment; return the commit."""
        patch = {"target": {"kind": "Deployment", "name": self.name}, "patch": yaml.safe_dump(list(operations))}
        text = edited(self.overlay, lambda document: document.setdefault("patches", []).append(patch))
        self.pushed = self.repository.commit({self.path: text}, message)
        return self.pushed

    def push_version(self) -> str:
        """Push a version that differs from the last one only in an annotation; return the commit."""
        # Not just hexadecimal digits: in YAML 1234e567 is a number.
        self.version = f"version-{secrets.token_hex(4)}"
        operation = {"op": "add", "path": "/spec/template/metadata/annotations", "value": {VERSION: self.version}}
        return self.push(operation, message=f"{self.name}: {self.version}")

    def status(self, refresh: bool = False) -> dict[str, Any]:
        """Its Application's status."""
        return dict(self.argocd.application(self.name, refresh=refresh)["status"])

    def when_idle(self, request: Callable[[], None]) -> None:
        """Request an operation of Argo CD, again while it refuses because another one has not ended.

        Raises TimedOut, or requests.HTTPError if it refuses for another reason.
        """

        # An automated sync that was decided before auto-sync was switched off may still begin.
        def answered() -> tuple[requests.HTTPError | None]:
            try:
                request()
            except Busy as error:
                raise AssertionError(str(error)) from error
            except requests.HTTPError as error:
                return (error,)
            return (None,)

        (refusal,) = eventually(answered, within=ROLLED_OUT, what=f"an idle Application {self.name}", hint=self.hint)
        if refusal is not None:
            raise refusal

    def wait_deployed(self, commit: str, version: str | None) -> dict[str, Any]:
        """Wait until a sync of `commit` has succeeded and all pods run `version` (None: the original one)."""

        def deployed() -> dict[str, Any]:
            status = self.status()
            operation = status.get("operationState", {})
            phase, revision = operation.get("phase"), operation.get("syncResult", {}).get("revision") or ""
            said = f"{phase} of {revision[:8]} {messages(status)}"
            assert phase == "Succeeded" and self.has_change(revision, commit), said
            self.all_of(version)
            return status

        return eventually(deployed, within=ROLLED_OUT, what=f"{self.name} to run {commit[:8]}", hint=self.hint)

    def has_change(self, revision: str, commit: str) -> bool:
        """Whether a revision has this service's overlay of a commit: other services' commits may follow it."""
        with git_server_answers():
            return bool(revision) and self.repository.has_same(self.path, revision, commit)

    def head(self) -> str:
        """The last commit of the main branch. Others may push, so it is read each time."""
        with git_server_answers():
            return self.repository.tip()

    def all_of(self, version: str | None) -> bool:
        """Raise AssertionError unless all replicas are ready and run `version`."""
        deployment = self.deployment()
        assert is_rolled_out(deployment), (
            f"the rollout of {self.name} is not complete: {deployment.status.updated_replicas} of "
            f"{deployment.spec.replicas} replicas updated{not_ready(self.pods().values())}"
        )
        pods = self.pods().values()
        versions = {(pod.metadata.annotations or {}).get(VERSION) for pod in pods}
        revisions = {pod.metadata.labels["pod-template-hash"] for pod in pods}
        assert versions == {version} and len(revisions) == 1, (
            f"the pods of {self.name} run versions {versions} in revisions {revisions}, not {version} alone"
        )
        images = {status.image_id for pod in pods for status in pod.status.container_statuses or []}
        containers = len(deployment.spec.template.spec.containers)
        assert len(images) <= containers, f"the pods of {self.name} run different images: {images}"
        sick = [pod.metadata.name for pod in pods if not is_ready(pod)]
        assert not sick, f"these pods of {self.name} are not ready{not_ready(pods)}"
        return True


def service_under_change(name: str, cluster: Cluster, argocd: ArgoCD, repository: Repository) -> ServiceUnderChange:
    """A service, once it is settled, with its state before a scenario changes it. Raises TimedOut."""
    service = ServiceUnderChange(name, cluster, argocd, repository)
    service.overlay = repository.read(service.path)
    wait_settled(service)
    # Not the last operation's: self-healing leaves no record to return to.
    service.first = service.status()["history"][-1]["revision"]
    service.before = service.pods()
    return service


def wait_settled(service: ServiceUnderChange) -> None:
    """Wait until the Application is Synced and Healthy at the repository's last commit."""

    def settled() -> bool:
        head = service.head()
        application = service.argocd.application(service.name, refresh=True)
        status = application["status"]
        seen = summary(status)
        assert seen[:2] == ("Synced", "Healthy") and status["sync"]["revision"] == head, (
            f"{'/'.join(seen)} at {status['sync'].get('revision', '')[:8]}, not {head[:8]}; {messages(status)}"
        )
        # It succeeded, or failed at a commit that Git has replaced since.
        doing = operation_in_progress(application)
        assert not doing, f"a sync of {service.name} is {doing}"
        return service.all_of(None)

    eventually(settled, within=ROLLED_OUT, what=f"{service.name} to match Git", hint=service.hint)


def put_back(service: ServiceUnderChange) -> None:
    """Restore the service's overlay in Git, its auto-sync and its pods. Raises TimedOut."""
    # A sync that keeps retrying would delay the next one.
    eventually(lambda: stop_sync(service), within=ROLLED_OUT, what=f"no running sync of {service.name}")
    service.repository.commit({service.path: service.overlay}, f"{service.name}: as it was")
    service.auto_sync(True)
    wait_settled(service)
    if summary(service.status())[2] != "Succeeded":
        # The last sync on record should be of the working version.
        service.when_idle(lambda: service.argocd.sync(service.name))
        head = service.status()["sync"]["revision"]
        service.wait_deployed(head, None)


def stop_sync(service: ServiceUnderChange) -> bool:
    """Terminate a sync that waits for a version that never becomes healthy, or that keeps retrying."""
    doing = operation_in_progress(service.argocd.application(service.name))
    seen = f"a sync of {service.name} is {doing}"
    if doing == "Running":
        try:
            service.argocd.call("DELETE", f"applications/{service.name}/operation")
        except requests.HTTPError as error:
            # It may have ended meanwhile.
            raise AssertionError(f"{seen}; ending it: {error}") from error
    assert not doing, seen
    return True
