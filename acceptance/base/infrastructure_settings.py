"""The section `infrastructure` of an environment file: what provisions the cluster, in three forms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator

from acceptance.base.service_settings import Section

Port = Annotated[int, Field(gt=0, lt=65536)]


class KindSettings(Section):
    """A kind cluster, which OpenTofu creates on this machine and destroys again.

    `subnet`: that of the nodes' network; if unset, one that no other network of the engine uses.
    """

    provisioner: Literal["kind"]
    control_planes: Annotated[int, Field(ge=1)] = 3
    workers: Annotated[int, Field(ge=1)] = 2
    subnet: str | None = None
    http_port: Port = 80
    https_port: Port = 443

    @field_validator("subnet")
    @classmethod
    def is_network(cls, value: str | None) -> str | None:
        """Reject anything that is not a network in CIDR notation."""
        if value is not None:
            IPvAnyNetwork(value)  # type: ignore[operator]
        return value


class LoadBalancerSettings(Section):
    """An address that all requests to the platform's names go to, instead of what DNS says."""

    address: str
    http_port: Port = 80
    https_port: Port = 443


class LongLivedSettings(Section):
    """A cluster that outlives runs: how to reach it, and how to tell it from others."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster_uid: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = None
    cluster_ca_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    load_balancer: LoadBalancerSettings | None = None

    @property
    def names_cluster(self) -> bool:
        """Whether it identifies a cluster."""
        return bool(self.cluster_uid or self.cluster_ca_sha256)


class ExistingSettings(LongLivedSettings):
    """A cluster that was provisioned elsewhere; the run creates and removes only what scenarios need."""

    provisioner: Literal["existing"]

    @model_validator(mode="after")
    def is_named(self) -> ExistingSettings:
        """Refuse to attach to whatever cluster the kubeconfig happens to point at."""
        if not self.names_cluster:
            raise ValueError(
                "needs cluster_uid (kubectl get namespace kube-system -o jsonpath={.metadata.uid}) or cluster_ca_sha256"
            )
        return self


class AwsSettings(LongLivedSettings):
    """Machines on AWS, which OpenTofu provisions on request. Paths are relative to infrastructure/aws."""

    provisioner: Literal["aws"]
    variables: str
    backend: str


FORMS = {"kind": KindSettings, "aws": AwsSettings, "existing": ExistingSettings}
"""The forms, by provisioner."""
