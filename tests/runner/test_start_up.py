"""What tuning of the start-up gains, counted rather than timed: without it these tests fail.

In seconds: docs/measurements.md, "Start-up".
"""

import os
import shutil
import subprocess
import sys

import pytest

from acceptance.base.paths import ROOT
from acceptance.runner import PLUGINS

COLLECTIONS = """
import gc, sys
def collections():
    return sum(generation["collections"] for generation in gc.get_stats())
if sys.argv[1] == "tuned":
    from acceptance.runner import start_up
begun = collections()
import acceptance.platform.components
imports = collections() - begun
if sys.argv[1] == "tuned":
    start_up.pytest_configure()
begun = collections()
kept = [[] for _ in range(300_000)]
print(imports, collections() - begun, gc.get_freeze_count(), gc.isenabled())
"""
COMPILED = """
import sys
compiled = []
if sys.argv[1] == "tuned":
    import acceptance.runner.start_up
sys.addaudithook(lambda event, about: event == "compile" and compiled.append(str(about[1])))
import acceptance.base.progress, acceptance.base.secrecy
print(sum(path.startswith(sys.argv[2]) for path in compiled))
"""


def said(code, *arguments, folder=ROOT, **variables):
    """What a new interpreter prints that runs `code` with the packages of a folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env={**plain, **variables}, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_imports_collect_no_garbage_and_a_run_rarely_does():
    imports, later, _, enabled = said(COLLECTIONS, "plain")
    assert int(imports) >= 50 and int(later) >= 50 and enabled == "True"
    imports, later, frozen, enabled = said(COLLECTIONS, "tuned")
    assert (int(imports), enabled) == (0, "True")
    assert int(later) <= 10
    # What was imported is never looked at again.
    assert int(frozen) >= 50_000


@pytest.fixture
def sources(tmp_path):
    """Sources without any bytecode beside them."""
    for name in ("__init__.py", "base", "runner/__init__.py", "runner/start_up.py"):
        target = tmp_path / "acceptance" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / "acceptance" / name).is_dir() else shutil.copy
        copy(ROOT / "acceptance" / name, target)
    for cache in [*tmp_path.rglob("__pycache__")]:
        shutil.rmtree(cache)
    return tmp_path


def test_sources_are_compiled_once_even_where_bytecode_is_not_written_beside_them(sources):
    def compiled(how):
        return int(said(COMPILED, how, sources, folder=sources, PYTHONDONTWRITEBYTECODE="1")[0])

    assert compiled("plain") == compiled("plain") >= 2
    assert [compiled("tuned"), compiled("tuned")] == [2, 0]
    assert not [*(sources / "acceptance").rglob("__pycache__")]


def test_it_is_loaded_before_what_it_speeds_up():
    assert PLUGINS[0] == "acceptance.runner.start_up"
