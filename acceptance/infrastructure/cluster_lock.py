"""A lock in the cluster that keeps two runs apart. Source: docs/decisions/0012-guard-rails.md."""

from __future__ import annotations

import datetime
import socket
import threading
from typing import Any

import urllib3
from kubernetes import client
from kubernetes.client import ApiException

from acceptance.base.errors import UserError
from acceptance.base.progress import say

ANSWERS_WITHIN = 10
"""Seconds that an API server may take to answer the first question."""

NAMESPACE = "acceptance"
"""The namespace of the lock, and of the ServiceAccount that attached runs use (k8s/acceptance)."""
LEASE = "acceptance-run"
LEASE_SECONDS = 60
"""A lock that was not renewed for so long is of a run that is dead."""


class ClusterLock:
    """A Lease that one run holds, and renews while it lives."""

    def __init__(self, api: client.ApiClient, run_id: str):
        self.leases = client.CoordinationV1Api(api)
        self.core = client.CoreV1Api(api)
        self.run_id = run_id
        self.holder = f"{run_id} on {socket.gethostname()}"
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def acquire(self, *, create: bool) -> None:
        """Take the lock; with `create`, in a namespace that is made for it. Raises UserError naming its holder."""
        try:
            lease = self.leases.read_namespaced_lease(LEASE, NAMESPACE, _request_timeout=ANSWERS_WITHIN)
        except ApiException as error:
            self.refuse(error, "get")
            lease = None
        try:
            if lease is None:
                self.begin(create)
            else:
                self.take(lease)
        except ApiException as error:
            if error.status == 409:
                raise UserError("another run has just taken the lock", "wait until it ends") from error
            self.refuse(error, "create and update")
            raise UserError(
                f"there is no namespace {NAMESPACE} for the lock of runs",
                "kubectl apply -k k8s/acceptance/base (docs/operations.md)",
            ) from error
        self.thread = threading.Thread(target=self.renew, name="lock", daemon=True)
        self.thread.start()

    def refuse(self, error: ApiException, verbs: str) -> None:
        """Raise for anything but "not there"."""
        if error.status == 403:
            raise UserError(
                f"this user may not {verbs} leases in the namespace {NAMESPACE}",
                "kubectl apply -k k8s/acceptance/base, and use its ServiceAccount (docs/operations.md)",
            ) from error
        if error.status != 404:
            raise error

    def begin(self, create: bool) -> None:
        """Make the Lease."""
        if create:
            try:
                self.core.create_namespace({"metadata": {"name": NAMESPACE}})
            except ApiException as error:
                if error.status != 409:
                    raise
        metadata = {"name": LEASE, "namespace": NAMESPACE}
        self.leases.create_namespaced_lease(NAMESPACE, {"metadata": metadata, "spec": self.spec()})

    def take(self, lease: Any) -> None:
        """Take over a Lease that nobody holds any more; the API refuses whoever read an older one."""
        holder, renewed = lease.spec.holder_identity, lease.spec.renew_time
        if holder and renewed:
            age = (datetime.datetime.now(datetime.UTC) - renewed).total_seconds()
            if age < (lease.spec.lease_duration_seconds or LEASE_SECONDS):
                raise UserError(
                    f"another run is going on in this cluster: {holder}, seen {max(age, 0):.0f} s ago",
                    f"wait until it ends; the lock of a dead run is free after {LEASE_SECONDS} s",
                )
            say(f"  the lock of {holder} was left behind {age:.0f} s ago; taking it over")
        metadata = {"name": LEASE, "resourceVersion": lease.metadata.resource_version}
        self.leases.replace_namespaced_lease(LEASE, NAMESPACE, {"metadata": metadata, "spec": self.spec()})

    def spec(self) -> dict[str, Any]:
        """The Lease as this run holds it now."""
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": LEASE_SECONDS,
            "acquireTime": now,
            "renewTime": now,
        }

    def renew(self) -> None:
        """Say three times per lifetime of the lock that this run lives."""
        while not self.ended.wait(LEASE_SECONDS / 3):
            spec = {"renewTime": self.spec()["renewTime"]}
            try:
                self.leases.patch_namespaced_lease(LEASE, NAMESPACE, {"spec": spec}, _request_timeout=ANSWERS_WITHIN)
            except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
                say(f"  the lock in the cluster was not renewed: {str(error).splitlines()[0]}")

    def release(self) -> None:
        """Let the next run have it."""
        if self.thread is None:
            return
        self.ended.set()
        self.thread.join(ANSWERS_WITHIN)
        self.thread = None
        body = {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}
        try:
            self.leases.patch_namespaced_lease(LEASE, NAMESPACE, body, _request_timeout=ANSWERS_WITHIN)
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            say(f"  the lock in the cluster stays for {LEASE_SECONDS} s: {str(error).splitlines()[0]}")
