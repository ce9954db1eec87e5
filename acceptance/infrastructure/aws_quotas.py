"""Quotas of an AWS account: its limits, what it has besides the platform, and what the platform needs.

Source: the Service Quotas console; infrastructure/aws/quotas.tf, which checks two of them again during an apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from acceptance.base.errors import UserError
from acceptance.clients.aws import Aws, refusal

STANDARD = re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d")
"""Families of instances that share the quota of standard ones."""


@dataclass(frozen=True)
class Quota:
    """A quota: where AWS keeps it, what it counts, and its default."""

    service: str
    code: str
    what: str
    given: float


VIRTUAL_CPUS = Quota("ec2", "L-1216C47A", "virtual CPUs of standard instances", 5)
ADDRESSES = Quota("ec2", "L-0263D0A3", "Elastic IPs", 5)
BALANCERS = Quota("elasticloadbalancing", "L-69A177A2", "network load balancers", 50)
NETWORKS = Quota("vpc", "L-F678F1CE", "VPCs", 5)


@dataclass
class Quotas:
    """The quotas of one region, compared with what an apply with these variables rents."""

    aws: Aws
    values: dict[str, Any]

    def is_ours(self, thing: dict[str, Any]) -> bool:
        """Whether a resource has the platform's tag."""
        return {"Key": "Cluster", "Value": self.values["name"]} in thing.get("Tags", [])

    def limit(self, quota: Quota) -> float:
        """The account's limit. Raises UserError if AWS does not say."""
        words = ("--service-code", quota.service, "--quota-code", quota.code)
        try:
            return float(self.aws.ask("service-quotas", "get-service-quota", *words)["Quota"]["Value"])
        except UserError as error:
            if refusal(error)[0] == "NoSuchResourceException":
                # AWS answers so if no other value was ever requested.
                return quota.given
            raise

    def virtual_cpus(self) -> tuple[int, int]:
        """Virtual CPUs of the platform's machines, and of others that are running."""
        counts = {self.values[f"{role}_type"]: 0 for role in ("control_plane", "worker")}
        for role in ("control_plane", "worker"):
            counts[self.values[f"{role}_type"]] += self.values[f"{role}s"]
        kinds = self.aws.ask("ec2", "describe-instance-types", "--instance-types", *counts)["InstanceTypes"]
        wanted = sum(counts[kind["InstanceType"]] * kind["VCpuInfo"]["DefaultVCpus"] for kind in kinds)
        running = ["--filters", "Name=instance-state-name,Values=pending,running"]
        groups = self.aws.ask("ec2", "describe-instances", *running)["Reservations"]
        others = [
            machine["CpuOptions"]["CoreCount"] * machine["CpuOptions"]["ThreadsPerCore"]
            for group in groups
            for machine in group["Instances"]
            if STANDARD.match(machine["InstanceType"]) and not self.is_ours(machine)
        ]
        return wanted, sum(others)

    def addresses(self) -> tuple[int, int]:
        """Elastic IPs: one per zone for the load balancer and one per NAT gateway; and those in use elsewhere."""
        zones = len(self.values["zones"])
        found = self.aws.ask("ec2", "describe-addresses")["Addresses"]
        return zones + (zones if self.values["nat_per_zone"] else 1), sum(not self.is_ours(item) for item in found)

    def balancers(self) -> tuple[int, int]:
        """Network load balancers."""
        found = self.aws.ask("elbv2", "describe-load-balancers")["LoadBalancers"]
        others = [
            item for item in found if item["Type"] == "network" and item["LoadBalancerName"] != self.values["name"]
        ]
        return 1, len(others)

    def networks(self) -> tuple[int, int]:
        """VPCs, including the account's default one."""
        return 1, sum(not self.is_ours(item) for item in self.aws.ask("ec2", "describe-vpcs")["Vpcs"])

    def too_small(self) -> Iterator[UserError]:
        """The quotas that the platform would exceed."""
        count: dict[Quota, Callable[[], tuple[int, int]]] = {
            VIRTUAL_CPUS: self.virtual_cpus,
            ADDRESSES: self.addresses,
            BALANCERS: self.balancers,
            NETWORKS: self.networks,
        }
        for quota, counted in count.items():
            try:
                limit, (wanted, others) = self.limit(quota), counted()
            except UserError as error:
                yield UserError(
                    f"the quota of {quota.what} cannot be read: {refusal(error)[1]}", "ask an administrator"
                )
                continue
            if wanted + others > limit:
                ask = f"--service-code {quota.service} --quota-code {quota.code} --desired-value {wanted + others}"
                yield UserError(
                    f"{quota.what}: {wanted} needed, {others} in use, but the account's limit is {limit:.0f}",
                    f"aws service-quotas request-service-quota-increase --region {self.aws.region} {ask}",
                )
