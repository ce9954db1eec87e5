"""Programs needed to judge a long-lived environment."""

from __future__ import annotations

from pathlib import Path

from acceptance.base.environment import Environment
from acceptance.base.infrastructure_settings import AwsSettings
from acceptance.base.paths import find_tool

TOOLS = ("kubectl", "kubeseal")


def missing_tools(environment: Environment, *, changes: bool) -> list[str]:
    """The missing programs among those needed to judge this environment or change its infrastructure."""
    names = [*TOOLS]
    if isinstance(environment.infrastructure, AwsSettings):
        names += ["aws", *(["tofu"] if changes else [])]
    return [name for name in names if find_tool(name) is None]


def link_tools(folder: Path) -> Path:
    """A folder of links to the installed programs."""
    folder = folder / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*TOOLS, "tofu", "aws"):
        (folder / name).unlink(missing_ok=True)
        if found := find_tool(name):
            (folder / name).symlink_to(found)
    return folder
