"""The handbooks' commands, as far as they can be checked without a cluster."""

import functools
import re
import shlex
import subprocess

import pytest
import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.criteria.subtasks import load_subtasks, reference_exists
from acceptance.drivers.operations.handbooks import (
    HANDBOOKS,
    SUBTASK,
    Checkout,
    copy_project,
    marked,
    read_blocks,
    showing_nothing,
)

BLOCKS = [block for handbook in HANDBOOKS for block in read_blocks(handbook)]
PRODUCTION = ROOT / "environments" / "production.toml"
OURS = (
    "acceptance",
    "docs",
    "environments",
    "features",
    "fixtures",
    "images",
    "infrastructure",
    "k8s",
    "services",
    "steps",
    "tests",
)
"""Folders whose files are named by commands and by the text."""
MADE_BY_THE_READER = re.compile(r"status-|platform/|k8s/secrets|RUN/|\.s3\.tfbackend$")
KINDS = {
    "application", "applications", "configmap", "deployment", "deployments", "events", "ingressroutes", "namespace",
    "nodes", "pods", "sealedsecrets", "secret", "service", "statefulset", "statefulsets", "svc",
}  # fmt: skip
VERBS = "annotate|delete|describe|edit|get|label|patch|scale"


def scenarios():
    """The ids of all scenarios in the features."""
    text = "\n".join(path.read_text() for path in (ROOT / "features").rglob("*.feature"))
    return {match.removeprefix("ac-") for match in re.findall(r"@(ac-\d+\.\d+|plan-\d+(?:\.\d+)+)", text)}


@functools.cache
def names_of(kind):
    """The names of our own manifests of a kind."""
    texts = [path.read_text() for path in (ROOT / "k8s").rglob("*.yaml") if "upstream" not in path.parts]
    items = [item for text in texts if f"kind: {kind}\n" in text for item in yaml.safe_load_all(text)]
    return {item["metadata"]["name"] for item in items if isinstance(item, dict) and item.get("kind") == kind}


@pytest.fixture(params=BLOCKS, ids=lambda block: f"{block.handbook}:{block.line}")
def block(request):
    """One block of commands."""
    return request.param


def test_it_parses(block):
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert done.returncode == 0, f"{block.place}: {done.stderr}"


def test_every_target_exists(block):
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", block.text):
        assert reference_exists(f"make {target}", ()), f"{block.place}: make {target}"


def test_every_file_exists(block):
    for path in re.findall(rf"(?<![\w/.-])(?:{'|'.join(OURS)})/[\w./-]*\w", block.text):
        if not MADE_BY_THE_READER.search(path):
            # Below -chdir paths are those of the root.
            assert (ROOT / path).exists() or (ROOT / "infrastructure" / "aws" / path).exists(), f"{block.place}: {path}"


def test_every_kind_and_every_workload_exists(block):
    text = block.text.replace("\\\n", " ")
    for kinds in re.findall(rf"kubectl (?:-n [\w-]+ )?(?:{VERBS}) ([a-z][a-z,]*)\b(?!/)", text):
        assert set(kinds.split(",")) <= KINDS, f"{block.place}: {kinds}"
    for kind, name in re.findall(r"\b(deployment|statefulset|svc)/([a-z-]+)", text):
        known = names_of({"deployment": "Deployment", "statefulset": "StatefulSet", "svc": "Service"}[kind])
        if not name.startswith("argocd-"):
            assert name in known, f"{block.place}: {kind}/{name}"
    for name in re.findall(r"(?:get|patch|annotate|describe) application ([a-z-]+)", text):
        assert name in names_of("Application"), f"{block.place}: {name}"


def test_every_option_of_the_suite_exists(block):
    if block.mode == "production" and not PRODUCTION.exists():
        return
    options = "".join(path.read_text() for path in (ROOT / "acceptance" / "runner").glob("*.py"))
    for line in re.findall(r"\.venv/bin/pytest (.+)", block.text):
        for option in re.findall(r"--[a-z-]+", line):
            known = option in ("--collect-only", "--quiet") or f'"{option}"' in options
            assert known, f"{block.place}: {option}"


def test_what_is_done_by_hand_names_what_proves_it(block):
    if block.mode == "manual":
        assert reference_exists(block.proof, scenarios()), f"{block.place}: {block.proof}"


def test_nothing_that_is_run_changes_what_is_deployed(block):
    if block.mode == "run":
        # Git is read, manifests are tried: what changes the platform is done by hand.
        assert not re.search(r"\bpush\b|rollout (restart|undo)|kubectl (scale|delete|create namespace)", block.text)
        assert all("--dry-run=server" in line for line in block.text.splitlines() if "kubectl apply" in line)


def test_each_subtask_has_a_section_with_commands():
    headings = {identity for block in BLOCKS for identity in SUBTASK.findall(block.heading)}
    wanted = {identity for identity, subtask in load_subtasks().subtasks.items() if subtask.task in (25, 26)}
    # The first of each is the file itself.
    assert wanted - headings == {"25.1", "26.1"}


def test_plan_25_2_is_named_only_where_it_types_something():
    run = {identity for block in BLOCKS if block.mode == "run" for identity in SUBTASK.findall(block.heading)}
    for identity, subtask in load_subtasks().subtasks.items():
        if subtask.task in (25, 26) and "plan-25.2" in subtask.by:
            assert identity in run, f"{identity} says that plan-25.2 judges it, which types nothing of its section"


def test_links_lead_somewhere():
    for handbook in HANDBOOKS:
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "docs" / handbook).read_text()):
            assert (ROOT / "docs" / target).exists(), f"{handbook}: {target}"


def test_files_that_the_text_names_exist():
    for handbook in HANDBOOKS:
        for path in re.findall(r"`([a-z0-9]+/[\w./-]+)`", (ROOT / "docs" / handbook).read_text()):
            if path.startswith(OURS) and not MADE_BY_THE_READER.search(path):
                assert (ROOT / path).exists(), f"{handbook}: {path}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```sh\nls\n```\n", "book.md:1: `sh` is no valid mode"),
        ("```sh maybe\nls\n```\n", "`sh maybe` is no valid mode"),
        ("```sh manual\nls\n```\n", "`sh manual` is no valid mode"),
        ("```sh run 2.1\nls\n```\n", "`sh run 2.1` is no valid mode"),
        ("# Head\n```sh run\nls\n", "book.md:2: the block is not closed"),
    ],
)
def test_a_block_that_does_not_say_how_it_is_meant_is_refused(tmp_path, text, words):
    (tmp_path / "book.md").write_text(text)
    with pytest.raises(UserError, match=re.escape(words)):
        read_blocks("book.md", tmp_path)


def test_blocks_know_their_heading_and_lose_the_lists_indent(tmp_path):
    listed = "# A\n\n1. First:\n\n   ```sh run\n   if true; then\n     ls\n   fi\n   ```\n"
    (tmp_path / "book.md").write_text(f"{listed}\n## B (25.2)\n```sh manual make check\nmake check\n```\n")
    first, second = read_blocks("book.md", tmp_path)
    assert (first.heading, first.text, first.mode) == ("A", "if true; then\n  ls\nfi\n", "run")
    assert (second.heading, second.proof, second.line) == ("B (25.2)", "make check", 12)


def test_a_copy_of_the_project_has_what_make_needs_and_nothing_of_its_runs(tmp_path):
    copy = copy_project(tmp_path / "copy")
    assert (copy / "Makefile").is_file() and (copy / "k8s").is_dir()
    assert not (copy / "reports").exists() and not (copy / ".git").exists()
    done = subprocess.run(["make", "--no-print-directory", "argocd-password"], cwd=copy, capture_output=True, text=True)
    assert "admin-password" in done.stdout and shlex.split(done.stdout)[0] == "kubectl"


def test_ports_on_this_machine_are_chosen_by_the_system(block):
    forwards = [words.split() for words in block.text.splitlines() if " port-forward " in words]
    fixed = [word for words in forwards for word in words if re.fullmatch(r"\d+(:\d+)?", word)]
    assert not fixed, f"{block.place} fails where {fixed} is taken: write :PORT"


KUBECTL = """#!/bin/sh
case "$*" in
*no-such-label*) echo "No resources found in default namespace." >&2 ;;
*nothing*) ;;
*) echo "pod/auth" ;;
esac
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kubectl get pods\nkubectl -n argocd logs deployment/x --tail=2\n", []),
        ("kubectl get pods -l no-such-label\n", ["printed nothing", "No resources found"]),
        ("kubectl logs -l no-such-label | tail -3\n", ["No resources found"]),
        ("kubectl get pods -o name -l nothing\n", ["printed nothing"]),
        ("kubectl get pods -l nothing | tail -3\nkubectl get nothing > file\n", []),
        ("kubectl get no-such-label --field-selector=a=b\n", []),
        ("kubectl logs nothing --since=5m\n", []),
        ("kubectl get \\\n  nothing\nx=$(kubectl get nothing)\n", []),
        ("false || echo ended\n[ -z $(kubectl get nothing) ]\n", []),
    ],
)
def test_a_command_that_shows_nothing_is_told(tmp_path, text, words):
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    (tmp_path / "book.md").write_text(f"# A (25.3)\n```sh run\n{text}```\n")
    (block,) = read_blocks("book.md", tmp_path)
    checkout = Checkout(tmp_path, tmp_path, tmp_path / "kubeconfig", {})
    said = checkout.type(block)
    assert "exit code 0" in said and not set(said) & set("\x1d\x1e\x1f")
    assert len(checkout.silent) == len(words), checkout.silent
    assert all(word in text for word, text in zip(words, checkout.silent, strict=True))


def test_marks_are_around_commands_alone():
    for block in BLOCKS:
        kept = [line for line in marked(block.text).split("\n")[:-1] if not line.startswith("printf '%s' '")]
        assert kept == block.text.splitlines()
    assert showing_nothing("kubectl get pods\n", "", "") == []


DUMP = "CREATE SCHEMA backend;\nALTER SCHEMA backend OWNER TO backend;\nCREATE TABLE backend.products (\n);\n" + (
    "ALTER TABLE backend.products OWNER TO backend;\nCOPY backend.products (slug) FROM stdin;\n"
)


def test_backups_and_subtasks_are_judged_by_what_was_run(tmp_path):
    checkout = Checkout(tmp_path, tmp_path, tmp_path, {})
    checkout.ran += [block for block in BLOCKS if block.mode == "run" and block.handbook == "operations.md"]
    (tmp_path / "database.sql").write_text(DUMP)
    assert checkout.lost_from_backups(["backend.products", "auth.tokens"], "app", "postgres")[:1] == [
        "database.sql lacks auth.tokens"
    ]
    assert checkout.not_run("operations.md") == []
    checkout.ran = [block for block in checkout.ran if "(25.4)" not in block.heading]
    assert checkout.not_run("operations.md") == ["25.4"]
