"""Reports of several runs as one: which verdict a criterion gets, and which runs do not belong together."""

import hashlib
import json

import pytest
from junitparser import JUnitXml
from tests_support import entry, verdicts

from acceptance.__main__ import main
from acceptance.base.errors import UserError
from acceptance.reports import merge as merging
from acceptance.reports.merge import folder_of, merge, write_merged


def by_id(document):
    return {item["id"]: item for item in [*document["criteria"], *document["beyond"]]}


def allure_result(identity):
    return {"labels": [{"name": "criterion", "value": identity}], "name": identity}


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """A folder of reports; the function writes one into it."""
    monkeypatch.setattr(merging, "REPORTS", tmp_path)

    def add(document):
        folder = tmp_path / document["run"]
        (folder / "allure-results").mkdir(parents=True)
        (folder / "verdicts.json").write_text(json.dumps(document))
        for identity in by_id(document):
            file = folder / "allure-results" / f"{document['run']}-{identity}-result.json"
            file.write_text(json.dumps(allure_result(identity)))
        return folder

    return add


FIRST = verdicts("run-1", entry("2.1"), entry("2.3", "not selected", started=None), entry("2.8", "failed"))
SECOND = verdicts(
    "run-2", entry("2.1", "not selected", started=None), entry("2.3", "substituted"), entry("2.8"),
    beyond=[entry("plan-22.5")],
)  # fmt: skip


def test_each_criterion_has_the_verdict_of_the_run_that_judged_it_or_judged_it_worst():
    merged = merge([SECOND, FIRST])
    found = {identity: (item["outcome"], item["run"]) for identity, item in by_id(merged).items()}
    assert found == {
        "2.1": ("passed", "run-1"),
        "2.3": ("substituted", "run-2"),
        "2.8": ("failed", "run-1"),
        "plan-22.5": ("passed", "run-2"),
    }
    assert (merged["run"], merged["exit_code"]) == ("run-2-merged", 1)
    assert merged["counts"] == {"passed": 1, "substituted": 1, "failed": 1}


def test_the_plan_follows_the_merged_verdicts():
    (task,) = merge([FIRST, SECOND])["plan"]
    assert {part["id"]: part["outcome"] for part in task["subtasks"]} == {
        "6.7": "passed",
        "7.8": "substituted",
        "7.1": None,
    }


def test_the_timeline_has_the_runs_one_after_another():
    merged = merge([FIRST, SECOND])
    assert merged["seconds"] == 200
    assert [(part["name"], part["at"]) for part in merged["phases"]] == [("phase of run-1", 1), ("phase of run-2", 101)]


def test_a_run_that_broke_off_keeps_its_exit_code():
    assert merge([verdicts("run-1", entry("2.1")), verdicts("run-2", entry("2.3"))])["exit_code"] == 0
    assert merge([verdicts("run-1", entry("2.1"), exit_code=2), verdicts("run-2", entry("2.3"))])["exit_code"] == 2


@pytest.mark.parametrize(
    ("field", "value"), [("cluster_uid", "uid-2"), ("commit", "abad1dea"), ("environment", "other"), ("commit", "")]
)
def test_runs_of_different_platforms_or_commits_do_not_belong_together(field, value):
    with pytest.raises(UserError, match=f"the runs differ in {field}: run-1: .*, run-2: {value or 'none'}"):
        merge([FIRST, {**SECOND, field: value}])


def test_runs_without_a_commit_do_not_belong_together():
    with pytest.raises(UserError, match="the runs differ in commit: run-1: none, run-2: none"):
        merge([{**FIRST, "commit": ""}, {**SECOND, "commit": ""}])


def test_reports_of_one_platform_become_one(reports):
    target = write_merged([reports(FIRST), reports(SECOND)])
    document = json.loads((target / "verdicts.json").read_text())
    assert [part["run"] for part in document["merged"]] == ["run-1", "run-2"]
    page = (target / "traceability.html").read_text()
    assert "<dt>merged from<dd><code>run-1</code>" in page
    assert "judged in <code>run-2</code>" in page
    assert JUnitXml.fromfile(str(target / "junit.xml")).failures == 1
    assert sorted(path.name for path in (target / "allure-results").iterdir()) == [
        "run-1-2.1-result.json",
        "run-1-2.8-result.json",
        "run-2-2.3-result.json",
        "run-2-plan-22.5-result.json",
    ]
    for line in (target / "MANIFEST.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((target / name).read_bytes()).hexdigest() == digest


def test_the_command(reports, capsys):
    reports(FIRST)
    assert main(["report", "--merge", "run-1,run-2"]) == 4
    assert "run-2: there is no such report\n  Remedy: known runs: run-1" in capsys.readouterr().err
    reports(SECOND)
    assert main(["report", "--merge", "run-1,run-2"]) == 0
    assert capsys.readouterr().out.strip().endswith("run-2-merged/traceability.html")
    assert main(["report", "--merge", "run-1,run-1"]) == 4


def test_a_damaged_report_is_refused(reports):
    folder = reports(FIRST)
    (folder / "verdicts.json").write_text("{")
    assert folder_of("run-1") == folder
    with pytest.raises(UserError, match="is not a report"):
        merging.read(folder)
