"""Objects of the platform that two Applications deploy. Source: 3.6, 13.1.

Each of the two takes the objects over in turn; what the other's folder lacks is removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from acceptance.base.deadlines import TRIED_AGAIN
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.application_policies import applications_everywhere
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SHARED = "SharedResourceWarning"
"""The condition that Argo CD gives an Application whose object belongs to another one, too."""
PART = "part of applications"
"""How its message goes on: with the names of both (controller/state.go)."""
HINT = "kubectl -n argocd get applications -o custom-columns=NAME:.metadata.name,SAID:.status.conditions"


def shared(found: Mapping[str, Manifest]) -> list[str]:
    """What Argo CD says about objects that belong to two Applications (by name), of which one is the platform's."""
    said = [
        (name, str(condition.get("message", "")))
        for name, item in found.items()
        for condition in (item.get("status") or {}).get("conditions") or []
        if condition.get("type") == SHARED
    ]
    return [f"{name}: {text}" for name, text in said if {name, *named(text)} & {*APPLICATIONS}]


def named(text: str) -> list[str]:
    """The names of Applications in the message of such a condition."""
    return re.findall(r"[\w.-]+", text.partition(PART)[2])


def wait_none_shared(platform: Platform) -> None:
    """Wait until no object of the platform belongs to two Applications. Raises TimedOut.

    Argo CD takes the condition away at its next comparison.
    """

    def none_shared() -> bool:
        found = shared(applications_everywhere(platform))
        assert not found, str(found)
        return True

    eventually(none_shared, within=TRIED_AGAIN, what="each object to belong to one Application", hint=HINT)
