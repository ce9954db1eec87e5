"""A lock in the cluster that keeps two runs apart. Source: docs/decisions/0012-guard-rails.md.

`kubernetes.leaderelection` reads and writes the Lease. When to take it is decided here, because its LeaderElection
waits for a held lock, does not say who holds it, and does not release it.
"""

from __future__ import annotations

import contextlib
import datetime
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.client import ApiException
from kubernetes.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

from acceptance.base.errors import UserError
from acceptance.base.progress import say

ANSWERS_WITHIN = 10
"""Seconds that an API server may take to answer the first request."""

NAMESPACE = "acceptance"
"""The namespace of the lock, and of the ServiceAccount that attached runs use (k8s/acceptance)."""
LEASE = "acceptance-run"
LEASE_SECONDS = 60
"""A lock not renewed for this long belongs to a dead run."""


class Leases(client.CoordinationV1Api):
    """The API of Leases. LeaseLock turns each ApiException into False; here, fixable problems become a UserError."""

    def read_namespaced_lease(self, name: str, namespace: str) -> Any:
        """Read a Lease. Raises ApiException (404) if there is none."""
        with refusals("get"):
            return super().read_namespaced_lease(name, namespace, _request_timeout=ANSWERS_WITHIN)

    def create_namespaced_lease(self, namespace: str, body: Any) -> Any:
        """Create a Lease. Raises ApiException (409) if it exists, UserError if its namespace does not."""
        with refusals("create and update"), needs_namespace():
            return super().create_namespaced_lease(namespace, body, _request_timeout=ANSWERS_WITHIN)

    def replace_namespaced_lease(self, name: str, namespace: str, body: Any) -> Any:
        """Replace a Lease. Raises ApiException (409) if it changed since it was read."""
        with refusals("create and update"), needs_namespace():
            return super().replace_namespaced_lease(name, namespace, body, _request_timeout=ANSWERS_WITHIN)


@contextlib.contextmanager
def refusals(verbs: str) -> Iterator[None]:
    """Raise UserError for anything but "there is none" and "another run was faster"."""
    try:
        yield
    except ApiException as error:
        if error.status == 403:
            raise UserError(
                f"this user may not {verbs} leases in the namespace {NAMESPACE}",
                "kubectl apply -k k8s/acceptance/base, and use its ServiceAccount (docs/operations.md)",
            ) from error
        if error.status not in (404, 409):
            raise UserError(f"the run lock: {error.status} {error.reason}", "kubectl get --raw /readyz") from error
        raise


@contextlib.contextmanager
def needs_namespace() -> Iterator[None]:
    """Raise UserError if a Lease cannot be written because its namespace is missing."""
    try:
        yield
    except ApiException as error:
        if error.status != 404:
            raise
        raise UserError(
            f"there is no namespace {NAMESPACE} for the run lock",
            "kubectl apply -k k8s/acceptance/base (docs/operations.md)",
        ) from error


class ClusterLock:
    """A Lease that one run holds and renews while it is alive."""

    def __init__(self, api: client.ApiClient, run_id: str):
        self.core = client.CoreV1Api(api)
        self.holder = f"{run_id} on {socket.gethostname()}"
        self.lease = LeaseLock(LEASE, NAMESPACE, self.holder)
        # Otherwise it uses the client library's default configuration.
        self.lease.api_instance = Leases(api)
        self.acquired = ""
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def acquire(self, *, create: bool) -> None:
        """Take the lock; with `create`, create its namespace if needed. Raises UserError naming its holder."""
        is_there, held = self.lease.get(LEASE, NAMESPACE)
        if is_there:
            self.check_free(held)
        elif create:
            self.create_namespace()
        self.acquired = now()
        write = self.lease.update if is_there else self.lease.create
        if not write(LEASE, NAMESPACE, self.record(self.holder, LEASE_SECONDS)):
            raise UserError("another run has just taken the lock", "wait for it to end")
        self.thread = threading.Thread(target=self.renew, name="lock", daemon=True)
        self.thread.start()

    def create_namespace(self) -> None:
        """Create the namespace as k8s/acceptance would, unless it exists."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        try:
            self.core.create_namespace({"metadata": {"name": NAMESPACE, "labels": labels}})
        except ApiException as error:
            if error.status != 409:
                raise

    def check_free(self, held: LeaderElectionRecord) -> None:
        """Raise UserError if a live run holds the lock, that is, one that renewed it within its lifetime."""
        if not (held.holder_identity and held.renew_time):
            return
        renewed = self.lease.lease_reference.spec.renew_time
        age = (datetime.datetime.now(datetime.UTC) - renewed).total_seconds()
        if age < int(held.lease_duration or LEASE_SECONDS):
            raise UserError(
                f"another run is in progress in this cluster: {held.holder_identity}, seen {max(age, 0):.0f} s ago",
                f"wait for it to end; a dead run's lock is free after {LEASE_SECONDS} s",
            )
        say(f"  the lock of {held.holder_identity} was left behind {age:.0f} s ago; taking it over")

    def record(self, holder: str, seconds: int) -> LeaderElectionRecord:
        """The new content of the Lease."""
        return LeaderElectionRecord(holder, str(seconds), self.acquired, now())

    def write(self, holder: str, seconds: int) -> str:
        """Write the Lease, if it is still this run's; return the problem, or an empty string."""
        try:
            is_there, held = self.lease.get(LEASE, NAMESPACE)
            if not is_there or held.holder_identity != self.holder:
                return f"it belongs to {(held.holder_identity if is_there else '') or 'nobody'} now"
            written = self.lease.update(LEASE, NAMESPACE, self.record(holder, seconds))
            return "" if written else "another client has just written it"
        except UserError as error:
            return error.problem
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return str(error).splitlines()[0]

    def renew(self) -> None:
        """Renew the lock three times per lifetime."""
        while not self.ended.wait(LEASE_SECONDS / 3):
            if problem := self.write(self.holder, LEASE_SECONDS):
                say(f"  the lock in the cluster was not renewed: {problem}")

    def release(self) -> None:
        """Release the lock for the next run."""
        if self.thread is None:
            return
        self.ended.set()
        self.thread.join(ANSWERS_WITHIN)
        self.thread = None
        if problem := self.write("", 1):
            say(f"  the lock in the cluster stays for {LEASE_SECONDS} s: {problem}")


def now() -> str:
    """The current time, in the format of an election record."""
    return str(datetime.datetime.now(datetime.UTC))
