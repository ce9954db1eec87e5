"""A checkout from a tarball, without .git, in a folder with a space: what needs no engine works."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from built import tool, upstream_manifests

from acceptance.base.paths import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__", "upstream", ".*_cache")
ENTRY_POINT = """
from pip._vendor.distlib.scripts import ScriptMaker
maker = ScriptMaker(None, ".venv/bin")
maker.variants, maker.set_mode = {""}, True
maker.make("pytest = pytest:main")
"""
"""What pip does to install a program."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Runs a command in such a checkout, with a virtual environment of its own that has our packages."""
    folder = tmp_path_factory.mktemp("unpacked") / "with a space"

    def left_out(place, names):
        return {*LEFT_OUT(place, names), *(["reports"] if place == str(ROOT) else [])}

    shutil.copytree(ROOT, folder, ignore=left_out, symlinks=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    python = folder / ".venv" / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    Path(own, "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([python, "-c", ENTRY_POINT], cwd=folder, check=True)
    (folder / ".venv" / "installed").touch()
    # Whoever has run nothing else yet has no kubectl among the suite's own programs.
    path = f"{Path(tool('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PATH": path}

    def run(*command):
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    run.folder = folder
    return run


def test_the_programs_of_its_environment_start(checkout):
    seen = checkout(".venv/bin/pytest", "--version")
    assert seen.returncode == 0, seen.stderr
    assert "pytest" in seen.stdout + seen.stderr


def test_a_dry_run_says_what_would_be_done(checkout):
    seen = checkout(".venv/bin/pytest", "--dry-run", "--env=kind", "--criterion", "2.1")
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "2.1" in seen.stdout
    asked = "import acceptance.base.paths as paths, acceptance.reports.report as report; "
    where = checkout(".venv/bin/python", "-c", asked + "print(paths.ROOT, [report.git('rev-parse', 'HEAD')])")
    assert where.stdout.strip() == f"{checkout.folder} ['']", where.stderr


def test_make_renders_the_manifests(checkout):
    upstream_manifests()
    seen = checkout("make", "--silent", "render", "ENV=kind")
    assert seen.returncode == 0, seen.stderr
    assert "kind: NetworkPolicy" in seen.stdout
