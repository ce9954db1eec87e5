"""Visitors by the network that they come from, as a server behind Traefik is told it. Source: 10.4 to 10.8.

Here all clients have addresses of the nodes' network, and Traefik replaces what a client says about its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.drivers.services.service import Api

NETWORKS = ("203.0.113.7", "198.51.100.9", "8.8.8.8", "1.1.1.1", "100.64.0.1", "2001:db8::7")
"""An address of each of some providers' networks; the last but one is behind a provider's NAT."""

SAYS = ("X-Real-Ip", "X-Forwarded-For")
"""The headers in which Traefik says who asked."""


def turned_away(doors: Mapping[str, Api], path: str) -> dict[str, list[str]]:
    """The pods that answer visitors of some networks otherwise than others, and how, in words."""
    found: dict[str, list[str]] = {}
    for name, api in doors.items():
        page = api.get(path)
        answers = {address: api.get(path, headers=dict.fromkeys(SAYS, address)) for address in NETWORKS}
        odd = [
            f"GET {path}: {answer.status_code} for {address}, {page.status_code} for others"
            for address, answer in answers.items()
            if (answer.status_code, answer.content) != (page.status_code, page.content)
        ]
        found |= {name: odd} if odd else {}
    return found
