"""Decides whether to pull or build; pulls from registries or mirrors, and says why a reference is unavailable."""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Literal

from acceptance.base.progress import Steps, say
from acceptance.clients import docker
from acceptance.clients.engine import client
from acceptance.clients.registry import Mirrors, located
from acceptance.images.lock import Entry, Mode
from acceptance.images.parallel import in_parallel
from acceptance.images.registry import registry_answers

PAUSES = (5.0, 20.0)
"""Seconds to wait after a registry has answered "too many requests" (429)."""
AGAIN_AFTER = 2.0
"""Seconds before an interrupted pull is retried once."""
TIMEOUT = 900.0
FINAL = (
    "manifest unknown",
    "not found",
    "denied",
    "unauthorized",
    "repository does not exist",
    "no such host",
    # A mirror over plain HTTP that is not among the engine's insecure-registries.
    "http response to https client",
)
"""What a registry or the engine says when a retry would not help."""


class PullFailed(Exception):
    """An image is unavailable, so its step is not done."""


def decide(mode: Mode, mirrors: Mirrors) -> Literal["pull", "build"]:
    """Whether images are pulled or built: as configured, or by probing a registry once."""
    if mode != "auto":
        return mode
    probe = located("docker.io/library/debian", mirrors)
    host = probe.partition("/")[0]
    if registry_answers(probe):
        say(f"Images: {host} answers; pulling the images in the lock.")
        return "pull"
    say(f"Images: {host} does not answer; building from source.")
    return "build"


def pull_image(reference: str, pauses: Iterable[float] = PAUSES) -> str | None:
    """Pull a reference; return why it is unavailable, or None. Waits after a 429 and retries an interrupted pull once.

    Credentials come from Docker's own configuration.
    """
    waits = iter(pauses)
    broke_off = False
    while True:
        command = [client(), "pull", "--quiet", reference]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"no answer within {TIMEOUT:.0f} s"
        if ended.returncode == 0:
            return None
        said = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
        reason = (
            said[-1].removeprefix("Error response from daemon: ") if said else f"docker ended with {ended.returncode}"
        )
        if is_too_often(reason):
            pause = next(waits, None)
        else:
            pause = None if broke_off or any(word in reason.lower() for word in FINAL) else AGAIN_AFTER
            broke_off = True
        if pause is None:
            return reason
        time.sleep(pause)


def is_too_often(reason: str) -> bool:
    """Whether a registry asks to retry later."""
    return "toomanyrequests" in reason.lower() or "too many requests" in reason.lower() or "429" in reason


def pull_all(entries: list[Entry], mirrors: Mirrors, tag: Callable[[Entry], str]) -> dict[str, str]:
    """Pull images with an upstream reference and tag them; return why some are unavailable, by name."""
    images = [entry for entry in entries if entry.is_pullable]
    refused: dict[str, str] = {}
    if not images:
        return refused
    steps = Steps(len(images), "pulling", "pulled")
    answers = functools.cache(registry_answers)

    def pull_one(entry: Entry) -> None:
        reference = located(entry.pulled, mirrors)
        host = reference.partition("/")[0]
        if not answers(f"{host}/x"):
            refused[entry.name] = f"{host} does not answer"
            return
        with contextlib.suppress(PullFailed), steps.step(reference):
            if reason := pull_image(reference):
                refused[entry.name] = reason
                raise PullFailed
            docker.docker("tag", reference, tag(entry))

    say(f"Pulling {len(images)} images ...")
    with steps.shown():
        in_parallel(pull_one, images, workers=4)
    return refused


def found_on_path(entry: Entry) -> str | None:
    """The program of a tool's entry on the PATH, if it has the version in the lock."""
    name, *arguments = entry.asks.split() if entry.asks else ("",)
    program = shutil.which(name) if name else None
    if program is None:
        return None
    try:
        ended = subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", timeout=10)
    except (subprocess.TimeoutExpired, OSError):
        return None
    words = (ended.stdout + ended.stderr).replace(",", " ").replace('"', " ").split()
    version = (entry.version or "").removeprefix("v")
    return program if ended.returncode == 0 and version in {word.removeprefix("v") for word in words} else None
