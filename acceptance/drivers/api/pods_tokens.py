"""JWTs that are signed with the secret of a service's own pods, in the forms that libraries write. Source: 11.3."""

from __future__ import annotations

import time

from acceptance.base.secrecy import register_secret
from acceptance.drivers.api.jwt_key_headers import by_secret
from acceptance.drivers.services.service import Service

LIFE = 300
"""The seconds for which each is valid."""


def signed_by_pods(service: Service) -> dict[str, tuple[dict[str, str], str]]:
    """For each pod, JWTs signed with the JWT_SECRET of its process, by form; and one with that secret reversed."""
    signed = {}
    for pod in service.running():
        name = str(pod.metadata.name)
        secret = service.environment(pod).get("JWT_SECRET", "")
        assert secret, f"expected JWT_SECRET in the process of pod {name}, saw none"
        made = forms(name, secret)
        other, *_ = forms(name, secret[::-1]).values()
        signed[name] = ({form: register_secret(token) for form, token in made.items()}, register_secret(other))
    return signed


def forms(subject: str, secret: str) -> dict[str, str]:
    """JWTs about a subject, each as some libraries write them: `typ` is optional, and times may have fractions.

    Source: RFC 7515, 4.1.9; RFC 7519, 2 and 5.1. The most used library of JavaScript writes no `typ`.
    """
    now, key = int(time.time()), secret.encode()
    claims = {"sub": subject, "iat": now, "exp": now + LIFE}
    fractions = {"iat": now - 0.75, "exp": now + LIFE + 0.25}
    return {
        "as most write it": by_secret({}, claims, key),
        "without typ": by_secret({"typ": None}, claims, key),
        "with fractions of seconds": by_secret({}, claims | fractions, key),
    }
