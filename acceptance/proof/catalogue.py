"""The catalogue of defects: defects/*.yaml, read and checked against the criteria. Source: docs/decisions/0011."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT

FOLDER = ROOT / "defects"
WAYS = ("git", "patch", "create", "delete", "scale", "execute", "node", "sql", "engine", "host", "source")
"""The ways to inject a defect; each is a method of `Workbench`."""


NEEDS: dict[str, tuple[str, ...]] = {
    "git": ("file", "replace", "with"),
    "patch": ("kind", "name"),
    "create": ("kind",),
    "delete": ("kind", "name"),
    "scale": ("kind", "name", "replicas"),
    "execute": ("pod", "command", "undo"),
    "node": ("machines", "command", "undo"),
    "sql": ("statement", "undo"),
    "engine": ("command", "undo"),
    "host": ("command", "undo"),
    "source": ("service", "file", "replace", "with"),
}
"""The fields that each way requires."""
LOOKS: dict[str, tuple[str, ...]] = {
    "kubectl": ("arguments", "expect"),
    "execute": ("pod", "command", "expect"),
    "node": ("machines", "command", "expect"),
    "sql": ("statement", "expect"),
    "http": ("url",),
    "engine": ("command", "expect"),
    "host": ("command", "expect"),
    "image": ("service", "expect"),
}
"""The fields that each look requires."""


class Defect(BaseModel):
    """A defect: how to inject it, how to see that it is in effect, and which criteria it must or may turn red.

    `because`: a pattern that the reason of each red must match; a red for another reason is no proof.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    says: str
    make: dict[str, Any]
    effect: dict[str, Any]
    red: list[str] = Field(min_length=1)
    because: str = ""
    may: list[str] = Field(default_factory=list)
    touches: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def is_made_in_one_way(self) -> Defect:
        """Reject a defect with no known way to inject it, or with two."""
        if len(self.make) != 1 or self.way not in WAYS:
            raise ValueError(f"make has to have one of {', '.join(WAYS)}")
        if len(self.effect) != 1 or next(iter(self.effect)) not in LOOKS:
            raise ValueError(f"effect has to have one of {', '.join(LOOKS)}")
        for part, needs in ((self.make, NEEDS), (self.effect, LOOKS)):
            for way, what in part.items():
                if missing := [key for key in needs[way] if key not in what]:
                    raise ValueError(f"{way} has no {', '.join(missing)}")
        return self

    @property
    def way(self) -> str:
        """How it is injected."""
        return next(iter(self.make))


def load_defects(folder: Path = FOLDER) -> dict[str, Defect]:
    """All defects by id. Raises UserError naming file and entry if one is invalid or listed twice."""
    found: dict[str, Defect] = {}
    for path in sorted(folder.glob("*.yaml")):
        for number, entry in enumerate(yaml.safe_load(path.read_text()) or [], 1):
            name = entry.get("id", f"entry {number}") if isinstance(entry, dict) else f"entry {number}"
            try:
                defect = Defect.model_validate(entry)
            except ValidationError as error:
                said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
                raise UserError(f"{path}: {name}: {said}", "fix it: docs/developer-guide.md, defects") from error
            if defect.id in found:
                raise UserError(f"{path}: the defect {defect.id} is listed twice", "give each an id of its own")
            found[defect.id] = defect
    return found


def unknown_criteria(defects: dict[str, Defect], known: set[str]) -> list[str]:
    """The criteria that defects name but no scenario judges."""
    return [
        f"the defect {defect.id} names {name}, which no scenario judges"
        for defect in defects.values()
        for name in [*defect.red, *defect.may]
        if name not in known
    ]
