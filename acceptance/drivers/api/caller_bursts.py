"""Many callers of auth at once, each of which auth counts in Redis: none may be turned away for want of a connection.

A pool of connections that waits for nobody refuses the eleventh of its callers. Source: 7.3, 8.10.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from acceptance.base.conditions import as_json
from acceptance.drivers.api import wrong_sign_in
from acceptance.drivers.api.rate_limits import RateClient
from acceptance.drivers.services.service import Service

COUNT, AT_ONCE = 64, 32
"""Calls at each pod, and how many of them at once: the most that the probe sends."""


def burst(auth: Service, client: RateClient) -> dict[str, Mapping[str, int]]:
    """The number of answers by status to COUNT calls at each pod of auth, all pods at once, by pod.

    They are those of a client that is told apart by a header: it is over its limit after a few, which are counted, too.
    """
    settings, body = client.settings, json.dumps(wrong_sign_in.body(client.settings))
    headers = [f"{name}: {value}" for name, value in client.headers.items()]
    pods = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in auth.running()}

    def send(host: str) -> Mapping[str, int]:
        url = f"http://{host}:{auth.port}{settings.siwe_path}"
        told = as_json(client.redis("http-latency", "POST", url, str(COUNT), str(AT_ONCE), body, *headers))
        return dict(told["statuses"])

    with ThreadPoolExecutor(len(pods)) as pool:
        return dict(zip(pods, pool.map(send, pods.values()), strict=True))


def broken(seen: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    """The pods that answered some calls with an error of their own."""
    return {pod: found for pod, found in seen.items() if any(int(status) >= 500 for status in found)}
