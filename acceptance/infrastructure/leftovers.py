"""What is left of a platform in the engine, found and removed by label."""

from __future__ import annotations

import shutil
from pathlib import Path

from acceptance.base.labels import KIND_LABEL, PLATFORM_LABEL
from acceptance.clients.docker import docker, inspect


def remove_containers(*filters: str) -> None:
    """Remove containers, running or not, that match all `filters`."""
    arguments = [part for text in filters for part in ("--filter", text)]
    found = docker("ps", "--all", "--quiet", *arguments).split()
    if found:
        docker("rm", "--force", "--volumes", *found)


def remove_network(name: str) -> None:
    """Remove a network after disconnecting its remaining containers."""
    network = inspect("network", name) or {}
    for container in network.get("Containers", {}):
        docker("network", "disconnect", "--force", name, container, check=False)
    docker("network", "rm", name, check=False)


def belonging(name: str) -> list[str]:
    """The engine's filters for the containers of the infrastructure `name`."""
    return [f"label={KIND_LABEL}={name}", f"label={PLATFORM_LABEL}={name}", f"name=^/{name}-load-balancer$"]


def leftovers(name: str, folder: Path) -> dict[str, list[str]]:
    """What is left of the infrastructure `name` in the engine and in its state's `folder`; empty lists are left out."""
    found: dict[str, list[str]] = {}
    for text in belonging(name):
        found.setdefault("containers", []).extend(
            docker("ps", "--all", "--filter", text, "--format", "{{.Names}}").split()
        )
    found["volumes"] = mounted(found["containers"])
    names = {"network": [name], "volume": [f"{name}-database", f"{name}-redis"]}
    for kind, expected in names.items():
        labelled = docker(kind, "ls", "--filter", f"label={PLATFORM_LABEL}={name}", "--format", "{{.Name}}").split()
        found.setdefault(kind + "s", []).extend(labelled + [text for text in expected if inspect(kind, text)])
    found["files"] = [str(path) for path in files_of(folder) if path.exists()]
    return {kind: sorted(set(names)) for kind, names in found.items() if names}


def mounted(containers: list[str]) -> list[str]:
    """The volumes that containers mount, including anonymous ones."""
    return [
        mount["Name"]
        for name in containers
        for mount in (inspect("container", name) or {}).get("Mounts", [])
        if mount["Type"] == "volume"
    ]


def files_of(folder: Path) -> list[Path]:
    """The cluster's credentials on this machine: its kubeconfig, its nodes, and its encryption key."""
    return [folder / file for file in ("kubeconfig", "nodes", "api-server")]


def still_there(before: dict[str, list[str]]) -> dict[str, list[str]]:
    """What `leftovers` listed earlier and still exists by name, whatever its labels are now."""
    seen = {
        kind: [name for name in before.get(kind, []) if inspect(kind.removesuffix("s"), name)]
        for kind in ("containers", "networks", "volumes")
    }
    seen["files"] = [path for path in before.get("files", []) if Path(path).exists()]
    return {kind: names for kind, names in seen.items() if names}


def remove_by_label(name: str, folder: Path) -> None:
    """Remove the infrastructure without its state, by label and name. Its state in `folder` is removed, too."""
    volumes = leftovers(name, folder).get("volumes", [])
    for text in belonging(name):
        remove_containers(text)
    found = leftovers(name, folder)
    for network in found.get("networks", []):
        remove_network(network)
    for volume in sorted({*volumes, *found.get("volumes", [])}):
        docker("volume", "rm", "--force", volume, check=False)
    for file in (
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".terraform.tfstate.lock.info",
        "kubeconfig",
        "nodes",
    ):
        (folder / file).unlink(missing_ok=True)
    shutil.rmtree(folder / "api-server", ignore_errors=True)
