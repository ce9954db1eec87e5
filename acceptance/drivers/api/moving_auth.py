"""An auth service with a cluster DNS name whose address changes while it is in use. Source: 11.1."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

from kubernetes.client import ApiException

from acceptance.base.deadlines import GONE
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.api.auth_stub import PORT, AuthStub, answering
from acceptance.drivers.api.graphql import Asked, ask, not_refused
from acceptance.drivers.services.copies import Copy
from acceptance.drivers.workloads.pods import PodClient


class NamedAuth:
    """A stub auth server (`AuthStub`) behind a Service in the scenario's namespace; `move` replaces both."""

    def __init__(self, namespace: Namespace, status: int, text: str):
        self.namespace = namespace
        self.says = (status, text)
        # It begins like auth's own, so that who puts an address in that name's place does so here.
        self.name = f"auth-service-{secrets.token_hex(3)}"
        self.own = contextlib.ExitStack()
        self.stub: AuthStub | None = None
        self.address = ""

    @property
    def url(self) -> str:
        """Its URL inside the cluster, with the Service's DNS name, which any pod can resolve."""
        return f"http://{self.name}.{self.namespace.name}:{PORT}"

    def move(self) -> str:
        """Switch to another pod, behind a Service with the same name and a new address; return that address.

        The previous pod is removed, so that kept connections lead nowhere. Raises TimedOut.
        """
        new, before = contextlib.ExitStack(), self.own
        self.stub = new.enter_context(answering(self.namespace, *self.says))
        self.own = new
        try:
            what = f"the Service {self.name} to have an address other than {self.address or 'none'}"
            self.address = eventually(self.anew, within=GONE, what=what)
        finally:
            before.close()
        return self.address

    def anew(self) -> str:
        """Recreate the Service; return its address. Raises AssertionError if the address did not change."""
        core = self.namespace.cluster.core
        with contextlib.suppress(ApiException):
            core.delete_namespaced_service(self.name, self.namespace.name)
        selector = {"app": self.stub.name if self.stub else ""}
        spec = {"selector": selector, "ports": [{"port": PORT}]}
        self.namespace.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": self.name}, "spec": spec})
        address = str(core.read_namespaced_service(self.name, self.namespace.name).spec.cluster_ip)
        assert address != self.address, f"expected a new address for the Service {self.name}, saw {address} again"
        return address

    def was_asked_by(self, copy: Copy, through: PodClient, settings: ServiceSettings, token: str) -> Asked:
        """What a copy of the backend answers to a token that the pod behind the name rejects.

        Raises AssertionError for any answer but that refusal, and if the pod was not asked.
        """
        asked = ask(copy.api(through), settings, settings.protected_query, token)
        assert self.stub, f"no pod is behind the Service {self.name} yet: `move` starts one"
        if problem := not_refused(asked, "Unauthorized"):
            said, requests = copy.log()[-3:], len(self.stub.requests())
            raise AssertionError(f"{problem}; its last log: {said}; {self.stub.name} got {requests} requests")
        self.stub.was_asked(settings.validate_path, token)
        return asked

    def close(self) -> None:
        """Remove the Service and the pod."""
        with contextlib.suppress(ApiException):
            self.namespace.cluster.core.delete_namespaced_service(self.name, self.namespace.name)
        self.own.close()


@contextlib.contextmanager
def named_auth(namespace: Namespace, status: int, text: str) -> Iterator[NamedAuth]:
    """Such an auth service until the end of the block; it answers each request with `status` and `text`."""
    auth = NamedAuth(namespace, status, text)
    try:
        auth.move()
        yield auth
    finally:
        auth.close()
