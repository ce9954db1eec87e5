"""Infrastructure that outlives runs: attached to through its cluster; on AWS also provisioned, inspected and removed.

Source: the design, section Production; infrastructure/aws/README.md.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from kubernetes import client, utils

from acceptance.base.conditions import is_ready
from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import LongLivedSettings
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure.attachment import Attachment
from acceptance.infrastructure.cluster_lock import ANSWERS_WITHIN
from acceptance.infrastructure.contract import CONTROL_PLANE, Infrastructure, LoadBalancer, Machine, Outputs

KERNEL_KEEPS = 0.06
"""Share of a machine's memory that the kernel reserves before the node reports the rest."""
APPLY_TIMEOUT = 5400
"""Seconds: the start of machines, and an hour for the platform's DNS records to be created."""


class AttachedInfrastructure(Infrastructure):
    """Infrastructure that was provisioned elsewhere, known by its nodes."""

    def __init__(self, environment: Environment, attachment: Attachment):
        super().__init__(environment)
        self.attachment = attachment

    @cached_property
    def nodes(self) -> dict[str, Any]:
        """The cluster's nodes by name, as of the beginning of the run."""
        listed = client.CoreV1Api(self.attachment.api).list_node(_request_timeout=ANSWERS_WITHIN).items
        return {node.metadata.name: node for node in listed}

    def apply(self) -> Outputs:
        """There is nothing to provision."""
        return self.attach()

    def attach(self) -> Outputs:
        """The outputs, from nodes and environment file. Raises UserError without a control plane or a worker."""
        machines: dict[bool, list[Machine]] = {True: [], False: []}
        for name, node in self.nodes.items():
            address = next((item.address for item in node.status.addresses if item.type == "InternalIP"), "")
            machines[CONTROL_PLANE in node.metadata.labels].append(Machine(name=name, address=address))
        if not (machines[True] and machines[False]):
            raise UserError(f"no control plane or no worker among {sorted(self.nodes)}", "check `kubectl get nodes`")
        settings = self.environment.infrastructure
        assert isinstance(settings, LongLivedSettings)
        balancer = settings.load_balancer
        return Outputs(
            cluster_name=self.name,
            kubeconfig_path=self.attachment.kubeconfig,
            load_balancer=LoadBalancer(
                address=balancer.address if balancer else f"www.{self.environment.domain}",
                http_port=balancer.http_port if balancer else 80,
                https_port=balancer.https_port if balancer else 443,
                id=f"the load balancer of {self.environment.name}",
            ),
            control_planes=machines[True],
            workers=machines[False],
            network=None,
            volumes={},
        )

    def destroy(self) -> None:
        """Nothing of it is ours. Raises UserError."""
        raise UserError(f"{self.name} was not made by this project", "only its provisioner can remove it")

    def leftovers(self) -> dict[str, list[str]]:
        """Nothing of it is ours."""
        return {}

    def resources(self) -> list[str]:
        """No state of OpenTofu describes it."""
        return []

    def is_running(self, machine: Machine) -> bool:
        """Whether its node reports: there is no other source."""
        return is_ready(self.nodes[machine.name])

    def capacity(self, machine: Machine) -> tuple[float, float]:
        """What its node reports, plus the kernel's share. Raises Unverifiable for a container."""
        node = self.nodes[machine.name]
        if (node.spec.provider_id or "").startswith("kind://"):
            raise Unverifiable("the nodes are containers that share one host's CPUs and memory")
        capacity = {key: float(utils.parse_quantity(value)) for key, value in node.status.capacity.items()}
        return capacity["cpu"], capacity["memory"] * (1 + KERNEL_KEEPS)

    def foreign_resources(self) -> list[str]:
        """Raises Unverifiable."""
        raise Unverifiable("only its provisioner knows what else is on the nodes' network")

    def balancer_runs(self) -> bool:
        """All that can be observed is that it accepts connections."""
        return True
