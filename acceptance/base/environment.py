"""Environment files: where the platform runs, and all that differs between such places. Source: docs, design."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import (
    FORMS,
    AwsSettings,
    ExistingSettings,
    KindSettings,
    LongLivedSettings,
)
from acceptance.base.paths import ROOT
from acceptance.base.service_settings import Section, ServiceSettings

MOST_LANES = 8


class ImageSettings(Section):
    """Where images come from.

    `upstream`: a mirror of all registries, or a table of mirrors by registry ("docker.io" = "harbor.example/hub");
    `probe`: the image that scenarios run.
    """

    mode: Literal["auto", "pull", "build"] = "auto"
    upstream: str | dict[str, str] | None = None
    probe: str = "registry:5000/alternate-futures/probe:latest"


class PreflightSettings(Section):
    """What a machine must have free, in GB (10^9 bytes)."""

    disk_gb: Annotated[float, Field(ge=0)] = 15.0
    memory_gb: Annotated[float, Field(ge=0)] = 6.0

    @field_validator("disk_gb", "memory_gb", mode="before")
    @classmethod
    def whole_numbers_too(cls, value: object) -> object:
        """TOML's 15 is a number of gigabytes like 15.0."""
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class GitOpsSettings(Section):
    """Where Argo CD deploys from, and how often it looks there.

    `repositories` of a server outside: `platform`, and where scenarios may push `demo` and `demo-polled`. The
    password for pushing comes from the variable that `password_variable` names.
    """

    server: Literal["in-cluster", "external"] = "in-cluster"
    polling_seconds: Annotated[int, Field(gt=0)] = 180
    repositories: dict[Literal["platform", "demo", "demo-polled"], str] = Field(default_factory=dict)
    user: str = "git"
    password_variable: str | None = None
    reading_variable: str | None = None
    """The variable that holds what Argo CD reads with; where none is named it is given the password for pushing."""
    webhook_variable: str | None = None
    """The variable that holds what a server outside signs its webhooks with."""

    @model_validator(mode="after")
    def has_platform(self) -> GitOpsSettings:
        """A server outside has to have the platform's repository."""
        if self.server == "external" and "platform" not in self.repositories:
            raise ValueError("a server outside needs repositories.platform, the URL that Argo CD deploys from")
        return self


SecretKey = Literal["JWT_SECRET", "POSTGRES_PASSWORD", "SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "REDIS_PASSWORD"]


class SecretSettings(Section):
    """Where the values of secrets come from that the cluster does not have yet: `variables` of the environment by key,
    or thought up by the run where it may `generate` them.
    """

    generate: bool = True
    variables: dict[SecretKey, str] = Field(default_factory=dict)


class Environment(Section):
    """An environment file."""

    # The longest name that a container gets from it, alternate-futures-NAME-external-load-balancer, is a host's: 63.
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=20)]
    domain: str
    infrastructure: Annotated[KindSettings | AwsSettings | ExistingSettings, Field(discriminator="provisioner")]
    images: ImageSettings = ImageSettings()
    overlay: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] = "kind"
    """The overlays of k8s/ that are deployed here."""
    overlays: dict[str, str] = Field(default_factory=dict)
    """Other overlays, by the component that is deployed from them instead."""
    patches: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] | None = None
    """The component of k8s/environment that goes over what the overlays' bases say: what does not fit here."""
    acme: Literal["pebble", "staging", "live"] = "pebble"
    acme_roots: str | None = None
    gitops: GitOpsSettings = GitOpsSettings()
    secrets: SecretSettings = SecretSettings()
    services: ServiceSettings = ServiceSettings()
    preflight: PreflightSettings = PreflightSettings()
    lanes: Annotated[int, Field(ge=1, le=MOST_LANES)] = 1
    stand_ins: dict[str, str] = Field(default_factory=dict)
    unverifiable: dict[str, str] = Field(default_factory=dict)

    @property
    def is_long_lived(self) -> bool:
        """Whether the platform outlives runs, so that what changes it has to be asked for."""
        return isinstance(self.infrastructure, LongLivedSettings)

    @property
    def scenario_domain(self) -> str:
        """Where scenarios invent host names: all of them lead to the load balancer.

        That takes a wildcard record where DNS is real; one for the domain itself would catch its owner's names.
        """
        return f"acceptance.{self.domain}" if self.is_long_lived else self.domain

    @model_validator(mode="after")
    def production_is_real(self) -> Environment:
        """Production has no stand-ins. Source: the design, section Production."""
        if self.name != "production" and self.infrastructure.provisioner != "aws":
            return self
        wrong = {
            "infrastructure.provisioner is kind": self.infrastructure.provisioner == "kind",
            f"stand_ins names {', '.join(self.stand_ins)}": bool(self.stand_ins),
            "acme is pebble, which nobody trusts": self.acme == "pebble",
            "overlay is kind, which is small": "kind" in (self.overlay, *self.overlays.values()),
            "patches names what does not fit elsewhere": bool(self.patches),
            "gitops.server is in-cluster": self.gitops.server == "in-cluster",
            "secrets.generate is true": self.secrets.generate,
        }
        if found := [text for text, is_so in wrong.items() if is_so]:
            raise ValueError(f"production runs the systems themselves, but {'; '.join(found)}")
        return self

    @model_validator(mode="after")
    def lanes_are_for_kind(self) -> Environment:
        """Who attaches to a platform has one lock in its cluster, for one process."""
        if self.is_long_lived and self.lanes > 1:
            raise ValueError("lanes are for kind: a platform that outlives runs is judged by one process")
        return self

    @model_validator(mode="after")
    def staging_has_roots(self) -> Environment:
        """Nobody trusts Let's Encrypt's staging authority unless told to."""
        if self.acme == "staging" and not self.acme_roots:
            raise ValueError('acme = "staging" needs acme_roots: a PEM file of the staging roots, which no system has')
        return self


def known_environments() -> list[str]:
    """Names of the environments that the project brings."""
    return sorted(path.stem for path in (ROOT / "environments").glob("*.toml"))


def load_environment(name_or_path: str) -> Environment:
    """Read an environment by name, or from a file. Raises UserError naming file, key and what is known."""
    if name_or_path in known_environments():
        path = ROOT / "environments" / f"{name_or_path}.toml"
    elif name_or_path.endswith(".toml") or "/" in name_or_path:
        path = Path(name_or_path)
        if not path.is_file():
            raise UserError(f"environment file {path} does not exist", "give the path of a TOML file, or a name")
    else:
        raise UserError(
            f"unknown environment {name_or_path!r}",
            f"known are {', '.join(known_environments())}; --env also takes the path of a TOML file",
        )
    try:
        document = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not TOML: {error}", "mend that line") from error
    try:
        return Environment.model_validate(document)
    except ValidationError as error:
        problems = "\n  ".join(explain(problem) for problem in error.errors())
        raise UserError(f"{path}:\n  {problems}", "mend the keys named above") from error


def explain(problem: Any) -> str:
    """One problem of a validation in one sentence, with the keys that are known there."""
    # Where a section has several forms, pydantic names the form after the section.
    path = [part for part in problem["loc"] if part not in ("kind", "aws", "existing")]
    where = ".".join(str(part) for part in path)
    if problem["type"] != "extra_forbidden":
        text = problem["msg"].removeprefix("Value error, ")
        return f"{where}: {text}" if where else text
    return f"{where}: unknown key; known here: {', '.join(sorted(fields(problem['loc'][:-1])))}"


def fields(path: tuple[str | int, ...]) -> set[str]:
    """The keys of the section at `path`."""
    section: Any = Environment
    for part in path:
        if part in FORMS:
            section = FORMS[str(part)]
            continue
        section = section.model_fields[part].annotation
        # Optional sections.
        section = next((item for item in get_args(section) if item is not type(None)), section)
    return set(section.model_fields)
