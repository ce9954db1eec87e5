"""`make preflight ENV=production`: everything that would block a deployment, before it costs money.

It creates and changes nothing. AWS, registries and Git servers are queried with this shell's credentials.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from acceptance.base.environment import Environment, GitOpsSettings, load_environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import AwsSettings
from acceptance.base.paths import INFRASTRUCTURE, find_tool
from acceptance.base.progress import say
from acceptance.clients.git import AUTHOR, Repository
from acceptance.clients.process import run as run_program
from acceptance.clients.registry import NoAnswer, Reference, Registries
from acceptance.images.build import Images
from acceptance.images.pins import read_overlays
from acceptance.images.upstream_manifests import upstream
from acceptance.infrastructure.aws_preflight import AwsPreflight
from acceptance.runner import preflight
from acceptance.runner.plugin import platform_is_up

PUBLISHED = "ghcr.io/alternatefutures/"
"""Prefix of our own images; packages on GHCR are private at first."""
LEAST = 16
"""Minimum length of a secret's value."""

Check = Callable[[], Iterable[UserError | str]]
"""A check of one thing: returns what is wrong with it."""


def check_images(environment: Environment) -> Iterator[UserError]:
    """Every image is pinned by digest, and nodes can pull it without an account."""
    upstream(Images())
    overlays = read_overlays()
    references = {str(reference): reference for overlay in overlays for reference in overlay.now}
    probe = Reference.of(environment.images.probe)
    references[str(probe)] = probe
    # Only scenarios run the probe; to pin it, too, put its digest into the environment file.
    moving = sorted(name for name, reference in references.items() if not reference.is_pinned and reference != probe)
    if moving:
        yield UserError(
            f"{len(moving)} images have no digest: {', '.join(moving)}", "make pin, and commit what it writes"
        )
    if stale := [line for overlay in overlays for line in overlay.stale]:
        yield UserError("; ".join(stale), "make pin, and commit what it writes")
    registries = Registries()
    silent: dict[str, list[str]] = {}
    for name, reference in sorted(references.items()):
        try:
            registries.check(reference)
        except NoAnswer:
            silent.setdefault(reference.host, []).append(name)
        except UserError as error:
            publish = "run its workflow, and make its package public: infrastructure/aws/README.md"
            yield UserError(error.problem, publish if name.startswith(PUBLISHED) else error.remedy)
    for host, names in silent.items():
        yield UserError(f"{host} ({len(names)} images) does not answer", "try from a machine that can reach it")


def check_secrets(environment: Environment) -> Iterator[UserError]:
    """The variables that the environment names hold values for the secrets that a new cluster lacks."""
    if environment.secrets.generate:
        return
    variables = environment.secrets.variables.values()
    if lacking := sorted(name for name in variables if len(os.environ.get(name, "")) < LEAST):
        yield UserError(
            f"no value of at least {LEAST} characters in {', '.join(lacking)}",
            f'export each, such as {lacking[0]}="$(openssl rand -hex 32)", and store them elsewhere, too',
        )


def check_git(settings: GitOpsSettings) -> Iterator[UserError]:
    """Argo CD's repositories exist and accept the password; the webhook secret is set."""
    if settings.server == "in-cluster":
        return
    password = os.environ.get(settings.password_variable or "", "")
    if settings.password_variable and not password:
        yield UserError(f"{settings.password_variable} is not set", "export the password or token for pushing")
    if not os.environ.get(settings.webhook_variable or ""):
        name = settings.webhook_variable or "gitops.webhook_variable"
        yield UserError(
            f"{name} is not set: Argo CD would accept no webhook",
            f'export {name}="$(openssl rand -hex 24)", and set the same secret in GitHub (docs/operations.md)',
        )
    ways = {"for pushing": password}
    if settings.reading_variable:
        ways["for Argo CD"] = os.environ.get(settings.reading_variable, "")
    for name, url in settings.repositories.items():
        for way, known in ways.items():
            what = f"the repository {name} ({url}), {way}{'' if known else ' and without a password'},"
            try:
                if not heads(url, settings.user, known):
                    yield UserError(f"{what} has no branch main", "push one")
            except UserError as error:
                said = error.problem.strip().splitlines()[-1].strip()
                yield UserError(f"{what} cannot be read: {said}", "create it, or correct the password")


def heads(url: str, user: str, password: str) -> str:
    """What a repository says of its branch main; empty if it has none. Raises UserError if it cannot be read."""
    command = ["ls-remote", "--heads", url, "main"]
    if not password:
        return run_program(["git", *command], environment=AUTHOR, timeout=60).stdout
    with tempfile.TemporaryDirectory() as folder:
        return Repository("repository", url, lambda: url, Path(folder), user, password).git(*command)


def checks_of(environment: Environment) -> Iterator[tuple[str, Check]]:
    """The checks for an environment, by name."""
    is_aws = isinstance(environment.infrastructure, AwsSettings)
    attaching = platform_is_up(environment) or not (is_aws or not environment.is_long_lived)
    yield "this machine", lambda: preflight.problems(environment, attaching=attaching, changes=is_aws)
    if not is_aws:
        return
    yield "secrets", lambda: check_secrets(environment)
    yield "Git and webhooks", lambda: check_git(environment.gitops)
    yield "images", lambda: check_images(environment)
    if program := find_tool("aws"):
        account = AwsPreflight(environment, program, INFRASTRUCTURE / "aws")
        yield from ((f"AWS: {name}", check) for name, check in account.checks().items())


def looked_at(check: Check) -> list[str]:
    """What is wrong, each with its remedy; a check that itself fails is one more problem."""
    found: list[str] = []
    try:
        for problem in check():
            found.append(str(problem))
    except UserError as error:
        found.append(str(error))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The environment."""
    parser.add_argument(
        "environment", nargs="?", default="kind", help="its name, or the path of its file (default: kind)"
    )


def run(options: argparse.Namespace) -> int:
    """Run all checks and print all problems at once; return 4 if there is one."""
    environment = load_environment(options.environment)
    problems: list[str] = []
    for name, check in checks_of(environment):
        found = looked_at(check)
        say(f"  {'ok' if not found else f'{len(found)} wrong':8} {name}")
        problems += found
    if not problems:
        say(f"Nothing blocks a deployment of {environment.name}.")
        return 0
    print("\n\n".join(problems))
    say(f"{len(problems)} to fix; nothing was created.")
    return 4
