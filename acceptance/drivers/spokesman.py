"""A server that gives every request one answer: an auth service whose yes or no is known beforehand. Source: 9.8."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from acceptance.cluster.namespace import Namespace
from acceptance.drivers.pods import delete_now, run_client

PORT = 8080


@dataclass(frozen=True)
class Spokesman:
    """A pod that answers as auth once did, whatever it is asked, and writes down who asked."""

    namespace: Namespace
    name: str

    @property
    def url(self) -> str:
        """Its address inside the cluster."""
        return f"http://{self.namespace.pod(self.name).status.pod_ip}:{PORT}"

    def requests(self) -> list[dict[str, Any]]:
        """What it was asked: method, path, from whom, and the SHA-256 of the credential."""
        text = str(self.namespace.cluster.core.read_namespaced_pod_log(self.name, self.namespace.name))
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def was_asked(self, path: str, token: str) -> dict[str, Any]:
        """The request with a token as its bearer. Raises AssertionError unless there is one, to that path."""
        credential = hashlib.sha256(f"Bearer {token}".encode()).hexdigest()
        seen = self.requests()
        found = [item for item in seen if (item["method"], item["path"]) == ("POST", path)]
        with_token = [item for item in found if item["credential"] == credential]
        assert with_token, f"expected POST {path} with the client's bearer token, saw {seen}"
        return with_token[0]


@contextlib.contextmanager
def answering(namespace: Namespace, as_auth: requests.Response) -> Iterator[Spokesman]:
    """Such a pod until the end of the block, with the answer that auth itself gave."""
    name = f"auth-that-says-{as_auth.status_code}-{secrets.token_hex(3)}"
    container = {"env": [{"name": "ANSWER", "value": as_auth.text}]}
    try:
        run_client(namespace, name, "answer", str(as_auth.status_code), container=container)
        yield Spokesman(namespace, name)
    finally:
        delete_now(namespace, name)
