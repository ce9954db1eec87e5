"""What the engine still has of a platform, found and removed by its labels."""

from __future__ import annotations

import shutil

from acceptance.base.labels import KIND_LABEL, PLATFORM_LABEL
from acceptance.base.paths import STATE
from acceptance.clients.docker import docker, inspect


def remove_containers(*filters: str) -> None:
    """Remove containers, running or not, that match all `filters`."""
    arguments = [part for text in filters for part in ("--filter", text)]
    found = docker("ps", "--all", "--quiet", *arguments).split()
    if found:
        docker("rm", "--force", "--volumes", *found)


def remove_network(name: str) -> None:
    """Remove a network after disconnecting what still hangs on it."""
    network = inspect("network", name) or {}
    for container in network.get("Containers", {}):
        docker("network", "disconnect", "--force", name, container, check=False)
    docker("network", "rm", name, check=False)


def belonging(name: str) -> list[str]:
    """The engine's filters for the containers of the infrastructure `name`."""
    return [f"label={KIND_LABEL}={name}", f"label={PLATFORM_LABEL}={name}", f"name=^/{name}-load-balancer$"]


def leftovers(name: str) -> dict[str, list[str]]:
    """What the engine still has of the infrastructure `name`, by kind of object; empty lists are left out."""
    found: dict[str, list[str]] = {}
    for text in belonging(name):
        found.setdefault("containers", []).extend(
            docker("ps", "--all", "--filter", text, "--format", "{{.Names}}").split()
        )
    names = {"network": [name], "volume": [f"{name}-database", f"{name}-redis"]}
    for kind, expected in names.items():
        labelled = docker(kind, "ls", "--filter", f"label={PLATFORM_LABEL}={name}", "--format", "{{.Name}}").split()
        found[kind + "s"] = labelled + [text for text in expected if inspect(kind, text)]
    return {kind: sorted(set(names)) for kind, names in found.items() if names}


def remove_by_label(name: str) -> None:
    """Remove the infrastructure without its state: by label and name."""
    for text in belonging(name):
        remove_containers(text)
    found = leftovers(name)
    for network in found.get("networks", []):
        remove_network(network)
    for volume in found.get("volumes", []):
        docker("volume", "rm", "--force", volume, check=False)
    folder = STATE / ("kind" if name == "alternate-futures" else name.removeprefix("alternate-futures-"))
    for file in (
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".terraform.tfstate.lock.info",
        "kubeconfig",
        "nodes",
    ):
        (folder / file).unlink(missing_ok=True)
    shutil.rmtree(folder / "api-server", ignore_errors=True)
