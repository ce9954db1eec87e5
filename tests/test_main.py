"""The command line: help and bad input of every command, immediately and without the command's own imports."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from acceptance.__main__ import COMMANDS, main
from acceptance.base.paths import ROOT

HELPERS = {"growth", "pytest_run"}
"""Modules of commands/ that commands use."""
HEAVY = ("kubernetes", "pytest", "rich", "ruamel.yaml", "psycopg", "pydantic")


def test_each_module_of_commands_is_a_command():
    modules = {path.stem for path in (ROOT / "acceptance" / "commands").glob("[a-z]*.py")}
    assert {name.replace("-", "_") for name in COMMANDS} == modules - HELPERS


def test_make_calls_commands_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    called = set(re.findall(r"\$\(COMMAND\) ([a-z-]+)", makefile))
    assert called <= set(COMMANDS)
    assert set(COMMANDS) - called == {"images"}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"usage: python -m acceptance {name}" in capsys.readouterr().out


def test_help_of_all_names_each_command_and_imports_none():
    code = "import sys; from acceptance.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print(*sys.modules, sep='\\n', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    loaded = set(done.stderr.split())
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("acceptance.commands")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["pin", "--chek"], "unrecognized arguments: --chek"),
        (["images", "steal"], "invalid choice: 'steal'"),
        (["report-diff", "run-1"], "required: B"),
        (["down", "nowhere"], "nowhere"),
        (["with-engine"], "required: COMMAND"),
        (["report", "nowhere"], "has no allure-results"),
    ],
)
def test_bad_input_is_4_and_says_what_to_do(arguments, words, capsys):
    assert main(arguments) == 4
    said = capsys.readouterr().err
    assert words in said
    assert "Remedy: " in said


def test_what_follows_with_engine_is_the_programs_own(monkeypatch):
    from acceptance.commands import with_engine

    found = []
    monkeypatch.setattr(with_engine, "run_with_engine", lambda command: found.append(command) or 3)
    assert main(["with-engine", "pytest", "--env=kind", "--help", "--", "x"]) == 3
    assert found == [["pytest", "--env=kind", "--help", "--", "x"]]


def test_a_python_without_venv_is_named_with_what_to_install(tmp_path):
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in {"python": '[ "$1" != -m ] || exit 1', "id": "echo 1000"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    command = ["make", "-C", tmp_path, "setup", f"PYTHON={tmp_path}/python"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PATH": path}, check=False)
    assert done.returncode and "cannot create a virtual environment. Remedy: install venv" in done.stderr
