"""TLS to the platform's hosts over a raw socket: where to connect, and which authorities to trust."""

from __future__ import annotations

import ssl

import requests

from acceptance.base.environment import Environment
from acceptance.base.infrastructure_settings import LongLivedSettings
from acceptance.infrastructure.contract import Outputs


def trust_of(users: requests.Session) -> ssl.SSLContext:
    """A TLS context with the trusted authorities of a session of users."""
    return ssl.create_default_context(cafile=users.verify if isinstance(users.verify, str) else None)


def way_to(environment: Environment, outputs: Outputs, host: str) -> tuple[str, int]:
    """Address and port of a host (full name) as users connect to it: the load balancer's, or the host's by DNS."""
    settings, balancer = environment.infrastructure, outputs.load_balancer
    by_dns = isinstance(settings, LongLivedSettings) and settings.load_balancer is None
    return (host, 443) if by_dns else (balancer.address, balancer.https_port)
