"""The root infrastructure/aws: provisioned, asked about and removed. Source: infrastructure/aws/README.md."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from acceptance.base.environment import AwsSettings, Environment
from acceptance.base.errors import UserError
from acceptance.base.paths import INFRASTRUCTURE
from acceptance.clients.process import run
from acceptance.infrastructure.attached import APPLY_TIMEOUT, AttachedInfrastructure
from acceptance.infrastructure.attachment import Attachment
from acceptance.infrastructure.contract import Machine, Outputs


class AwsInfrastructure(AttachedInfrastructure):
    """The root infrastructure/aws: provisioned where it was asked for, asked about through the AWS command line."""

    def __init__(self, environment: Environment, attachment: Attachment, run_id: str, tools: Path, log: Path):
        super().__init__(environment, attachment)
        assert isinstance(environment.infrastructure, AwsSettings)
        self.settings = environment.infrastructure
        self.run_id = run_id
        self.tools = tools
        self.log = log
        self.root = INFRASTRUCTURE / "aws"

    def tofu(self, *arguments: str, check: bool = True) -> str:
        """Run tofu in the root; what it prints goes to the log unless it is asked for output."""
        quiet = arguments[0] in ("output", "state")
        environment = {
            "TF_DATA_DIR": str(self.folder / "tofu"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "TF_VAR_run": self.run_id,
        }
        # Set only where its user did not, by the name in lower case that OpenTofu wants.
        environment |= {key: str(self.folder) for key in ("TF_VAR_state_folder",) if key not in os.environ}
        command: list[str | Path] = [self.tools / "tofu", f"-chdir={self.root}", *arguments]
        log = None if quiet else self.log
        return run(command, log=log, environment=environment, timeout=APPLY_TIMEOUT, check=check).stdout

    def init(self) -> None:
        """Find the state. Raises UserError naming the file that bootstrap/ writes, if it is not there."""
        backend = self.root / self.settings.backend
        if not backend.is_file():
            raise UserError(
                f"there is no {backend}", "make it once per account: infrastructure/aws/README.md, `Once per account`"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tofu("init", "-reconfigure", f"-backend-config={self.settings.backend}")

    def apply(self) -> Outputs:
        """Provision what is missing; the outputs keep the contract of infrastructure/outputs.md."""
        self.init()
        self.tofu("apply", "-auto-approve", "-no-color", f"-var-file={self.settings.variables}")
        raw = json.loads(self.tofu("output", "-json"))
        return Outputs.model_validate({key: value["value"] for key, value in raw.items()})

    def destroy(self) -> None:
        """Remove all that apply made; the disks, too, for this was asked for by name."""
        self.init()
        self.tofu(
            "destroy", "-auto-approve", "-no-color", f"-var-file={self.settings.variables}", "-var=protected=false"
        )
        self.destroyed = True

    def aws(self, *arguments: str) -> Any:
        """What the AWS command line answers. Raises UserError with what it said."""
        text = run([self.tools / "aws", *arguments, "--output", "json"], timeout=60).stdout
        return json.loads(text or "null")

    def leftovers(self) -> dict[str, list[str]]:
        """What AWS still has with the platform's tag."""
        found = self.aws(
            "resourcegroupstaggingapi", "get-resources", "--tag-filters", f"Key=Cluster,Values={self.name}"
        )
        names = sorted(item["ResourceARN"] for item in found["ResourceTagMappingList"])
        return {"resources": names} if names else {}

    def resources(self) -> list[str]:
        """What the state names."""
        return self.tofu("state", "list", check=False).split()

    def instance(self, machine: Machine) -> dict[str, Any]:
        """The instance that a node runs on, by the id that the node has it from."""
        identity = (self.nodes[machine.name].spec.provider_id or "").rpartition("/")[2]
        found = self.aws("ec2", "describe-instances", "--instance-ids", identity)
        return dict(found["Reservations"][0]["Instances"][0])

    def is_running(self, machine: Machine) -> bool:
        """Whether AWS says so."""
        return bool(self.instance(machine)["State"]["Name"] == "running")

    def capacity(self, machine: Machine) -> tuple[float, float]:
        """What AWS sells under the instance's type."""
        kind = self.instance(machine)["InstanceType"]
        found = self.aws("ec2", "describe-instance-types", "--instance-types", kind)["InstanceTypes"][0]
        return float(found["VCpuInfo"]["DefaultVCpus"]), float(found["MemoryInfo"]["SizeInMiB"]) * 2**20

    def balancer_runs(self) -> bool:
        """Whether AWS says that it is active."""
        found = self.aws("elbv2", "describe-load-balancers", "--names", self.name)
        return bool(found["LoadBalancers"][0]["State"]["Code"] == "active")
