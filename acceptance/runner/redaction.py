"""Keeps secrets out of what pytest and Allure write: reports, captured output, the terminal, and files at the end."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import allure_commons
import pytest

from acceptance.base.secrecy import redact, redact_file, redact_folder, register_secret
from acceptance.criteria.run import RUN
from acceptance.reports.files import write_manifest
from acceptance.runner.pytest_internals import is_reported

SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(ACCESS|PRIVATE|API|SECRET|ENCRYPTION)_?KEY)$",
    re.IGNORECASE,
)
"""Names of environment variables whose values are secret."""
FILES = ("xmlpath", "log_file", "cucumber_json_path")
"""Options that name files that pytest and pytest-bdd write."""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Wrap the writers that pytest writes to."""
    for name, value in os.environ.items():
        if SECRET_NAME.search(name):
            register_secret(value)
    if config.pluginmanager.get_plugin("terminalreporter"):
        # Before it adds colours, which would split values.
        redact_writes(config.get_terminal_writer())
    if config.option.capture == "no":
        for stream in (sys.stdout, sys.stderr):
            config.add_cleanup(redact_writes(stream))
    if config.option.allure_report_dir:
        hooks = AllureHooks()
        allure_commons.plugin_manager.register(hooks)
        config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(hooks))


def redact_writes(writer: Any) -> Any:
    """Redact whatever is written to `writer`; return a function that undoes it."""
    before = writer.write

    def write(text: str, **options: Any) -> Any:
        return before(redact(text), **options)

    def undo() -> None:
        del writer.write

    writer.write = write
    return undo


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Redact a report before anyone else sees it."""
    report = yield
    report.longrepr, report.sections = without_secrets(report.longrepr), without_secrets(report.sections)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Redact a collection report, too."""
    report.longrepr, report.sections = without_secrets(report.longrepr), without_secrets(report.sections)


class AllureHooks:
    """Redact what Allure is about to write; attachments are already redacted."""

    @allure_commons.hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
    def report_result(self, result: Any) -> None:
        """A scenario, with its steps."""
        without_secrets(result)

    @allure_commons.hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
    def report_container(self, container: Any) -> None:
        """Fixtures."""
        without_secrets(container)


def without_secrets(thing: Any) -> Any:
    """`thing`, with every text in it redacted; objects of pytest and Allure are changed in place."""
    if isinstance(thing, str):
        return redact(thing)
    if type(thing) in (list, tuple):
        return type(thing)(without_secrets(part) for part in thing)
    if isinstance(thing, dict):
        return {without_secrets(key): without_secrets(value) for key, value in thing.items()}
    if is_reported(thing):
        for name, value in vars(thing).items():
            setattr(thing, name, without_secrets(value))
    return thing


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A last pass over what was written after the report or outside its folder."""
    for option in FILES:
        if (path := getattr(config.option, option, None)) and Path(path).is_file():
            redact_file(Path(path))
    run = config.stash.get(RUN, None)
    if run is None or run.options.lane > 1:
        return
    manifest = run.folder / "MANIFEST.sha256"
    written = manifest.stat().st_mtime_ns if manifest.exists() else 0
    if redact_folder(run.folder, newer_than=written) and written:
        write_manifest(run.folder)
