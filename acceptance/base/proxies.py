"""A user's proxy is for the outside world: this machine, the cluster and the platform's hosts are reached directly."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, MutableMapping
from urllib.parse import urlsplit

LOCAL = (
    "localhost",
    "127.0.0.0/8",
    "127.0.0.1",
    "::1",
    "registry",
    ".svc",
    ".cluster.local",
    "10.96.0.0/16",
    "10.244.0.0/16",
)
"""Names and networks that bypass the proxy: this machine, the registry beside the nodes, Services and pods of kind."""
SETTINGS = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def is_proxied(variables: Mapping[str, str]) -> bool:
    """Whether a proxy is set, in upper or lower case."""
    return any(
        variables.get(name) or variables.get(name.lower()) for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    )


def reach_directly(hosts: Iterable[str], variables: MutableMapping[str, str] = os.environ) -> None:
    """Add hosts, domains (`.example.org`) and networks to what is reached without the proxy, for us and our children.

    An ALL_PROXY also becomes HTTP_PROXY and HTTPS_PROXY where these are not set: Go and kind know only them, and some
    programs only their lower case. Does nothing if no proxy is set.
    """
    if not is_proxied(variables):
        return
    every = variables.get("ALL_PROXY") or variables.get("all_proxy")
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        if proxy := variables.get(name) or variables.get(name.lower()) or every:
            for spelling in (name, name.lower()):
                # An empty one is as good as none.
                variables[spelling] = variables.get(spelling) or proxy
    before = ",".join(variables.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    known = [name for part in before.split(",") if (name := part.strip())]
    variables["NO_PROXY"] = variables["no_proxy"] = ",".join(dict.fromkeys([*known, *LOCAL, *hosts]))


def build_options(variables: Mapping[str, str] = os.environ) -> list[str]:
    """Options of `docker build` that pass it the user's proxy; no layer keeps it.

    A proxy on this machine's loopback can only be reached from the host network.
    """
    if not is_proxied(variables):
        return []
    names = [name for upper in SETTINGS for name in (upper, upper.lower())]
    options = [part for name in names if variables.get(name) for part in ("--build-arg", f"{name}={variables[name]}")]
    hosts = {urlsplit(variables.get(name, "")).hostname for name in names if "NO_PROXY" not in name.upper()}
    if any(host and (host == "localhost" or host == "::1" or host.startswith("127.")) for host in hosts):
        options += ["--network", "host"]
    return options
