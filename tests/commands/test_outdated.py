"""What has newer versions, told by tools whose answers were recorded; a tool that is missing is said to be."""

import json

import pytest

from acceptance.base.errors import UserError
from acceptance.clients.registry import NoAnswer
from acceptance.commands import outdated
from acceptance.commands.outdated import Row

GO_MOD = {
    "Module": {"Path": "recipe/some"},
    "Require": [
        {"Path": "example.test/thing", "Version": "v1.0.0", "Indirect": True},
        {"Path": "example.test/thing/v3", "Version": "v3.6.12", "Indirect": True},
        {"Path": "example.test/renamed", "Version": "v0.1.0", "Indirect": True},
        {"Path": "example.test/other", "Version": "v9.9.9", "Indirect": True},
    ],
    "Tool": [{"Path": "example.test/thing/v3/cmd/thing"}, {"Path": "example.test/renamed"}],
    "Replace": [{"Old": {"Path": "example.test/renamed"}, "New": {"Path": "example.test/fork", "Version": "v0.2.0"}}],
}
OWN_MOD = {
    "Module": {"Path": "probe"},
    "Require": [
        {"Path": "example.test/sql", "Version": "v5.12.0"},
        {"Path": "example.test/deep", "Version": "v1.0.0", "Indirect": True},
    ],
    "Tool": None,
    "Replace": None,
}
GO_LIST = """{
	"Path": "example.test/fork",
	"Version": "v0.2.0"
}
{
	"Path": "example.test/thing/v3",
	"Version": "v3.6.12",
	"Update": {
		"Path": "example.test/thing/v3",
		"Version": "v3.7.13"
	},
	"GoVersion": "1.25.0"
}
{
	"Path": "example.test/sql",
	"Version": "v5.12.0",
	"Error": {
		"Err": "example.test/sql@v5.12.0: reading https://proxy.example.test/sql.info: 403 Forbidden\\n\\tserver: no"
	}
}
"""
NPM = {
    "next": {"wanted": "15.5.29", "latest": "16.4.6", "dependent": "frontend"},
    "react": {"wanted": "19.3.1", "latest": "19.3.1", "dependent": "frontend"},
}
LOCK = {"packages": {"node_modules/next": {"version": "15.5.29"}, "node_modules/react": {"version": "19.3.1"}}}
IMAGES = """
[debian]
upstream = "docker.io/library/debian:bookworm-slim"
use = "base"
[thing]
upstream = "docker.io/library/thing:v3.6.12"
use = "node"
[elsewhere]
upstream = "elsewhere.test/a/b:1.2"
use = "node"
[built]
recipe = "built"
use = "tool"
"""
REQUIREMENTS = "some-thing==1.2.3 \\\n    --hash=sha256:0\npsycopg[binary]==3.0\nsame==1 ; python_version<'4'\n"


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder that holds all programs that are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(outdated, "BIN", folder)
    return folder


def fake(tools, name, script):
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)


@pytest.fixture
def root(tmp_path):
    """A project."""
    files = {
        "images/some/go.mod": json.dumps(GO_MOD), "images/probe/go.mod": json.dumps(OWN_MOD),
        "images/lock.toml": IMAGES, "services/frontend/package.json": "{}",
        "services/frontend/package-lock.json": json.dumps(LOCK),
        "requirements.txt": REQUIREMENTS,
        "k8s/a/kustomization.yaml": (
            "images:\n  - {name: local/x, newName: y.test/x, newTag: '1.0'}\n  - {name: local/z, newTag: '1'}\n"
        ),
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def test_go_modules_are_those_of_the_recipes_tools_as_they_are_replaced(tools, root):
    answers = tools.parent / "answer"
    answers.write_text(GO_LIST)
    fake(tools, "go", f'echo "$@" >>{tools}/said\ncase $1 in mod) cat "$4";; list) cat {answers};; esac')
    rows, left_out = outdated.go_modules(root)
    assert rows == [Row("example.test/thing/v3", "images/some/go.mod", "v3.6.12", "v3.7.13")]
    assert left_out == ["example.test/sql: example.test/sql@v5.12.0: reading <address> 403 Forbidden"]
    asked = (tools / "said").read_text().splitlines()[-1]
    assert asked == (
        "list -m -u -e -json example.test/sql@v5.12.0 example.test/fork@v0.2.0 example.test/thing/v3@v3.6.12"
    )


def test_python_packages_are_what_locking_anew_would_take(tools, root, monkeypatch):
    monkeypatch.setattr(outdated, "PYTHON", (("pyproject.toml", "requirements.txt", ("--extra", "dev")),))
    fake(
        tools, "uv", f'echo "$@" >{tools}/said\nprintf "some-thing==1.3.0\\npsycopg[binary]==3.1\\nsame==1\\nnew==1\\n"'
    )
    assert outdated.python_packages(root) == (
        [Row("some-thing", "requirements.txt", "1.2.3", "1.3.0"), Row("psycopg", "requirements.txt", "3.0", "3.1")],
        [],
    )
    assert "pip compile pyproject.toml --extra dev" in (tools / "said").read_text()
    assert "--upgrade" in (tools / "said").read_text()


def test_python_packages_that_nobody_tells_of_are_left_out(tools, root, monkeypatch):
    monkeypatch.setattr(outdated, "PYTHON", (("pyproject.toml", "requirements.txt", ()),))
    fake(tools, "uv", "echo 'error: Failed to fetch: `https://index.example.test/simple/x/`' >&2; exit 2")
    rows, (line,) = outdated.python_packages(root)
    assert rows == [] and line.startswith("requirements.txt: uv did not answer") and "example.test" not in line


def test_npm_packages_are_compared_with_what_is_locked(tools, root, monkeypatch):
    monkeypatch.setattr(outdated, "NPM", ("services/frontend",))
    (tools / "answer").write_text(json.dumps(NPM))
    fake(tools, "npm", f"cat {tools}/answer; exit 1")
    rows, left_out = outdated.npm_packages(root)
    assert (rows, left_out) == ([Row("next", "services/frontend/package.json", "15.5.29", "16.4.6")], [])


@pytest.mark.parametrize(("says", "rows", "lines"), [("", [], 0), ('{"error": {"code": "ENOTFOUND"}}', [], 1)])
def test_npm_says_nothing_or_an_error(tools, root, monkeypatch, says, rows, lines):
    monkeypatch.setattr(outdated, "NPM", ("services/frontend",))
    fake(tools, "npm", f"echo '{says}'")
    found, left_out = outdated.npm_packages(root)
    assert (found, len(left_out)) == (rows, lines)


class Registries:
    """Of one registry's images the tags are known."""

    def tags(self, reference):
        if reference.host == "elsewhere.test":
            raise NoAnswer("silence")
        if reference.host == "y.test":
            raise UserError("y.test answers 404", "mend it")
        return ["v2.11.30", "v3.6.9", "v3.7.1", "v3.7.1-rc1", "v3", "v4.0.0-alpine", "latest"]


def test_images_are_those_of_the_lock_and_of_kustomizations(root):
    rows, left_out = outdated.images(root, Registries())
    assert rows == [Row("docker.io/library/thing", "images/lock.toml [thing]", "v3.6.12", "v3.7.1")]
    assert left_out == ["y.test answers 404", "elsewhere.test does not answer: 1 of its images are left out"]


@pytest.mark.parametrize(
    ("tag", "tags", "newest"),
    [
        ("1.26", ["1", "1.9", "1.27", "1.27.3", "1.28-alpine"], "1.27"),
        ("3.6.5-0", ["3.6.10-0", "3.6.10-1", "3.7.0"], "3.6.10-1"),
        ("v20230606-42a2262b", ["v20241212-9f82dd49", "v20220101-1111111"], "v20241212-9f82dd49"),
        ("2025.2.6.0-b111", ["2025.2.6.0-b99", "2025.1.9.9-b999"], "2025.2.6.0-b111"),
    ],
)
def test_tags_are_compared_with_those_that_are_built_alike(tag, tags, newest):
    assert outdated.newest_tag(tag, tags) == newest


def test_a_tool_that_is_missing_is_a_line_and_the_rest_is_told(tools, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tools))

    def some():
        return [Row("a", "b", "1", "2")], []

    monkeypatch.setattr(
        outdated, "SOURCES", {"Go modules": outdated.go_modules, "Python packages": outdated.python_packages, "x": some}
    )
    assert outdated.main() == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split(" | ") == ["what", "where it is pinned", "now", "newest"]
    assert [cell.strip() for cell in printed[1].split(" | ")] == ["a", "b", "1", "2"]
    assert "left out: Go modules: go is not there" in printed
    assert "left out: requirements.txt: uv is not there" in printed


def test_nothing_new_is_said_and_so_is_what_is_not_asked_about(monkeypatch, capsys):
    monkeypatch.setattr(outdated, "SOURCES", {"x": lambda: ([], [])})
    assert outdated.main() == 0
    assert capsys.readouterr().out.splitlines() == ["nothing has a newer version", outdated.NOT_ASKED]
