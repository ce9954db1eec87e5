"""`make down`: removes a platform that was kept or left behind, using its state if there is one, and its labels."""

from __future__ import annotations

import argparse

from acceptance.base.environment import Environment, load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.images.build import Images
from acceptance.infrastructure import rehearsal
from acceptance.infrastructure.contract import cluster_name
from acceptance.infrastructure.engine_lock import EngineLock, owner_of
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.infrastructure.leftovers import leftovers, remove_by_label
from acceptance.runner.machine_lock import MachineLock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The environment."""
    parser.add_argument(
        "environment", nargs="?", default="kind", help="its name, or the path of its file (default: kind)"
    )
    parser.add_argument(
        "--force", action="store_true", help="also remove a platform that a run is using or another user owns"
    )


def run(options: argparse.Namespace) -> int:
    """Remove the platform; return 1 if anything of it is left."""
    environment = load_environment(options.environment)
    name = cluster_name(environment)
    lock = MachineLock()
    if not options.force:
        lock.acquire("make down")
        if owner := owner_of(name):
            raise UserError(f"the platform {name} belongs to {owner}", "ask them; to remove it anyway: ARGS=--force")
    with EngineLock(name) as engine_lock:
        engine_lock.acquire("make down", force=options.force)
        return remove(environment, name)


def remove(environment: Environment, name: str) -> int:
    """Destroy the platform from its state, then whatever is left by label; return 1 if anything remains."""
    images = Images()
    tools = images.cache / "bin"
    folder = STATE / environment.name
    rehearsal.leave(name)
    if (folder / "terraform.tfstate").exists() and (tools / "tofu").exists():
        infrastructure = KindInfrastructure(environment, "down", images, tools, STATE / "down.log")
        try:
            infrastructure.init()
            infrastructure.destroy()
        except UserError as error:
            say(f"tofu destroy failed, removing by label instead: {error.problem.splitlines()[0]}")
    remove_by_label(name, folder)
    found = leftovers(name, folder)
    say(f"left behind: {found}" if found else f"Nothing is left of {name}.")
    return 1 if found else 0
