"""`make outdated`: which pinned things have newer versions, as the tools say that fetch them. Changes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.base.progress import say
from acceptance.clients.process import run
from acceptance.clients.registry import NoAnswer, Reference, Registries
from acceptance.images.lock import read_lock

TIMEOUT = 180.0
"""Seconds that a tool may take to answer."""
BIN = Path(sys.executable).parent
PYTHON = (
    ("pyproject.toml", "requirements.txt", ("--extra", "dev")),
    ("services/auth/requirements.in", "services/auth/requirements.txt", ("--python-version", "3.11")),
    ("services/backend/requirements.in", "services/backend/requirements.txt", ("--python-version", "3.11")),
    ("infrastructure/aws/requirements-check.in", "infrastructure/aws/requirements-check.txt", ()),
)
"""What is asked for, where it is locked, and how uv is told to."""
NPM = (".", "services/frontend")
"""Folders of a package.json and its package-lock.json."""
NOT_ASKED = (
    "not asked about: OpenTofu's providers (infrastructure/*/versions.tf), K3s (its variable), and Debian's packages, "
    "which follow the base image"
)
COMMIT = re.compile(r"-[0-9a-f]{7,40}$")
"""A commit at the end of a tag."""


@dataclass(frozen=True)
class Row:
    """A thing that has a newer version."""

    what: str
    where: str
    now: str
    newest: str


Answer = tuple[list[Row], list[str]]
"""What has newer versions, and a line for each thing that could not be asked about."""


def ask(program: str, *arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """What a tool prints, whatever its exit code. Raises UserError if it is not there, or says nothing."""
    path = shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), str(BIN))))
    if path is None:
        raise UserError(f"{program} is not there", f"install {program}")
    try:
        done = run([path, *arguments], cwd=cwd, environment=environment, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{program} did not answer within {TIMEOUT:.0f} s", "try again") from error
    if done.returncode != 0 and not done.stdout.strip():
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise UserError(f"{program} did not answer, it said: {without_addresses(last)[:200]}", "run it by hand")
    return done.stdout


def without_addresses(text: str) -> str:
    """A text whose addresses nobody needs to see."""
    return re.sub(r"https?://\S+", "<address>", text)


def documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON documents that follow each other, as Go prints them."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


def pinned_modules(go_mod: Path) -> dict[str, str]:
    """The Go modules of a recipe, with their versions: those of its tools, or else those that it requires itself."""
    text = ask("go", "mod", "edit", "-json", str(go_mod), cwd=go_mod.parent)
    module = next(documents(text))
    required = {item["Path"]: item for item in module.get("Require") or []}
    tools = [item["Path"] for item in module.get("Tool") or []]
    wanted = {max((path for path in required if f"{tool}/".startswith(f"{path}/")), key=len) for tool in tools}
    wanted = wanted or {path for path, item in required.items() if not item.get("Indirect")}
    replaced = {item["Old"]["Path"]: item["New"] for item in module.get("Replace") or []}
    taken = [replaced.get(path, required[path]) for path in sorted(wanted)]
    return {item["Path"]: item["Version"] for item in taken if item.get("Version")}


def go_modules(root: Path = ROOT) -> Answer:
    """Go modules. A new major version has another path, which Go does not tell of."""
    places: dict[tuple[str, str], list[str]] = {}
    for go_mod in sorted((root / "images").glob("*/go.mod")):
        for module in pinned_modules(go_mod).items():
            places.setdefault(module, []).append(str(go_mod.relative_to(root)))
    rows, left_out = [], []
    # Outside a module, each is asked about by itself.
    with tempfile.TemporaryDirectory() as folder:
        modules = [f"{path}@{version}" for path, version in places]
        plain = {"GOFLAGS": "", "GOWORK": "off"}
        text = ask("go", "list", "-m", "-u", "-e", "-json", *modules, cwd=Path(folder), environment=plain)
    for found in documents(text):
        path, now = found["Path"], found.get("Version", "")
        if "Error" in found:
            left_out.append(f"{path}: {without_addresses(found['Error']['Err'].splitlines()[0])[:200]}")
        elif newest := found.get("Update", {}).get("Version"):
            rows.append(Row(path, ", ".join(places[path, now]), now, newest))
    return rows, left_out


def python_packages(root: Path = ROOT) -> Answer:
    """Python packages: what locking anew would take, which is the newest that fits together."""
    rows, left_out = [], []
    for source, lock, options in PYTHON:
        plain = ("--no-header", "--no-annotate", "--no-emit-index-url", "--quiet")
        try:
            text = ask("uv", "pip", "compile", source, *options, *plain, "--upgrade", cwd=root)
        except UserError as error:
            left_out.append(f"{lock}: {error.problem}")
            continue
        newest = pins(text)
        rows += [
            Row(name, lock, now, newest[name])
            for name, now in pins((root / lock).read_text()).items()
            if newest.get(name, now) != now
        ]
    return rows, left_out


def pins(text: str) -> dict[str, str]:
    """The packages of a requirements file, with their versions."""
    return dict(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE))


def npm_packages(root: Path = ROOT) -> Answer:
    """npm packages that a package.json names."""
    rows, left_out = [], []
    for folder in NPM:
        where = (Path(folder) / "package.json").as_posix()
        try:
            answer = json.loads(ask("npm", "outdated", "--json", cwd=root / folder).strip() or "{}")
            if "error" in answer:
                raise UserError(f"npm did not answer ({answer['error'].get('code')})", "run it by hand")
        except UserError as error:
            left_out.append(f"{where}: {error.problem}")
            continue
        locked = json.loads((root / folder / "package-lock.json").read_text())["packages"]
        for name, versions in answer.items():
            # `current` is what is installed, if anything is.
            now = locked[f"node_modules/{name}"]["version"]
            if versions["latest"] != now:
                rows.append(Row(name, where, now, versions["latest"]))
    return rows, left_out


def pinned_images(root: Path = ROOT) -> dict[str, str]:
    """The references of images from elsewhere, and where each is pinned."""
    found = {}
    for path in sorted((root / "k8s").rglob("kustomization.yaml")):
        for entry in (yaml.safe_load(path.read_text()) or {}).get("images") or []:
            name = entry.get("newName", entry["name"])
            if "newTag" in entry and Reference.of(name).host in name:
                found[f"{name}:{entry['newTag']}"] = str(path.relative_to(root))
    for entry in read_lock(root / "images" / "lock.toml").values():
        if entry.upstream:
            found[entry.upstream] = f"images/lock.toml [{entry.name}]"
    return found


def images(root: Path = ROOT, registries: Registries | None = None) -> Answer:
    """Images from elsewhere, where a registry answers."""
    registries = registries or Registries()
    rows, left_out = [], []
    silent: dict[str, int] = {}
    for text, where in pinned_images(root).items():
        reference = Reference.of(text)
        if not re.search(r"\d", reference.tag):
            # It moves by itself.
            continue
        try:
            newest = newest_tag(reference.tag, registries.tags(reference))
        except NoAnswer:
            silent[reference.host] = silent.get(reference.host, 0) + 1
        except UserError as error:
            left_out.append(error.problem)
        else:
            if newest != reference.tag:
                rows.append(Row(reference.name, where, reference.tag, newest))
    left_out += [f"{host} does not answer: {number} of its images are left out" for host, number in silent.items()]
    return rows, left_out


def newest_tag(tag: str, tags: Sequence[str]) -> str:
    """The newest of the tags that are built like `tag`: v3.6.12 is newer than v3.6.9, and 3-alpine is another thing."""

    def shape(text: str) -> str:
        return re.sub(r"\d+", "0", COMMIT.sub("-commit", text))

    def numbers(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", COMMIT.sub("", text))]

    return max([tag, *(other for other in tags if shape(other) == shape(tag))], key=numbers)


def table(rows: list[Row]) -> str:
    """The rows for people."""
    every = [Row("what", "where it is pinned", "now", "newest"), *rows]
    widths = [max(len(getattr(row, name)) for row in every) for name in ("what", "where", "now")]
    return "\n".join(
        f"{row.what:<{widths[0]}} | {row.where:<{widths[1]}} | {row.now:<{widths[2]}} | {row.newest}" for row in every
    )


SOURCES: dict[str, Callable[[], Answer]] = {
    "Go modules": go_modules,
    "Python packages": python_packages,
    "npm packages": npm_packages,
    "images": images,
}


def main() -> int:
    """Command line: no arguments."""
    rows: list[Row] = []
    left_out: list[str] = []
    for name, source in SOURCES.items():
        say(f"asking about {name} ...")
        try:
            newer, missing = source()
        except (UserError, ValueError, KeyError) as error:
            newer, missing = [], [f"{name}: {error.problem if isinstance(error, UserError) else repr(error)}"]
        rows += newer
        left_out += missing
    print(table(rows) if rows else "nothing has a newer version")
    for line in [*(f"left out: {line}" for line in left_out), NOT_ASKED]:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
