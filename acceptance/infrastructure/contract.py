"""The outputs of every infrastructure, and its operations. Source: infrastructure/outputs.md."""

from __future__ import annotations

import abc
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.paths import STATE

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
"""Label of the nodes that are control planes."""


class Machine(BaseModel):
    """A node: its Kubernetes name, and its address on the nodes' network."""

    name: str
    address: str


class LoadBalancer(BaseModel):
    """Where users enter; without an address, wherever DNS points."""

    address: str
    http_port: int
    https_port: int
    id: str


class Network(BaseModel):
    """The nodes' own network."""

    id: str
    name: str
    subnet: str


class Volume(BaseModel):
    """A disk, and the storage class whose volumes are on it."""

    id: str
    storage_class: str


class Outputs(BaseModel):
    """The outputs that every infrastructure root has."""

    model_config = ConfigDict(extra="forbid")

    cluster_name: str
    kubeconfig_path: Path
    load_balancer: LoadBalancer
    control_planes: Annotated[list[Machine], Field(min_length=1)]
    workers: Annotated[list[Machine], Field(min_length=1)]
    network: Network | None
    """None if the nodes' network is unknown (in an attached environment)."""
    volumes: dict[str, Volume]


class NotRemoved(UserError, AssertionError):
    """Destroy did not remove everything. For a scenario, that is an observation, not an error of its own."""


class Infrastructure(abc.ABC):
    """What the platform runs on: provisioned, attached to, inspected, and removed."""

    def __init__(self, environment: Environment):
        self.environment = environment
        self.name = cluster_name(environment)
        self.folder = STATE / environment.name
        self.destroyed = False
        self.provisioned: Outputs

    @abc.abstractmethod
    def apply(self) -> Outputs:
        """Provision what is missing and return the outputs."""

    @abc.abstractmethod
    def attach(self) -> Outputs:
        """The outputs of the existing infrastructure, untouched. Raises UserError if there is none."""

    @abc.abstractmethod
    def destroy(self) -> None:
        """Remove everything that apply created."""

    @abc.abstractmethod
    def leftovers(self) -> dict[str, list[str]]:
        """What is left of it, by kind of object; empty lists are left out."""

    def still_there(self, before: dict[str, list[str]]) -> dict[str, list[str]]:
        """What `leftovers` listed earlier and still exists, whatever its labels are now."""
        return {}

    @abc.abstractmethod
    def resources(self) -> list[str]:
        """The resources in OpenTofu's state."""

    @abc.abstractmethod
    def is_running(self, machine: Machine) -> bool:
        """Whether a machine runs, according to its provider."""

    @abc.abstractmethod
    def capacity(self, machine: Machine) -> tuple[float, float]:
        """CPU cores and bytes of memory that a machine has to itself. Raises Unverifiable if it shares them."""

    @abc.abstractmethod
    def foreign_resources(self) -> list[str]:
        """What is on the nodes' network but not part of this platform. Raises Unverifiable if that is unknown."""

    @abc.abstractmethod
    def balancer_runs(self) -> bool:
        """Whether the load balancer runs, according to its provider."""

    def balancer_listens(self, port: int) -> bool:
        """Whether the load balancer itself listens on port 80 or 443; True if a connection to it is proof enough."""
        return True


def cluster_name(environment: Environment) -> str:
    """The name of an environment's cluster."""
    return "alternate-futures" if environment.name == "kind" else f"alternate-futures-{environment.name}"
