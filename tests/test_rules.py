"""Where things may stand: fixtures in fixtures/ and steps/, private names of pytest and its plugins in one module."""

import ast
import re
import subprocess
import sys

import pytest

from acceptance.base.paths import ROOT

INTERNALS = "acceptance/runner/pytest_internals.py"
SOURCES = sorted(
    str(path.relative_to(ROOT))
    for path in [
        ROOT / "conftest.py",
        *(path for room in ("acceptance", "fixtures", "steps") for path in (ROOT / room).rglob("*.py")),
    ]
)


def private_names(text):
    """Attributes that begin with an underscore of anything but `self` and `cls`, and names of pytest's in strings."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match("_(pytest|allure)", node.value)
        ):
            yield f"{node.lineno}: {node.value!r}"


def misplaced_fixtures(name, text):
    """Fixtures of a module that belong elsewhere: only fixtures/ has any, and steps/ those of a scenario."""
    for node in ast.walk(ast.parse(text)):
        for decorator in getattr(node, "decorator_list", ()):
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            if ast.unparse(call.func) not in ("pytest.fixture", "fixture"):
                continue
            scope = next((ast.unparse(word.value) for word in call.keywords if word.arg == "scope"), "'function'")
            if not (name.startswith("fixtures/") or (name.startswith("steps/") and scope == "'function'")):
                yield f"{name}:{node.lineno} {node.name} ({scope})"


def session_fixtures(text):
    """Session fixtures of a test module: each process would create one; a module fixture runs in one process."""
    for node in ast.parse(text).body:
        for decorator in getattr(node, "decorator_list", ()):
            words = decorator.keywords if isinstance(decorator, ast.Call) else ()
            if any(word.arg == "scope" and ast.unparse(word.value) == "'session'" for word in words):
                yield f"{node.lineno} {node.name}"


def test_private_names_of_pytest_and_its_plugins_are_used_in_one_module_alone():
    found = {name: list(private_names((ROOT / name).read_text())) for name in SOURCES}
    assert found.pop(INTERNALS), "nothing private is left there: the module and this test can go"
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text", ["item.session._fixturemanager", "allure_commons._allure.x()", "params.get('_pytest_bdd_example')"]
)
def test_private_names_are_seen(text):
    assert list(private_names(text))


@pytest.mark.parametrize("text", ["self._own", "cls._own", "x.__name__", "os.fdopen", "'some _pytest'"])
def test_what_is_not_private_or_ones_own_is_let_pass(text):
    assert not list(private_names(text))


def test_fixtures_stand_where_they_belong():
    assert [line for name in SOURCES for line in misplaced_fixtures(name, (ROOT / name).read_text())] == []


@pytest.mark.parametrize(
    ("name", "decorator", "is_misplaced"),
    [
        ("fixtures/session.py", "pytest.fixture(scope='session')", False),
        ("steps/some.py", "pytest.fixture", False),
        ("steps/some.py", "pytest.fixture(name='other')", False),
        ("steps/some.py", "pytest.fixture(scope='session')", True),
        ("steps/some.py", "pytest.fixture(scope=how_long)", True),
        ("acceptance/runner/some.py", "pytest.fixture", True),
        ("conftest.py", "fixture()", True),
    ],
)
def test_misplaced_fixtures_are_seen(name, decorator, is_misplaced):
    assert bool(list(misplaced_fixtures(name, f"@{decorator}\ndef thing(): ..."))) is is_misplaced


@pytest.mark.parametrize(
    "line",
    [
        "import _pytest.config",
        "from allure_commons._allure import StepContext",
        "from pytest_bdd.steps import step_function_context_registry",
    ],
)
def test_ruff_refuses_to_import_what_is_private(line):
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", "steps/some.py", "-"]
    done = subprocess.run(command, input=f"{line}\n", cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "TID251" in done.stdout


def test_conftest_registers_plugins_and_does_nothing_else():
    tree = ast.parse((ROOT / "conftest.py").read_text())
    assert not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)]
    assert [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)] == [
        "STEPS",
        "pytest_plugins",
    ]


def packages_of(folder):
    return {path.name for path in folder.iterdir() if any(path.glob("*.py"))}


def test_each_driver_is_in_a_package_that_its_tests_mirror():
    drivers = ROOT / "acceptance" / "drivers"
    assert [path.name for path in drivers.glob("*.py")] == ["__init__.py"]
    assert packages_of(ROOT / "tests" / "drivers") <= packages_of(drivers)


OF_HANDBOOKS = ["drivers/operations/test_first_deployment.py", "drivers/operations/test_production_handbook.py"]
"""Tests of pages of docs/, which stand beside those of the driver that reads handbooks; the pages link to them."""


def without_a_module(tests, library):
    """Test modules below a package of the library that have no module of their name there."""
    for path in sorted(tests.rglob("test_*.py")):
        folder = library / path.parent.relative_to(tests)
        is_mirror = path.parent != tests and any(folder.glob("*.py"))
        if is_mirror and not (folder / path.name.removeprefix("test_")).is_file():
            yield str(path.relative_to(tests))


def test_tests_are_named_after_the_module_that_they_test():
    assert list(without_a_module(ROOT / "tests", ROOT / "acceptance")) == OF_HANDBOOKS


def test_a_module_of_tests_for_nothing_is_seen(tmp_path):
    names = ("lib/base/waiting.py", "tests/base/test_waiting.py", "tests/base/test_patience.py", "tests/k8s/test_a.py")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(without_a_module(tmp_path / "tests", tmp_path / "lib")) == ["base/test_patience.py"]


def test_what_tests_share_is_made_in_one_process():
    found = {path: list(session_fixtures(path.read_text())) for path in (ROOT / "tests").rglob("test_*.py")}
    assert {path.name: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("scope", "is_seen"), [("session", True), ("module", False)])
def test_fixtures_that_several_processes_would_make_are_seen(scope, is_seen):
    text = f"@pytest.fixture(scope='{scope}')\ndef thing(): ...\n"
    assert bool(list(session_fixtures(text))) is is_seen


def test_tests_of_a_module_run_in_one_process():
    # pytest-xdist's groups do nothing under this pytest: modules name engine's objects, and are kept together.
    assert "--dist=loadfile" in (ROOT / "Makefile").read_text()


def named_tests(folder):
    """The modules of tests that the README and docs/ of a folder name: those that are there, and those that are not."""
    texts = [path.read_text() for path in [folder / "README.md", *sorted((folder / "docs").rglob("*.md"))]]
    named = {name for text in texts for name in re.findall(r"\btests/[\w/.-]+\.py\b", text)}
    there = {name for name in named if (ROOT / name).is_file()}
    return there, named - there


def test_the_longest_modules_of_tests_are_there_and_begin_first(request):
    (tests,) = [plugin for plugin in request.config.pluginmanager.get_plugins() if hasattr(plugin, "LONGEST")]
    assert [name for name in tests.LONGEST if not (ROOT / "tests" / name).is_file()] == []
    assert "--no-loadscope-reorder" in (ROOT / "Makefile").read_text()


def test_the_tests_that_documents_name_are_there():
    there, missing = named_tests(ROOT)
    assert len(there) > 40
    assert not missing


def test_a_document_that_names_a_test_that_is_gone_is_seen(tmp_path):
    (tmp_path / "docs" / "decisions").mkdir(parents=True)
    (tmp_path / "README.md").write_text("see tests/test_rules.py\n")
    (tmp_path / "docs" / "decisions" / "1.md").write_text(
        "[a test](../../tests/roots/test_gone.py), tests/test_rules.py"
    )
    assert named_tests(tmp_path) == ({"tests/test_rules.py"}, {"tests/roots/test_gone.py"})
