"""The suite's options."""

from __future__ import annotations

import pytest

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.criteria.catalogue import Criterion
from acceptance.runner.tags import LAST_TASK


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's options."""
    group = parser.getgroup("acceptance")
    group.addoption(
        "--env",
        default="kind",
        metavar="NAME|PATH",
        help="the environment to judge: a name, or the path of a TOML file (default: kind)",
    )
    group.addoption("--criterion", action="append", default=[], metavar="N.M", help="select a criterion; repeatable")
    group.addoption("--requirement", action="append", default=[], metavar="N", help="select a requirement; repeatable")
    group.addoption(
        "--task", action="append", default=[], metavar="N", help="select the scenarios of a plan task; repeatable"
    )
    group.addoption(
        "--images",
        choices=("auto", "pull", "build"),
        help="pull images, build them, or pull if a registry answers (default: the environment's)",
    )
    group.addoption(
        "--keep",
        choices=("never", "on-failure", "always"),
        default="never",
        help="whether to keep the platform afterwards (default: never)",
    )
    group.addoption(
        "--reuse",
        action="store_true",
        help="run against the platform that an earlier run kept, and keep it (but --destroy)",
    )
    group.addoption(
        "--provision",
        action="store_true",
        help="in a long-lived environment: provision and deploy what is missing",
    )
    group.addoption(
        "--disruptive",
        action="store_true",
        help="in a long-lived environment: also run scenarios that disrupt users or write to what they share",
    )
    group.addoption(
        "--destroy",
        action="store_true",
        help="in a long-lived environment, or with --reuse: remove the infrastructure at the end (1.12)",
    )
    group.addoption(
        "--confirm",
        metavar="NAME",
        help="the environment's name, typed out; required by --provision, --disruptive and --destroy",
    )
    group.addoption(
        "--dry-run",
        dest="dry_run",
        action="store_true",
        help="print what would be created, touched and destroyed, scenario by scenario, and do nothing",
    )
    group.addoption("--plan", action="store_true", help="the old name of --dry-run")
    group.addoption(
        "--watch-disturbances",
        action="store_true",
        help="with lanes: report an error for disruptive scenarios that change more than their tags declare",
    )
    group.addoption(
        "--rehearse",
        action="store_true",
        help="also run scenarios tagged @rehearsal, which destroy and rebuild the platform",
    )
    parser.addini("closed_catalogue", "each criterion must have a scenario", type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """An option's old name keeps working, and says what it is called now."""
    if config.option.plan:
        config.option.dry_run = True
        say("--dry-run is the name of --plan now")


def check_long_lived(config: pytest.Config, environment: Environment) -> None:
    """Refuse options that only apply to platforms that a run creates for itself."""
    wrong = [name for name in ("reuse", "rehearse", "lanes") if config.getoption(f"--{name}", None)]
    if environment.is_long_lived and (wrong or config.getoption("--keep") != "never"):
        raise UserError(
            f"--{(wrong or ['keep'])[0]} does not apply to {environment.name}, which is long-lived",
            "leave it out: a run attaches to the existing platform and leaves it in place",
        )


def check_selection(config: pytest.Config, catalogue: dict[str, Criterion]) -> None:
    """Refuse to select what does not exist."""
    requirements = {str(criterion.requirement) for criterion in catalogue.values()}
    # Even tasks that no criterion names may have scenarios beyond the criteria.
    tasks = {str(task) for task in range(1, LAST_TASK + 1)}
    for option, known in (("criterion", set(catalogue)), ("requirement", requirements), ("task", tasks)):
        for value in config.getoption(f"--{option}"):
            if value not in known:
                raise UserError(
                    f"--{option} {value}: there is no such {option}",
                    f"use one of {', '.join(sorted(known, key=lambda text: [int(part) for part in text.split('.')]))}",
                )
