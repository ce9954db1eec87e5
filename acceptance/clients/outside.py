"""Requests to the outside world: through the user's proxy, trusting the CAs that this machine or user trusts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import requests

CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def ca_bundle() -> str | None:
    """The CA bundle that this machine or user trusts: the file that the environment names, or the system's."""
    named = (os.environ.get(name) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next((path for path in (*named, *CA_BUNDLES) if path and Path(path).is_file()), None)


def ask(method: str, url: str, **options: Any) -> requests.Response:
    """Send a request; `options` are those of requests. Raises RequestException if there is no answer.

    By itself, requests would trust its own list of CAs, without those of a company.
    """
    return requests.request(method, url, verify=ca_bundle() or True, **options)
