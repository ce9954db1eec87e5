"""`make preflight ENV=production`: all that stands in the way of a deployment, before it costs money.

Nothing is made and nothing is changed. AWS, registries and Git servers are asked with the credentials of this shell.
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
from acceptance.images.upstream import upstream
from acceptance.infrastructure.aws_preflight import AwsPreflight
from acceptance.runner import preflight
from acceptance.runner.plugin import platform_is_up

PUBLISHED = "ghcr.io/alternatefutures/"
"""Images of ours begin with it; a package of GHCR is private at first."""
LEAST = 16
"""Characters that the value of a secret has at least."""

Check = Callable[[], Iterable[UserError | str]]
"""A look at one thing: what is wrong with it."""


def check_images(environment: Environment) -> Iterator[UserError]:
    """Every image is named by digest, and its registry shows it to nodes, which have no account there."""
    upstream(Images())
    overlays = read_overlays()
    references = {str(reference): reference for overlay in overlays for reference in overlay.now}
    probe = Reference.of(environment.images.probe)
    references[str(probe)] = probe
    # The probe is run by scenarios alone; whoever pins it, too, writes its digest into the environment's file.
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
        yield UserError(f"{host} does not answer, which has {len(names)} images", "try from where it can be reached")


def check_secrets(environment: Environment) -> Iterator[UserError]:
    """The values of secrets that a new cluster lacks are given by the variables that the environment names."""
    if environment.secrets.generate:
        return
    variables = environment.secrets.variables.values()
    if lacking := sorted(name for name in variables if len(os.environ.get(name, "")) < LEAST):
        yield UserError(
            f"no value of {LEAST} characters or more in {', '.join(lacking)}",
            f'export each, such as {lacking[0]}="$(openssl rand -hex 32)", and keep them somewhere else, too',
        )


def check_git(settings: GitOpsSettings) -> Iterator[UserError]:
    """Argo CD's repositories are there and open with the password; what signs webhooks is known."""
    if settings.server == "in-cluster":
        return
    password = os.environ.get(settings.password_variable or "", "")
    if settings.password_variable and not password:
        yield UserError(f"{settings.password_variable} is not set", "export the password or token for pushing")
    if not os.environ.get(settings.webhook_variable or ""):
        name = settings.webhook_variable or "gitops.webhook_variable"
        yield UserError(
            f"{name} is not set: nobody could set up a webhook that Argo CD believes",
            f'export {name}="$(openssl rand -hex 24)", and give GitHub the same (docs/operations.md)',
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
                yield UserError(f"{what} does not open: {said}", "make it, or mend the password")


def heads(url: str, user: str, password: str) -> str:
    """What a repository says of its branch main; nothing if it has none. Raises UserError if it does not open."""
    command = ["ls-remote", "--heads", url, "main"]
    if not password:
        return run_program(["git", *command], environment=AUTHOR, timeout=60).stdout
    with tempfile.TemporaryDirectory() as folder:
        return Repository("repository", url, lambda: url, Path(folder), user, password).git(*command)


def checks_of(environment: Environment) -> Iterator[tuple[str, Check]]:
    """What is looked at for an environment, by name."""
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
    """What is wrong, each with its remedy; that a look itself came to nothing is one more of it."""
    found: list[str] = []
    try:
        for problem in check():
            found.append(str(problem))
    except UserError as error:
        found.append(str(error))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The environment."""
    parser.add_argument("environment", nargs="?", default="kind", help="its name, or the path of its file (kind)")


def run(options: argparse.Namespace) -> int:
    """Look at everything, and print all problems at once; 4 if there is one."""
    environment = load_environment(options.environment)
    problems: list[str] = []
    for name, check in checks_of(environment):
        found = looked_at(check)
        say(f"  {'ok' if not found else f'{len(found)} wrong':8} {name}")
        problems += found
    if not problems:
        say(f"Nothing stands in the way of {environment.name}.")
        return 0
    print("\n\n".join(problems))
    say(f"{len(problems)} to mend; nothing was made.")
    return 4
