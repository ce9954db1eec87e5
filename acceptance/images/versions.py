"""Versions of the programs and images that a run uses, for its report."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from acceptance.clients import engine
from acceptance.clients.process import run
from acceptance.images.build import Images
from acceptance.images.cache import SEAL

PROGRAMS = {"kind": ["version"], "kubectl": ["version", "--client"], "tofu": ["version"], "kubeseal": ["--version"]}


def of_programs(tools: Path) -> dict[str, str]:
    """The version that each program reports: the engine, git, and those in the folder `tools`."""
    format_ = "client {{.Client.Version}}, server {{.Server.Version}}"
    commands: dict[str, list[str | Path]] = {
        "docker": [engine.client(), "version", "--format", format_],
        "git": ["git", "--version"],
        **{name: [tools / name, *arguments] for name, arguments in PROGRAMS.items() if (tools / name).exists()},
    }
    # Ignore the user's own tofu settings, which may name missing files.
    plain = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    found = {
        name: run(command, environment=plain, check=False).stdout.partition("\n")[0]
        for name, command in commands.items()
    }
    for provider in tools.glob("registry.opentofu.org/*/*/*"):
        found[f"tofu provider {provider.parent.name}"] = provider.name
    return found


def of_images(images: Images, components: set[str]) -> dict[str, dict[str, Any]]:
    """Each entry that `components` need: upstream reference, hash of the inputs, digest of the content."""
    entries = [entry for entry in images.lock.values() if components & set(entry.components)]
    tags = {images.tag(entry): entry for entry in entries}
    answer = run([engine.client(), "image", "inspect", *tags], check=False).stdout
    digests = {tag: image["Id"] for image in json.loads(answer or "[]") for tag in image["RepoTags"] or []}
    found = {}
    for tag, entry in tags.items():
        seal = images.folder(entry) / SEAL
        digest = f"sha256:{seal.read_text()}" if seal.is_file() else digests.get(tag, "unknown")
        found[entry.name] = {"reference": entry.upstream, "inputs": tag.rpartition(":")[2], "digest": digest}
    return found
