"""What a run may do to its platform. Source: docs/decisions/0012-guard-rails.md."""

from __future__ import annotations

from dataclasses import dataclass

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import AwsSettings


@dataclass(frozen=True)
class Permissions:
    """What a run may do to its platform beyond looking at it."""

    provision: bool = True
    disruptive: bool = True
    destroy: bool = True


def permissions(environment: Environment, flags: Permissions, confirm: str | None) -> Permissions:
    """What the command line allows. Raises UserError if a flag lacks its confirmation or does not apply here."""
    given = [f"--{name}" for name in ("provision", "disruptive", "destroy") if getattr(flags, name)]
    if confirm is not None and confirm != environment.name:
        raise UserError(
            f"--confirm={confirm}, but the environment is {environment.name}",
            f"check that --env is what you mean; then --confirm={environment.name}",
        )
    if not environment.is_long_lived:
        return Permissions()
    if given and confirm is None:
        raise UserError(
            f"{' '.join(given)} changes {environment.name} for its users",
            f"type its name out: --confirm={environment.name}",
        )
    if flags.destroy and not isinstance(environment.infrastructure, AwsSettings):
        raise UserError(
            f"--destroy: the infrastructure of {environment.name} was not made by this project",
            "leave out --destroy; only its provisioner can remove it",
        )
    return flags
