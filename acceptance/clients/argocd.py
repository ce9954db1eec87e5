"""Argo CD's API: the one that its UI reads. Source: Argo CD's own Swagger document."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import requests

from acceptance.clients.web import plain_session

TIMEOUT = 45.0
"""Seconds for one answer: a sync waits for the manifests of its commit, which a busy machine renders slowly."""
JSON = {"Content-Type": "application/json"}
"""Without it Argo CD answers 415 to a change, even one without a body, to prevent cross-site requests."""
SILENT = 10.0
"""Seconds of silence after which a listener gives up. Argo CD sends changes as they happen, and a heartbeat every 15 s:
waiting for longer would mean waiting forever."""


BUSY = "another operation is already in progress"


class Busy(requests.HTTPError):
    """Argo CD refuses a sync or a rollback because another operation of the Application has not ended."""


def told(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The Applications in a stream of changes, one per event (`data: {"result": {"application": ...}}`).

    Raises requests.HTTPError with what Argo CD said if an event is an error.
    """
    for line in lines:
        if not line.startswith("data:"):
            continue
        event = json.loads(line.removeprefix("data:"))
        if "result" not in event:
            raise requests.HTTPError(f"the stream of changes says {line[:300]}")
        yield event["result"]["application"]


class ArgoCD:
    """Signed in as admin by password; `base` returns the current URL: a port-forward's (task 10.5) or the host's."""

    def __init__(self, base: Callable[[], str], password: str, session: requests.Session | None = None):
        self.base = base
        self.password = password
        self.session = session or plain_session()
        self.signed_in_at = ""

    def call(self, method: str, path: str, *, body: Any = None, **query: Any) -> Any:
        """Call the API; return its JSON. Raises Busy, or requests.HTTPError with what Argo CD said."""
        address = self.signed_in()
        answer = self.session.request(
            method, f"{address}/api/v1/{path}", json=body, params=query, headers=JSON, timeout=TIMEOUT
        )
        if not answer.ok:
            kind = Busy if BUSY in answer.text else requests.HTTPError
            raise kind(f"{method} {path}: HTTP {answer.status_code} {answer.text[:300]}", response=answer)
        return answer.json()

    def signed_in(self) -> str:
        """The current URL, with a session there."""
        address = self.base()
        if self.signed_in_at != address:
            self.sign_in(address)
        return address

    def sign_in(self, address: str) -> None:
        """Exchange the password for a session token."""
        body = {"username": "admin", "password": self.password}
        answer = self.session.post(f"{address}/api/v1/session", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        self.signed_in_at = address

    def application(self, name: str, *, refresh: bool = False) -> dict[str, Any]:
        """An Application as the UI shows it; with `refresh`, after polling Git."""
        query = {"refresh": "normal"} if refresh else {}
        return dict(self.call("GET", f"applications/{name}", **query))

    def applications(self) -> list[dict[str, Any]]:
        """All Applications."""
        return list(self.call("GET", "applications")["items"] or [])

    @contextlib.contextmanager
    def changes(self, name: str) -> Iterator[Iterator[dict[str, Any]]]:
        """An Application as it is now, and after each change, as the UI receives it (server-sent events).

        The iterator raises requests.RequestException after `SILENT` seconds without data.
        """
        answer = self.session.get(
            f"{self.signed_in()}/api/v1/stream/applications",
            params={"name": name},
            headers={"Accept": "text/event-stream"},
            stream=True,
            timeout=SILENT,
        )
        with answer:
            answer.raise_for_status()
            yield told(line.decode() for line in answer.iter_lines())

    def manifests(self, name: str) -> list[dict[str, Any]]:
        """An Application's objects as Argo CD renders them from Git, including hooks."""
        return [json.loads(text) for text in self.call("GET", f"applications/{name}/manifests")["manifests"]]

    def tree(self, name: str) -> list[dict[str, Any]]:
        """The objects of an Application and those that they own, as the UI's tree has them (kind and name)."""
        return list(self.call("GET", f"applications/{name}/resource-tree").get("nodes") or [])

    def managed(self, name: str) -> list[dict[str, Any]]:
        """The objects of an Application that the UI compares with Git (kind and name)."""
        return list(self.call("GET", f"applications/{name}/managed-resources").get("items") or [])

    def sync(self, name: str, **options: Any) -> None:
        """Request a sync, as an operator does."""
        self.call("POST", f"applications/{name}/sync", body={"name": name, **options})

    def rollback(self, name: str, history_id: int) -> None:
        """Roll an Application back to an entry of its history."""
        self.call("POST", f"applications/{name}/rollback", body={"name": name, "id": history_id, "prune": True})

    def page(self) -> tuple[int, str]:
        """The status and the text of the page at `/`, to which no redirect leads."""
        answer = self.session.get(f"{self.base()}/", timeout=TIMEOUT, allow_redirects=False)
        return answer.status_code, answer.text

    def has_ui(self) -> bool:
        """Whether the running image has the web UI: its page loads a script, which the placeholder does not.

        Ask the server itself: at its host a route may be in the way.
        """
        page = self.session.get(f"{self.base()}/", timeout=TIMEOUT)
        return page.ok and "<script" in page.text
