"""A small project with the suite's plugin, which writes only into a folder of the test."""

import json
import os
import signal
import textwrap

import pytest

from acceptance.base.paths import ROOT
from acceptance.runner import PLUGINS

ENVIRONMENT = """
name = "small"
domain = "example.test"
[infrastructure]
provisioner = "kind"
http_port = 18080
https_port = 18443
subnet = "10.202.0.0/16"
[preflight]
disk_gb = 0
memory_gb = 0
[stand_ins]
AWS = "containers"
[unverifiable]
"1.3" = "no machines of their own"
"""


# Where bytecode is not written beside its sources, pytest-xdist's workers and all programs that tests start would
# compile each module anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
# OpenTofu, kubectl and kustomize run for seconds only: collecting their garbage was a sixth of their work.
os.environ.setdefault("GOGC", "400")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """More processes than processors where there are few: many tests wait for a program that they have started."""
    processors = os.cpu_count() or 2
    return max(processors, min(2 * processors, 8))


LONGEST = (
    "roots/test_aws_refusals.py",
    "roots/test_aws_interrupted.py",
    "runner/test_lanes.py",
    "infrastructure/test_attachment.py",
    "roots/test_aws_production.py",
    "criteria/test_verdicts.py",
    "roots/test_aws_plan.py",
    "runner/test_plugin.py",
    "base/test_signals.py",
    "roots/test_aws_security.py",
    "infrastructure/test_aws_preflight.py",
    "drivers/frontend/test_screenshots.py",
    "workflows/test_workflows.py",
    "runner/test_disturbances.py",
    "criteria/test_subtasks.py",
    "clients/test_process.py",
)
"""Modules that take longest, mostly because they wait: they begin first, and the others fill what they leave."""


def pytest_collection_modifyitems(items):
    """Order the modules; `make test` keeps the order (--no-loadscope-reorder)."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


class Project:
    """A project of one feature, run in a process of its own."""

    def __init__(self, pytester, monkeypatch, run_pytest):
        self.pytester, self.run_pytest = pytester, run_pytest
        self.reports = pytester.path / "reports"
        self.runs = 0
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("AF_REPORTS", str(self.reports))
        monkeypatch.setenv("XDG_STATE_HOME", str(pytester.path / "state"))
        pytester.makeini("[pytest]\naddopts = -p no:pytest-kind --strict-markers\n")
        pytester.makeconftest(f"pytest_plugins = {[*PLUGINS, 'fixtures.run']}")
        self.environment = pytester.path / "small.toml"
        self.environment.write_text(ENVIRONMENT)

    def feature(self, text, steps=""):
        """Write the feature and its steps."""
        (self.pytester.path / "some.feature").write_text("Feature: Some\n" + textwrap.dedent(text))
        module = "import os, signal, pytest\nfrom pytest_bdd import given, then, scenarios\n"
        module += "from acceptance.criteria.verdicts import Unverifiable\nscenarios('some.feature')\n"
        module += "@then('it holds')\ndef _holds():\n    pass\n"
        self.pytester.makepyfile(test_some=module + textwrap.dedent(steps))

    def run(self, *arguments):
        """Run pytest; return its result and the verdicts by criterion."""
        # Not above: the runs under test read this file, too, and do not have tests/support on their path.
        from tests_support import PATIENCE

        self.runs += 1
        basetemp = f"--basetemp={self.pytester.path / f'runpytest-{self.runs}'}"
        given = [basetemp, f"--env={self.environment}", *arguments]
        result = self.run_pytest(self.pytester.path, given, within=PATIENCE)
        return result, self.read()

    def read(self):
        """The verdicts of the last run, by criterion; none if it left no report."""
        # By time: two runs within a second have names that sort at random.
        files = sorted(self.reports.glob("*/verdicts.json"), key=lambda file: file.stat().st_mtime_ns)
        self.document = json.loads(files[-1].read_text()) if files else None
        return {c["id"]: c for c in self.document["criteria"]} if files else {}


@pytest.fixture
def hangup_counts():
    """SIGHUP ends the programs that a test starts, even if these tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session")
def warm_pytest():
    """What runs pytest in a process that begins with packages imported.

    Imported before a pytester forgets what its test has imported: else each test would start a server of its own, which
    imports all of them anew and stays to the end.
    """
    from warm import run_pytest

    return run_pytest


@pytest.fixture
def project(warm_pytest, pytester, monkeypatch):
    """A small project."""
    return Project(pytester, monkeypatch, warm_pytest)
