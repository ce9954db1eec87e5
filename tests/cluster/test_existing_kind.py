"""pytest-kind on an existing cluster, with explicit paths; the process' directory and environment do not change."""

import ast
import os
import types
from pathlib import Path

import pytest

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients import engine
from acceptance.cluster.existing_kind import ExistingKind


@pytest.fixture
def kind(tmp_path, monkeypatch):
    """A kind that knows one cluster if an engine is on its PATH, and a kubectl that prints what it was called with."""
    (tmp_path / "kind").write_text("#!/bin/sh\nfake-engine && echo mine other\n")
    (tmp_path / "kubectl").write_text('#!/bin/sh\necho "$KUBECONFIG $@"\n')
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "fake-engine").write_text("#!/bin/sh\n")
    for path in (tmp_path / "kind", tmp_path / "kubectl", tmp_path / "engine" / "fake-engine"):
        path.chmod(0o755)
    monkeypatch.setattr(engine, "client", lambda: str(tmp_path / "engine" / "fake-engine"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def named(name):
        return ExistingKind(types.SimpleNamespace(cluster_name=name, kubeconfig_path=tmp_path / "kubeconfig"), tmp_path)

    return named


def test_it_attaches_and_leaves_the_process_as_it_is(kind, tmp_path):
    before = dict(os.environ)
    mine = kind("mine")
    mine.create()
    assert mine.kubectl("get", "nodes") == f"{tmp_path / 'kubeconfig'} get nodes\n"
    assert dict(os.environ) == before
    assert Path.cwd() == tmp_path / "here"
    assert not list(Path.cwd().iterdir()), "pytest-kind made a folder"


def test_a_cluster_that_kind_does_not_know_is_not_made(kind):
    with pytest.raises(UserError, match="kind has no cluster theirs"):
        kind("theirs").create()


def changes_of_the_process(text):
    """The lines that change the current directory or the environment of the whole process."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in ("chdir", "putenv", "unsetenv"):
            yield node.lineno
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "os.environ":
                yield node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.update", "os.environ.setdefault"):
            yield node.lineno


def test_nothing_changes_the_directory_or_the_environment_of_the_process():
    files = [path for room in ("acceptance", "fixtures", "steps") for path in (ROOT / room).rglob("*.py")]
    found = [f"{path.relative_to(ROOT)}:{line}" for path in files for line in changes_of_the_process(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "text", ["os.chdir('/')", "contextlib.chdir(x)", "os.environ['A'] = ''", "del os.environ['A']"]
)
def test_such_changes_are_seen(text):
    assert list(changes_of_the_process(text)) == [1]
