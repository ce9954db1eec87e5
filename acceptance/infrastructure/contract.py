"""What every infrastructure says of itself, and what can be asked of it. Source: infrastructure/outputs.md."""

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
    """Where users come in. Without an address, where DNS says."""

    address: str
    http_port: int
    https_port: int
    id: str


class Network(BaseModel):
    """The network that the nodes have to themselves."""

    id: str
    name: str
    subnet: str


class Volume(BaseModel):
    """A disk, and the storage class whose volumes lie on it."""

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
    """None where nobody says what the nodes' network is (an environment that is attached to)."""
    volumes: dict[str, Volume]


class NotRemoved(UserError, AssertionError):
    """Destroy did not remove everything. To a scenario that is what it saw of the platform, no error of its own."""


class Infrastructure(abc.ABC):
    """What the platform stands on: provisioned, attached to, asked about, and removed."""

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
        """The outputs of what is there, untouched. Raises UserError if there is none."""

    @abc.abstractmethod
    def destroy(self) -> None:
        """Remove all that apply made."""

    @abc.abstractmethod
    def leftovers(self) -> dict[str, list[str]]:
        """What is still there of it, by kind of object; empty lists are left out."""

    def still_there(self, before: dict[str, list[str]]) -> dict[str, list[str]]:
        """What `leftovers` once listed and is there still, whatever its labels say now."""
        return {}

    @abc.abstractmethod
    def resources(self) -> list[str]:
        """What the state of OpenTofu names."""

    @abc.abstractmethod
    def is_running(self, machine: Machine) -> bool:
        """Whether a machine runs, as whoever runs the machines says."""

    @abc.abstractmethod
    def capacity(self, machine: Machine) -> tuple[float, float]:
        """CPU cores and bytes of memory that a machine has to itself. Raises Unverifiable if it shares them."""

    @abc.abstractmethod
    def foreign_resources(self) -> list[str]:
        """What is on the nodes' network and not of this platform. Raises Unverifiable if nobody says."""

    @abc.abstractmethod
    def balancer_runs(self) -> bool:
        """Whether the load balancer runs, as whoever runs it says."""

    def balancer_listens(self, port: int) -> bool:
        """Whether the load balancer itself listens on port 80 or 443; True where a connection to it is proof enough."""
        return True


def cluster_name(environment: Environment) -> str:
    """The name of an environment's cluster."""
    return "alternate-futures" if environment.name == "kind" else f"alternate-futures-{environment.name}"
