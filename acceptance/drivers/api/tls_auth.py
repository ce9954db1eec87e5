"""An auth service with an https URL: what a backend says to it first has to be TLS. Source: 15.2."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from acceptance.cluster.namespace import Namespace
from acceptance.drivers.workloads.pods import delete_now, run_client

PORT = 8443
"""The port at which a probe pod serves HTTPS, with a certificate that nobody trusts."""
TLS, CLEAR, NOTHING = "TLS", "HTTP in clear text", ""
"""What a client said first, as far as the log of the pod shows it."""
IN_CLEAR = re.compile(r"HTTP request to an HTTPS server|not look like a TLS handshake")
HANDSHAKE = "TLS handshake error"
"""What Go's HTTP server logs about a client that sends HTTP to its TLS port, and about one that ends its handshake."""
SEEN = 5
"""Seconds until a line is in the log. A client that trusts any certificate causes none, nor does one that is silent."""


@dataclass(frozen=True)
class TlsAuth:
    """A pod that serves HTTPS, and logs each handshake that fails."""

    namespace: Namespace
    name: str

    @property
    def url(self) -> str:
        """Its URL inside the cluster."""
        return f"https://{self.namespace.pod(self.name).status.pod_ip}:{PORT}"

    def log(self) -> list[str]:
        """The lines of its log."""
        return str(self.namespace.cluster.core.read_namespaced_pod_log(self.name, self.namespace.name)).splitlines()

    def heard(self) -> str:
        """What its clients said first: CLEAR if one did, otherwise TLS; NOTHING if no line says so for SEEN seconds."""
        ends = time.monotonic() + SEEN
        while not (found := said_first(self.log())) and time.monotonic() < ends:
            time.sleep(0.5)
        return found


def said_first(lines: Sequence[str]) -> str:
    """What clients of a TLS port said first, by the lines of its server's log: CLEAR if one of them did."""
    if any(IN_CLEAR.search(line) for line in lines):
        return CLEAR
    return TLS if any(HANDSHAKE in line for line in lines) else NOTHING


@contextlib.contextmanager
def over_tls(namespace: Namespace) -> Iterator[TlsAuth]:
    """Such a pod until the end of the block. Raises TimedOut unless it becomes Ready."""
    name = f"auth-over-tls-{secrets.token_hex(3)}"
    try:
        run_client(namespace, name, "serve")
        yield TlsAuth(namespace, name)
    finally:
        delete_now(namespace, name)
