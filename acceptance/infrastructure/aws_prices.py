"""What an apply has created so far, and its approximate hourly cost, from OpenTofu's output.

Source: AWS's price lists for eu-central-1 in 2026, on demand, in US dollars; docs/measurements.md adds them up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MACHINES = {
    "c6i.large": 0.097, "c6i.xlarge": 0.194, "m6i.large": 0.115, "m6i.xlarge": 0.230, "m6i.2xlarge": 0.460,
    "t3.medium": 0.048, "t3.large": 0.096, "t3.xlarge": 0.192,
}  # fmt: skip
"""Hourly prices of instance types."""
EACH = {"aws_nat_gateway": 0.052, "aws_lb": 0.034, "aws_eip": 0.005}
"""Resource types with a fixed price; a load balancer under light use."""
GIGABYTE = 0.095 / 730
"""Hourly price of a gigabyte of gp3."""
ROOT_DISKS = {"control_plane": 40, "worker": 60}
"""Gigabytes of the machines' root disks. Source: infrastructure/aws/modules/k3s-cluster."""

PLANNED = re.compile(r"^Plan: (\d+) to add", re.MULTILINE)
MADE = re.compile(r"^(\S+(?:\[\"[^\"]+\"\])?): (Refreshing state|Creation complete|Destruction complete)", re.MULTILINE)
ADDRESS = re.compile(r"(?:^|\.)(aws_\w+)\.(\w+)(?:\[\"([^\"]+)\"\])?$")


@dataclass
class Apply:
    """An apply, as seen in its log."""

    variables: dict[str, Any]
    planned: int | None = None
    there: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)

    def read(self, text: str) -> None:
        """Process more lines of the log."""
        if found := PLANNED.search(text):
            self.planned = int(found[1])
        for address, what in MADE.findall(text):
            if what == "Destruction complete":
                self.there.discard(address)
                continue
            self.there.add(address)
            if what == "Creation complete":
                self.made.add(address)

    def price(self, address: str) -> float | None:
        """US dollars per hour for one resource; 0 if it is free by itself, None if unknown."""
        found = ADDRESS.search(address)
        if not found:
            return 0
        kind, name, key = found.groups()
        if kind == "aws_instance":
            machine = MACHINES.get(self.variables[f"{name}_type"])
            return None if machine is None else machine + ROOT_DISKS[name] * GIGABYTE
        if kind == "aws_ebs_volume":
            return float(self.variables[f"{key}_volume_gb"]) * GIGABYTE
        return EACH.get(kind, 0)

    def describe(self) -> str:
        """Progress and current cost, in a line."""
        prices = {address: self.price(address) for address in self.there}
        known = sum(price for price in prices.values() if price is not None)
        unknown = sorted(address for address, price in prices.items() if price is None)
        but = f", not counting {len(unknown)} machines of types without a known price" if unknown else ""
        of = "" if self.planned is None else f" of {self.planned}"
        return f"{len(self.made)}{of} resources created, costing about {known:.2f} US dollars an hour{but}"
