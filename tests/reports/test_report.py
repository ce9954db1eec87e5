"""The files that an auditor finds in a run's folder."""

import datetime
import hashlib
import subprocess

from junitparser import JUnitXml
from tests_support import scenario

from acceptance.commands.bench import critical_path, overhead
from acceptance.images import versions
from acceptance.reports import report

FAILS = "@then('it does not hold')\ndef _fails():\n    assert False, 'expected plain text, saw \\x1b[31mred\\x00'\n"
PICTURE = """
    import time
    @then('there is a picture')
    def _picture(evidence):
        evidence.pieces.append({'title': 'the page', 'content': '', 'picture': 'iVBORw0KGgo=', 'time': time.time()})
"""


def test_who_when_what_and_from_which_commit(project):
    project.feature(scenario())
    project.run("--criterion", "2.1")
    document = project.document
    for key in ("started", "ended"):
        assert datetime.datetime.fromisoformat(document[key]).utcoffset() == datetime.timedelta(0)
    for key in ("who", "machine", "command", "commit", "clean", "python", "packages", "stand_ins", "environment"):
        assert key in document
    assert "--criterion 2.1" in document["command"]
    assert {"pytest", "kubernetes", "requests"} <= set(document["packages"])
    criterion = next(criterion for criterion in document["criteria"] if criterion["id"] == "2.1")
    assert criterion["reproduce"] == f"pytest --env={project.environment} --criterion 2.1"


def test_the_commit_is_the_checkouts_whatever_a_git_hook_says(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    commit = report.git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    assert report.git("rev-parse", "HEAD") == commit != ""


def test_a_tarball_in_somebody_elses_repository_has_no_commit(tmp_path, monkeypatch):
    author = ["-c", "user.name=x", "-c", "user.email=x@example.test"]
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, *author, "commit", "--quiet", "--allow-empty", "-m", "theirs"], check=True)
    (tmp_path / "unpacked").mkdir()
    monkeypatch.setattr(report, "ROOT", tmp_path / "unpacked")
    assert report.git("rev-parse", "HEAD") == ""
    monkeypatch.setattr(report, "ROOT", tmp_path)
    assert len(report.git("rev-parse", "HEAD")) == 40


def test_the_manifest_holds_the_sum_of_every_other_file(project):
    project.feature(scenario())
    project.run()
    (folder,) = project.reports.iterdir()
    lines = [line.split("  ") for line in (folder / "MANIFEST.sha256").read_text().splitlines()]
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {name for _, name in lines} == files - {"MANIFEST.sha256"}
    for digest, name in lines:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_what_no_xml_can_hold_does_not_break_the_junit_file(project):
    project.feature(scenario(step="it does not hold"), FAILS)
    project.run()
    (file,) = project.reports.glob("*/junit.xml")
    assert JUnitXml.fromfile(str(file)).failures == 1


def test_the_page_marks_what_no_task_names_and_shows_pictures(project):
    project.feature(scenario("2.3", step="there is a picture"), PICTURE)
    project.run()
    (file,) = project.reports.glob("*/traceability.html")
    page = file.read_text()
    assert page.count('class="none">named by no task') == 10
    assert "No task of the plan names these 10" in page
    assert '<img alt="the page" loading="lazy" src="data:image/png;base64,iVBORw0KGgo="' in page
    assert 'src="http' not in page, "it opens from disk and asks nobody"


def test_versions_of_programs_and_images(tmp_path, monkeypatch):
    (tmp_path / "kind").write_text("#!/bin/sh\necho kind v1.2.3 $1\n")
    (tmp_path / "kind").chmod(0o755)
    found = versions.of_programs(tmp_path)
    assert found["kind"] == "kind v1.2.3 version"
    assert found["git"].startswith("git version")
    assert "server" in found["docker"]


def phase(name, at, duration):
    return {"name": name, "at": at, "duration": duration}


def test_the_suites_own_time_is_what_lies_in_no_phase_and_no_scenario():
    phases = [phase("images", 0, 4), phase("cluster", 4, 6), phase("redis", 5, 8)]
    document = {"seconds": 20.0, "phases": phases, "scenarios": [{"at": 14, "duration": 5}]}
    assert overhead({"seconds": 21.0, "document": document}) == 3


def test_the_critical_path_leaves_out_what_nothing_waited_for():
    phases = [phase("cluster", 0, 10), phase("redis", 10, 5), phase("database", 10, 40), phase("auth", 50, 9)]
    assert critical_path({"phases": phases}) == ["cluster 10.0 s", "database 40.0 s", "auth 9.0 s"]
