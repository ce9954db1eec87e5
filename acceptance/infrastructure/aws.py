"""The root infrastructure/aws: provisioned, inspected and removed. Source: infrastructure/aws/README.md."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import re
from pathlib import Path
from typing import Any

from cryptography import x509

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import AwsSettings
from acceptance.base.paths import INFRASTRUCTURE
from acceptance.clients.aws import Aws
from acceptance.clients.process import run
from acceptance.infrastructure.attached import APPLY_TIMEOUT, AttachedInfrastructure
from acceptance.infrastructure.attachment import Attachment
from acceptance.infrastructure.aws_apply_log import followed
from acceptance.infrastructure.aws_prices import Apply
from acceptance.infrastructure.aws_refusals import explained
from acceptance.infrastructure.contract import Machine, Outputs
from acceptance.infrastructure.tfvars import variables

KUBECONFIG = "terraform_data.kubeconfig"
LOAD_BALANCER = "module.load_balancer.aws_lb.this"
RENEW_BEFORE = datetime.timedelta(days=30)
"""A kubeconfig whose certificate expires sooner is fetched again; servers replace it 60 days before that."""
STOPS_WITHIN = 900
"""Seconds that OpenTofu gets when a run is interrupted: a load balancer or NAT gateway takes minutes to come or go."""
ROLES = ("control-plane", "worker", "flows")
"""Suffixes of the names of the root's roles; AWS cannot find roles by tag."""


def is_current(kubeconfig: Path) -> bool:
    """Whether a kubeconfig exists and its certificate, if any, is valid for another month."""
    if not kubeconfig.is_file():
        return False
    found = re.search(r"client-certificate-data: *(\S+)", kubeconfig.read_text())
    if not found:
        return True
    ends = x509.load_pem_x509_certificates(base64.b64decode(found[1]))[0].not_valid_after_utc
    return ends > datetime.datetime.now(datetime.UTC) + RENEW_BEFORE


class AwsInfrastructure(AttachedInfrastructure):
    """The root infrastructure/aws: provisioned on request, inspected through the AWS command line."""

    def __init__(self, environment: Environment, attachment: Attachment, tools: Path, log: Path):
        super().__init__(environment, attachment)
        assert isinstance(environment.infrastructure, AwsSettings)
        self.settings = environment.infrastructure
        self.tools = tools
        self.log = log
        self.root = INFRASTRUCTURE / "aws"

    def tofu(self, *arguments: str, check: bool = True) -> str:
        """Run tofu in the root; its output goes to the log unless requested.

        Every command gets the variables: state encryption needs the region for any operation on the state. If the run
        is interrupted, an apply or destroy may end what it has begun: killed, it would leave a locked state behind, and
        resources that the state does not have. Raises UserError with a remedy for what was refused.
        """
        quiet = arguments[0] in ("output", "state")
        environment = {
            "TF_DATA_DIR": str(self.folder / "tofu"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }
        # Only if the user did not set it, under the lower-case name that OpenTofu expects.
        environment |= {key: str(self.folder) for key in ("TF_VAR_state_folder",) if key not in os.environ}
        variables = f"-var-file={self.settings.variables}"
        words = 2 if arguments[0] == "state" else 1
        command: list[str | Path] = [
            self.tools / "tofu", f"-chdir={self.root}", *arguments[:words], variables, *arguments[words:]
        ]  # fmt: skip
        log = None if quiet else self.log
        changes = arguments[0] in ("apply", "destroy")
        more: dict[str, Any] = {"timeout": APPLY_TIMEOUT, "grace": STOPS_WITHIN if changes else 0, "check": check}
        try:
            with self.following() if arguments[0] == "apply" else contextlib.nullcontext():
                return run(command, log=log, environment=environment, **more).stdout
        except UserError as error:
            raise explained(error, self.settings.variables) from error

    def following(self) -> contextlib.AbstractContextManager[None]:
        """Print what an apply says in the log while it runs."""
        return followed(self.log, Apply(variables(self.root, self.settings.variables)))

    def init(self) -> None:
        """Locate the state. Raises UserError naming the file that bootstrap/ writes, if it is missing."""
        backend = self.root / self.settings.backend
        if not backend.is_file():
            raise UserError(
                f"there is no {backend}", "create it once per account: infrastructure/aws/README.md, `Once per account`"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tofu("init", "-reconfigure", f"-backend-config={self.settings.backend}")

    def apply(self) -> Outputs:
        """Provision what is missing; the outputs follow the contract of infrastructure/outputs.md."""
        self.init()
        # The file is local but the state is shared: the state does not say whether the file is here.
        again = [] if is_current(self.folder / "kubeconfig") else [f"-replace={KUBECONFIG}"]
        self.tofu("apply", "-auto-approve", "-no-color", *again)
        raw = json.loads(self.tofu("output", "-json"))
        return Outputs.model_validate({key: value["value"] for key, value in raw.items()})

    def destroy(self) -> None:
        """Remove everything that apply created, including the disks, because this was explicitly confirmed."""
        self.init()
        unprotected = "-var=protected=false"
        if LOAD_BALANCER in self.resources():
            # AWS refuses to delete a protected load balancer, and OpenTofu does not lift the protection.
            self.tofu("apply", "-auto-approve", "-no-color", unprotected, f"-target={LOAD_BALANCER}")
        self.tofu("destroy", "-auto-approve", "-no-color", unprotected)
        self.destroyed = True

    @property
    def region(self) -> str:
        """The region in the variables. Raises UserError if they name none."""
        path = self.root / self.settings.variables
        found = re.search(r'^region\s*=\s*"([^"]+)"', path.read_text(), re.MULTILINE)
        if not found:
            raise UserError(f"{path} names no region", 'add a line such as region = "eu-central-1"')
        return found[1]

    def aws(self, *arguments: str) -> Any:
        """The AWS command line's answer, in the platform's region. Raises UserError with what it said."""
        return Aws(self.tools / "aws", self.region).ask(*arguments)

    def leftovers(self) -> dict[str, list[str]]:
        """What AWS still has of the platform, by tag or, where tags cannot be searched, by name.

        AWS lists some resources for hours or days after their deletion; those do not count.
        """
        found = self.aws(
            "resourcegroupstaggingapi", "get-resources", "--tag-filters", f"Key=Cluster,Values={self.name}"
        )
        arns = sorted(item["ResourceARN"] for item in found["ResourceTagMappingList"])
        zones = self.aws("route53", "list-hosted-zones")["HostedZones"]
        left = {
            "resources": [arn for arn in arns if not self.is_gone(arn)],
            "roles": [role for role in ROLES if self.has_role(f"{self.name}-{role}")],
            "zones": [zone["Name"] for zone in zones if zone["Name"].rstrip(".") == f"{self.name}.internal"],
        }
        return {kind: names for kind, names in left.items() if names}

    def is_gone(self, arn: str) -> bool:
        """Whether AWS lists this by tag but has deleted it, or scheduled its deletion."""
        service, identity = arn.split(":")[2], arn.rpartition("/")[2]
        # Unlike ids, filters cause no error if AWS has forgotten the object.
        if service == "ec2" and identity.startswith("i-"):
            listed = self.aws("ec2", "describe-instances", "--filters", f"Name=instance-id,Values={identity}")
            machines = [machine for group in listed["Reservations"] for machine in group["Instances"]]
            return all(machine["State"]["Name"] == "terminated" for machine in machines)
        if service == "ec2" and identity.startswith("nat-"):
            listed = self.aws("ec2", "describe-nat-gateways", "--filter", f"Name=nat-gateway-id,Values={identity}")
            return all(gateway["State"] == "deleted" for gateway in listed["NatGateways"])
        if service == "kms":
            key = self.aws("kms", "describe-key", "--key-id", identity)["KeyMetadata"]
            return bool(key["KeyState"] == "PendingDeletion")
        return False

    def has_role(self, name: str) -> bool:
        """Whether the account has a role of this name."""
        try:
            self.aws("iam", "get-role", "--role-name", name)
        except UserError as error:
            if "NoSuchEntity" in error.problem:
                return False
            raise
        return True

    def resources(self) -> list[str]:
        """The resources in the state. Raises UserError if the state cannot be read, which differs from an empty one."""
        # Before the first apply, `state list` fails but `state pull` prints an empty state.
        state = json.loads(self.tofu("state", "pull") or "{}")
        return self.tofu("state", "list").split() if state.get("resources") else []

    def instance(self, machine: Machine) -> dict[str, Any]:
        """The instance that a node runs on. Raises UserError if AWS has none.

        K3s names the node after the instance (cloud-init/files/k3s-node.sh); its provider id is k3s://NODE.
        """
        found = re.search(r"i-[0-9a-f]+$", machine.name)
        mine = [f"Name=private-ip-address,Values={machine.address}", f"Name=tag:Cluster,Values={self.name}"]
        which = ["--instance-ids", found[0]] if found else ["--filters", *mine]
        reservations = self.aws("ec2", "describe-instances", *which)["Reservations"]
        if not reservations:
            raise UserError(f"AWS has no instance for {machine.name} at {machine.address}", "check `kubectl get nodes`")
        return dict(reservations[0]["Instances"][0])

    def is_running(self, machine: Machine) -> bool:
        """Whether AWS reports that it runs."""
        return bool(self.instance(machine)["State"]["Name"] == "running")

    def capacity(self, machine: Machine) -> tuple[float, float]:
        """The specification of the instance's type."""
        kind = self.instance(machine)["InstanceType"]
        found = self.aws("ec2", "describe-instance-types", "--instance-types", kind)["InstanceTypes"][0]
        return float(found["VCpuInfo"]["DefaultVCpus"]), float(found["MemoryInfo"]["SizeInMiB"]) * 2**20

    def balancer_runs(self) -> bool:
        """Whether AWS reports that it is active."""
        found = self.aws("elbv2", "describe-load-balancers", "--names", self.name)
        return bool(found["LoadBalancers"][0]["State"]["Code"] == "active")
