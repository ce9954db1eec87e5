"""Checks what an apply of infrastructure/aws needs from an account, before anything is created. Source: its README."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import AwsSettings
from acceptance.clients.aws import Aws, refusal
from acceptance.infrastructure.aws_calls import AwsPlatform
from acceptance.infrastructure.aws_quotas import Quotas
from acceptance.infrastructure.aws_rights import denied, principal
from acceptance.infrastructure.tfvars import assignments, variables

README = "infrastructure/aws/README.md, `Once per account`"
IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
SHOWN = 8
"""How many calls are named if more are denied."""


@dataclass
class AwsPreflight:
    """The checks of one environment's account and variables; each yields what is wrong, with its remedy."""

    environment: Environment
    program: Path
    root: Path

    @property
    def settings(self) -> AwsSettings:
        """The environment's AWS settings."""
        assert isinstance(self.environment.infrastructure, AwsSettings)
        return self.environment.infrastructure

    @cached_property
    def values(self) -> dict[str, Any]:
        """The root's variables."""
        return variables(self.root, self.settings.variables)

    @cached_property
    def aws(self) -> Aws:
        """AWS in the platform's region."""
        return Aws(self.program, str(self.values["region"]))

    @cached_property
    def caller(self) -> dict[str, str]:
        """Our identity in AWS. Raises UserError if AWS does not say."""
        return dict(self.aws.ask("sts", "get-caller-identity"))

    def checks(self) -> dict[str, Callable[[], Iterator[UserError]]]:
        """The checks by subject, in the order in which an apply would need them."""
        checks: dict[str, Callable[[], Iterator[UserError]]] = {"variables": self.check_variables}
        if not (self.root / self.settings.variables).is_file():
            return checks
        checks["credentials"] = self.check_credentials
        if not list(self.check_credentials()):
            checks |= {
                "state": self.check_state, "region": self.check_region, "quotas": self.check_quotas,
                "DNS": self.check_dns, "rights": self.check_rights,
            }  # fmt: skip
        return checks

    def check_variables(self) -> Iterator[UserError]:
        """The files exist, and so do each operator's own settings."""
        for file, remedy in (
            (self.settings.variables, "create it, modelled on infrastructure/aws/environments/production.tfvars"),
            (self.settings.backend, f"create the state bucket and this file: {README}"),
        ):
            if not (self.root / file).is_file():
                yield UserError(f"there is no infrastructure/aws/{file}", remedy)
        if not (self.root / self.settings.variables).is_file():
            return
        if not str(self.values["ssh_public_key"] or "").startswith("ssh-ed25519 "):
            yield UserError(
                "TF_VAR_ssh_public_key holds no ed25519 key, which SSH to the machines requires",
                'export TF_VAR_ssh_public_key="$(cat ~/.ssh/id_ed25519.pub)"',
            )
        if not self.values["permissions_boundary"]:
            yield UserError(
                "TF_VAR_permissions_boundary is not set, and operators may not create roles without it",
                f"export what `tofu output -raw permissions_boundary` of bootstrap/ prints: {README}",
            )

    def check_credentials(self) -> Iterator[UserError]:
        """AWS accepts our credentials, in the intended account."""
        try:
            account, arn = self.caller["Account"], self.caller["Arn"]
        except UserError as error:
            yield UserError(
                f"AWS does not say who you are: {refusal(error)[1]}", "sign in (aws sso login), or export AWS_PROFILE"
            )
            return
        bound = re.match(r"arn:[\w-]+:iam::(\d{12}):", self.values["permissions_boundary"] or "")
        meant = self.values["account_id"] or (bound[1] if bound else None)
        if meant and str(meant) != account:
            yield UserError(
                f"you are in the account {account}, but the variables name {meant}", "switch the profile, or fix them"
            )
        if arn.endswith(":root"):
            yield UserError(
                f"you are {arn}, whose permissions have no boundary",
                f"work as an identity with the operators' policies: {README}",
            )

    @cached_property
    def backend(self) -> dict[str, Any]:
        """The settings of the state backend."""
        path = self.root / self.settings.backend
        return assignments(path) if path.is_file() else {}

    @cached_property
    def aliases(self) -> dict[str, str]:
        """The ids of the account's keys by alias."""
        listed = self.aws.ask("kms", "list-aliases")["Aliases"]
        return {item["AliasName"]: item.get("TargetKeyId", "") for item in listed}

    def check_state(self) -> Iterator[UserError]:
        """The state bucket and both keys exist."""
        if bucket := self.backend.get("bucket"):
            try:
                self.aws.ask("s3api", "head-bucket", "--bucket", bucket)
            except UserError as error:
                yield UserError(
                    f"the state bucket {bucket} does not answer: {refusal(error)[1]}", f"create it: {README}"
                )
        for alias in (self.values["state_key"], f"alias/{self.values['name']}"):
            if str(alias).startswith("alias/") and alias not in self.aliases:
                yield UserError(f"{self.aws.region} has no key {alias}", f"bootstrap/ creates it: {README}")

    def check_region(self) -> Iterator[UserError]:
        """The zones exist, each offers the machine types that it would get, and Amazon's image is available."""
        region, zones = self.aws.region, self.values["zones"]
        listed = self.aws.ask("ec2", "describe-availability-zones")["AvailabilityZones"]
        there = {zone["ZoneName"] for zone in listed if zone["State"] == "available"}
        if missing := [zone for zone in zones if zone not in there]:
            yield UserError(
                f"{region} has no zone {', '.join(missing)} for you, only {', '.join(sorted(there))}",
                "choose other zones",
            )
        for role in ("control_plane", "worker"):
            kind, count = self.values[f"{role}_type"], self.values[f"{role}s"]
            sold = self.aws.ask(
                "ec2", "describe-instance-type-offerings", "--location-type", "availability-zone",
                "--filters", f"Name=instance-type,Values={kind}",
            )["InstanceTypeOfferings"]  # fmt: skip
            lacking = sorted({*zones[:count]} & there - {item["Location"] for item in sold})
            if lacking:
                yield UserError(
                    f"{', '.join(lacking)} offers no {kind}", f"choose another zone, or another {role}_type"
                )
        try:
            self.aws.ask("ssm", "get-parameter", "--name", IMAGE)
        except UserError as error:
            yield UserError(
                f"Amazon's image cannot be looked up: {refusal(error)[1]}", "check whether SSM answers in this region"
            )

    def check_quotas(self) -> Iterator[UserError]:
        """What would be rented fits into the account's quotas in addition to what it has."""
        yield from Quotas(self.aws, self.values).too_small()

    def check_dns(self) -> Iterator[UserError]:
        """The zone is the domain's own, and public. Without one, apply prints the records and waits."""
        zone, domain = self.values["dns_zone_id"], self.environment.domain
        if not zone:
            return
        try:
            found = self.aws.ask("route53", "get-hosted-zone", "--id", zone)["HostedZone"]
        except UserError as error:
            yield UserError(
                f"there is no zone {zone}: {refusal(error)[1]}", "unset TF_VAR_dns_zone_id to add records by hand"
            )
            return
        if found["Name"].rstrip(".") != domain or found.get("Config", {}).get("PrivateZone"):
            yield UserError(
                f"the zone {zone} is {found['Name']}, not the public one of {domain}", "fix TF_VAR_dns_zone_id"
            )

    @cached_property
    def platform(self) -> AwsPlatform:
        """The resources that an apply's calls touch."""
        account, region = self.caller["Account"], self.aws.region
        partition = self.caller["Arn"].split(":")[1]
        key = f"arn:{partition}:kms:{region}:{account}:key/"
        state, ours = (
            key + self.aliases.get(str(name), "unknown")
            for name in (self.values["state_key"], f"alias/{self.values['name']}")
        )
        return AwsPlatform(
            self.values["name"], account, region, str(self.backend.get("bucket")), state, ours, partition
        )

    def check_rights(self) -> Iterator[UserError]:
        """IAM allows us each call of an apply, a tunnel and a destroy (by simulation)."""
        remedy = f"attach both operators' policies as bootstrap/ creates them: {README}"
        calls = self.platform.every_call()
        try:
            found = denied(self.aws, principal(self.aws, self.caller["Arn"]), calls)
        except UserError as error:
            yield UserError(f"IAM does not say what you may do: {refusal(error)[1]}", remedy)
            return
        if found:
            shown = ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
            yield UserError(f"you may not make {len(found)} of {len(calls)} calls: {shown}", remedy)
