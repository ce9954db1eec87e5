"""Rollbacks of a service by the commands of the handbook, typed as they stand there. Source: 14.4, plan 22.5 and 25.6.

On an attached cluster the suite's own calls take their place: the current context of a kubeconfig may be another one.
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from acceptance.base.deadlines import ROLLED_OUT
from acceptance.base.waiting import eventually
from acceptance.clients.git import PUSHES
from acceptance.drivers.operations import rollouts
from acceptance.drivers.operations.handbooks import Block, Checkout, read_blocks
from acceptance.drivers.operations.service_under_change import ServiceUnderChange, put_back, stop_sync, wait_settled

HANDBOOK, PROOF = "operations.md", "plan-22.5"
REVERT, ROLL_BACK, SWITCH_ON = "git -C platform revert", '"operation":', '"automated": {'
"""What the three blocks of the handbook have that are proven here, each one alone."""
NAMED = "backend-service"
"""The service of which the handbook speaks."""
CLONE = "platform"
"""The folder in which the handbook has a clone of the platform's repository."""


def block_with(part: str) -> Block:
    """The handbook's block about rollbacks that has some text. Raises AssertionError unless there is one."""
    known = [item for item in read_blocks(HANDBOOK) if item.proof == PROOF]
    found = [item for item in known if part in item.text]
    assert len(found) == 1, f"expected one block with {part!r} and the proof {PROOF} in {HANDBOOK}, saw {len(found)}"
    return found[0]


def type_block(service: ServiceUnderChange, part: str, folder: Path) -> Checkout:
    """Type a block for a service in a folder; return what came of it."""
    block = block_with(part)
    place = Checkout(folder, service.cluster.tools, service.cluster.kubeconfig_path, {})
    place.more = service.repository.environment
    place.type(dataclasses.replace(block, text=block.text.replace(NAMED, service.name)))
    return place


def said(place: Checkout) -> str:
    """What the typed commands printed. Raises AssertionError if one failed."""
    assert not place.bad, f"expected the handbook's commands to succeed, but {'; '.join(place.bad)}"
    return "\n".join(text for _, text in place.ended.values())


def roll_back(service: ServiceUnderChange, folder: Path) -> object:
    """Switch auto-sync off and roll back to the version before the last one; return what was seen."""
    if service.cluster.is_attached:
        service.auto_sync(False)
        eventually(lambda: stop_sync(service), within=ROLLED_OUT, what="the sync of the broken version to end")
        return rollouts.roll_back_to_first(service)
    printed = said(type_block(service, ROLL_BACK, folder))
    service.is_still_off()
    return printed


def revert(service: ServiceUnderChange, folder: Path) -> str:
    """Revert the last commit in Git and switch auto-sync on again; return what was printed once all is settled."""
    if service.cluster.is_attached:
        put_back(service)
        return "its manifests in Git are as before"
    printed = said(reverted(service, folder)) + said(type_block(service, SWITCH_ON, folder))
    wait_settled(service)
    return printed


def reverted(service: ServiceUnderChange, folder: Path) -> Checkout:
    """Type the revert in a new clone, again if somebody else pushed meanwhile; return what came of it."""
    clone = folder / CLONE
    for _ in range(PUSHES):
        shutil.rmtree(clone, ignore_errors=True)
        service.repository.git("clone", "--quiet", "--branch", "main", service.repository.remote(), str(clone))
        place = type_block(service, REVERT, folder)
        if not place.bad:
            break
    return place
