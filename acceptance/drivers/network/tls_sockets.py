"""TLS to the platform's hosts over a raw socket: where it connects, and what it trusts."""

from __future__ import annotations

import ssl

import requests

from acceptance.base.environment import Environment
from acceptance.base.infrastructure_settings import LongLivedSettings
from acceptance.infrastructure.contract import Outputs


def trust_of(users: requests.Session) -> ssl.SSLContext:
    """A context that trusts whom a session of users trusts."""
    return ssl.create_default_context(cafile=users.verify if isinstance(users.verify, str) else None)


def way_to(environment: Environment, outputs: Outputs, host: str) -> tuple[str, int]:
    """Where a connection to a host (its whole name) goes, as users' do: to the load balancer, or where DNS says."""
    settings, balancer = environment.infrastructure, outputs.load_balancer
    by_dns = isinstance(settings, LongLivedSettings) and settings.load_balancer is None
    return (host, 443) if by_dns else (balancer.address, balancer.https_port)
