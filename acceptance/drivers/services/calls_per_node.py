"""What a Service answers to pods on each machine. Source: 8.5, 9.5, 10.3."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import requests

from acceptance.drivers.services.service import Api
from acceptance.drivers.workloads.pods import PodClient


@contextlib.contextmanager
def on_each(nodes: Iterable[str], client: PodClient) -> Iterator[dict[str, PodClient]]:
    """A client pod on each machine, by machine: `client` on its own one, others until the end of the block."""
    client.ensure()
    own = str(client.namespace.pod(client.name).spec.node_name)
    others = [node for node in sorted(nodes) if node != own]
    made = {node: PodClient(client.namespace, f"client-at-{index}", node) for index, node in enumerate(others)}
    try:
        yield {own: client, **made}
    finally:
        for item in made.values():
            item.close()
            item.delete()


def ask_often(client: PodClient, node: str, host: str, port: int, path: str, count: int) -> list[requests.Response]:
    """The answers to GETs over fresh connections. Raises AssertionError naming the machine if there is none in time."""
    api = Api(client.way_to(host, port))
    try:
        return [api.get(path) for _ in range(count)]
    except requests.RequestException as error:
        said = client.said(host, port) or error
        raise AssertionError(f"no answer from {host}:{port}{path} to a pod on {node}: {said}") from error
