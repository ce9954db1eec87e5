"""Builds or pulls every image and host tool in images/lock.toml. AF_UPSTREAM_REGISTRY names mirrors to pull from.

It holds HOST[/PATH], or REGISTRY=HOST[/PATH] for each of several registries, separated by spaces.
"""

from __future__ import annotations

import argparse
import os

from acceptance.base.progress import say
from acceptance.clients.registry import mirrors_of
from acceptance.images.build import Images


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where images come from."""
    parser.add_argument(
        "mode",
        nargs="?",
        choices=("auto", "pull", "build"),
        default="auto",
        help="pull them, build them from source, or pull them if a registry answers (auto, the default)",
    )


def run(options: argparse.Namespace) -> int:
    """Build or pull everything; print how many builds and pulls it took."""
    images = Images(options.mode, upstream=mirrors_of(os.environ.get("AF_UPSTREAM_REGISTRY", "").split()))
    made = images.ensure({component for entry in images.lock.values() for component in entry.components})
    say(f"{made.builds} builds, {made.pulls} pulls, {made.seconds:.1f} s; tools in {made.tools}")
    return 0
