"""The local registry that nodes pull from, and whether a registry answers."""

from __future__ import annotations

import socket
import time

import requests

from acceptance.base.errors import UserError
from acceptance.clients import docker
from acceptance.clients.registry import greeting

REGISTRY_NAME = "alternate-futures-registry"
REGISTRY_VOLUME = "alternate-futures-registry"
REGISTRY_PORT = 5001


def registry_answers(reference: str, timeout: float = 3.0) -> bool:
    """Whether the registry that `reference` names answers within `timeout` seconds."""
    try:
        _, status = greeting(reference.partition("/")[0], timeout=timeout)
    except requests.RequestException:
        return False
    return status in (200, 401)


def start_registry(image: str) -> None:
    """Run the registry that nodes pull from, published on 127.0.0.1; a stopped or outdated one is replaced."""
    found = docker.inspect("container", REGISTRY_NAME)
    if found:
        wanted = docker.inspect("image", image) or {}
        if found["State"]["Running"] and found["Image"] == wanted.get("Id"):
            return
        docker.docker("rm", "--force", REGISTRY_NAME)
    docker.docker(
        "run", "--detach", "--name", REGISTRY_NAME, "--publish", f"127.0.0.1:{REGISTRY_PORT}:5000",
        "--volume", f"{REGISTRY_VOLUME}:/var/lib/registry", image,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as connection:
            connection.settimeout(1)
            if connection.connect_ex(("127.0.0.1", REGISTRY_PORT)) == 0:
                try:
                    if requests.get(f"http://127.0.0.1:{REGISTRY_PORT}/v2/", timeout=2).ok:
                        return
                except requests.RequestException:
                    pass
        time.sleep(0.1)
    raise UserError(
        f"the registry did not answer on 127.0.0.1:{REGISTRY_PORT} within 20 s",
        remedy=f"see `docker logs {REGISTRY_NAME}`, and check whether the port is taken",
    )
