"""Steps are thin: their work is done in drivers, and no body has more than eight lines."""

import ast
from pathlib import Path

import pytest

from acceptance.base.paths import ROOT

MOST = 8
MODULE = 250
MODULES = [path for room in ("acceptance", "fixtures", "steps") for path in sorted((ROOT / room).rglob("*.py"))]


def body_lines(node):
    """The lines of a function's body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def long_functions(text):
    """The functions at the top of a module whose body is longer than MOST lines."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return [f"{node.name}: {body_lines(node)}" for node in functions if body_lines(node) > MOST]


@pytest.mark.parametrize("path", sorted((ROOT / "steps").glob("*.py")), ids=lambda path: path.stem)
def test_a_step_is_short(path: Path):
    assert long_functions(path.read_text()) == []


@pytest.mark.parametrize(("lines", "is_long"), [(MOST, False), (MOST + 1, True)])
def test_a_long_step_is_seen(lines, is_long):
    text = 'def step():\n    """What it does."""\n' + "    pass\n" * lines
    assert bool(long_functions(text)) is is_long


def test_no_module_is_long():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > MODULE} == {}
