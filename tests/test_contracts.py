"""What enforces the layers is shown to work: import-linter's contracts, and mypy's settings, each by a violation."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from acceptance.base.paths import ROOT

PROGRAMS = Path(sys.executable).parent
PACKAGES = ("acceptance", "fixtures", "steps")
FLOORS, DRIVERS, ABOVE, STEPS = (
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The packages and their settings."""
    folder = tmp_path_factory.mktemp("copy")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder, files):
    """The contracts that are broken once some files are added; they are removed again."""
    added = {folder / name: text for name, text in files.items()}
    for path, text in added.items():
        assert not path.exists(), path
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    command = [PROGRAMS / "lint-imports", "--cache-dir", folder / ".cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    for path in added:
        shutil.rmtree(path.parent) if path.name == "__init__.py" else path.unlink()
    found = {name for name in (FLOORS, DRIVERS, ABOVE, STEPS) if f"{name} BROKEN" in done.stdout}
    assert done.returncode == bool(found), done.stdout + done.stderr
    return found


@pytest.mark.parametrize(
    ("files", "contracts"),
    [
        ({}, set()),
        ({"acceptance/base/wrong.py": "import acceptance.clients.git, fixtures"}, {FLOORS, ABOVE}),
        ({"acceptance/drivers/argocd/wrong.py": "import acceptance.drivers.api.wallet"}, {DRIVERS}),
        ({"fixtures/wrong.py": "import steps.gitops"}, {ABOVE}),
        ({"steps/wrong.py": "from acceptance.proof.rounds import apart"}, {STEPS}),
        (
            {
                "steps/wrong.py": "import acceptance.drivers.argocd.wrong",
                "acceptance/drivers/argocd/wrong.py": "import acceptance.runner.tags",
            },
            {STEPS},
        ),
        # A new folder needs a floor.
        ({"acceptance/attic/__init__.py": "", "acceptance/drivers/attic/__init__.py": ""}, {FLOORS, DRIVERS}),
    ],
)
def test_a_violation_of_a_contract_is_refused(copy, files, contracts):
    assert broken(copy, files) == contracts


def test_mypy_checks_the_library_strictly_and_the_bodies_of_steps(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    untyped = "def half(number):\n    return number / 2\n"
    wrong = "def half():\n    number: int = 'one'\n    return number\n"
    for package, text in (("acceptance", untyped), ("fixtures", untyped), ("steps", f"{untyped}\n\n{wrong}")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(text)
    command = [PROGRAMS / "mypy", "--cache-dir", ROOT / ".mypy_cache" / "contracts"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "acceptance/__init__.py:1: error: Function is missing a type annotation" in said
    assert "fixtures/__init__.py:1: error: Function is missing a type annotation" in said
    assert "steps/__init__.py:6: error: Incompatible types in assignment" in said
    assert "steps/__init__.py:1:" not in said, "what a step takes, pytest-bdd sees to"
