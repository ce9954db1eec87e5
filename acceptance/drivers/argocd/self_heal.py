"""How long Argo CD may wait before it reverts manual changes once more, and for a sync to end. Source: 3.4, 3.6.

Judged here and in production. It waits longer before each attempt at one commit, so the first drift is healed at once
whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.polling import flag, variable, words_of
from acceptance.drivers.argocd.sync_retries import ON_RECORD
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

CONTROLLER, SETTINGS = "argocd-application-controller", "argocd-cmd-params-cm"
PREFIX, FLAGS = "ARGOCD_APPLICATION_CONTROLLER_SELF_HEAL_", "--self-heal-"
LONGEST = {"TIMEOUT_SECONDS": 60, "BACKOFF_TIMEOUT_SECONDS": 60, "BACKOFF_CAP_SECONDS": 300}
"""The longest waits in seconds, by the end of the controller's variable: before the second attempt, and before any.

300 s is Argo CD's own default for the last one; those for the first two are 5 s or less.
"""

SYNC_ENDS, SYNC_FLAG = "ARGOCD_APPLICATION_CONTROLLER_SYNC_TIMEOUT", "sync-timeout"
"""The controller's variable, and the flag that overrides it, for how long a sync may take; it ends longer ones as
failed. Unset or 0 means that Argo CD waits as long as it takes."""
SHORTEST, ENDLESS = 600, "no end"
"""The fewest seconds: the platform's syncs wait until everything is healthy. The most are ON_RECORD.

Argo CD never calls a StatefulSet Degraded, so the sync of a broken version waits for it, and no other one, with the
fix, begins before.
"""


def heals_late(controller: Manifest, settings: Mapping[str, str]) -> list[str]:
    """The settings by which drift may stay, or syncs end early or never, given argocd-cmd-params-cm's data, in words.

    A flag about self-healing is named whatever it says: it overrides the variables.
    """
    said = {name: variable(controller, PREFIX + name, settings) for name in LONGEST}
    late = [f"{PREFIX}{name}={text}" for name, text in said.items() if float(text or 0) > LONGEST[name]]
    given = flag(controller, SYNC_FLAG)
    ends, by = given or variable(controller, SYNC_ENDS, settings), f"--{SYNC_FLAG}" if given else SYNC_ENDS
    late += [] if SHORTEST <= float(ends or 0) <= ON_RECORD else [f"{by}={ends or ENDLESS}"]
    return late + [word for word in words_of(controller) if FLAGS in word]


def heals_late_everywhere(platform: Platform) -> dict[str, str]:
    """The settings by which drift may stay for long, in words: `here` and `in production`, where there are any."""
    cluster = platform.cluster
    running = cluster.apps.read_namespaced_stateful_set(CONTROLLER, ARGOCD)
    settings = cluster.core.read_namespaced_config_map(SETTINGS, ARGOCD).data or {}
    rendered = {(item["kind"], item["metadata"]["name"]): item for item in platform.rendering.production("argocd")}
    there = rendered["StatefulSet", CONTROLLER], rendered["ConfigMap", SETTINGS].get("data") or {}
    found = {
        "here": heals_late(cluster.api.sanitize_for_serialization(running), settings),
        "in production": heals_late(*there),
    }
    return {where: ", ".join(late) for where, late in found.items() if late}
