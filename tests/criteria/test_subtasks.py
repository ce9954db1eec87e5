"""The map of the plan: complete, consistent with the plan, and failing when a reference does not exist."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml
from tests_support import scenario

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.criteria.catalogue import load_catalogue
from acceptance.criteria.subtasks import (
    State,
    closed_problems,
    described,
    load_subtasks,
    named_by,
    reference_exists,
    subtask_problems,
    worst,
)
from acceptance.drivers.operations.handbooks import copy_project

OURS = ROOT / "features" / "subtasks.yaml"
SOURCE = ROOT.parent / "shared" / "implementation-plan.txt"
SUBTASK = re.compile(r"^\s*- \[[ x]\] \*\*(\d+(?:\.\d+)+)\*\* (.+)$", re.MULTILINE)
COLLECT = ("-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider")


def collect(folder):
    return subprocess.run([sys.executable, *COLLECT], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    """A copy of the project that tests may damage."""
    return copy_project(tmp_path / "copy")


def written():
    """The ids of all scenarios in the features: criteria, and plan-N.M."""
    text = "\n".join(path.read_text() for path in (ROOT / "features").rglob("*.feature"))
    return {match.removeprefix("ac-") for match in re.findall(r"@(ac-\d+\.\d+|plan-\d+(?:\.\d+)+)", text)}


def test_every_subtask_of_the_plan_has_a_state():
    plan = load_subtasks()
    if SOURCE.exists():
        # The source is not part of a clone.
        source = {identity: text.removesuffix(":") for identity, text in SUBTASK.findall(SOURCE.read_text())}
        assert {identity: subtask.text for identity, subtask in plan.subtasks.items()} == source
    assert len(plan.subtasks) == yaml.safe_load(OURS.read_text())["count"]
    assert len(plan.titles) == max(subtask.task for subtask in plan.subtasks.values())


def test_all_that_the_map_names_exists():
    assert subtask_problems(load_subtasks(), written()) == []
    assert closed_problems(load_catalogue(), written()) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("state: done\n", "state: finished\n", "subtask 1.1: state: Input should be 'judged'"),
        ("        state: done\n", "", "subtask 1.1: state: Field required"),
        ("        check: '1.11'\n", "", "subtask 1.1 is done, but has no check"),
        ("        by: ['2.1']\n", "", "subtask 6.7 is judged, but has no by"),
        ("        text: Install OpenTofu", "        words: Install OpenTofu", "subtask 1.1: text"),
        ("- id: '1.2'", "- id: '1.1'", "subtask 1.1 is listed twice"),
        ("- id: '1.2'", "- id: '1.7'", "expected subtask 1.2, found 1.7"),
        ("- id: '11.6.1'", "- id: '11.6.9'", "expected subtask 11.6.1, found 11.6.9"),
        ("- id: '2.1'", "- id: '3.1'", "subtask 3.1 is listed under task 2"),
        ("count: 320", "count: 321", "the plan has 321 subtasks, but 320 are listed"),
        ("  - id: 28\n", "  - id: 29\n", "listed under task 29"),
        ("tasks:", "tusks:", "is not a plan"),
        ("count: 320", "- :", "is not a plan"),
    ],
)
def test_a_damaged_map_is_refused(tmp_path, old, new, words):
    text = OURS.read_text()
    assert old in text
    file = tmp_path / "subtasks.yaml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=re.escape(words)):
        load_subtasks(file)


def test_a_subtask_that_is_missing_is_refused(tmp_path):
    document = yaml.safe_load(OURS.read_text())
    del document["tasks"][6]["subtasks"][3]
    file = tmp_path / "subtasks.yaml"
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(UserError, match=r"expected subtask 7\.4, found 7\.5"):
        load_subtasks(file)


def test_a_reference_to_nothing_is_found():
    plan = load_subtasks()
    missing = written() - {"2.1"}
    assert "subtask 6.7 names 2.1, which does not exist" in subtask_problems(plan, missing)
    assert "the scenario @plan-27.3 is named by no subtask" in subtask_problems(
        plan.model_copy(update={"subtasks": {}}), {"plan-27.3"}
    )
    assert closed_problems(load_catalogue(), missing) == ["criterion 2.1 has no scenario"]


@pytest.mark.parametrize(
    ("reference", "exists"),
    [
        ("make check", True),
        ("make love", False),
        ("tests/criteria/test_subtasks.py::test_a_subtask_that_is_missing_is_refused", True),
        ("tests/criteria/test_subtasks.py::test_nothing", False),
        ("tests/test_nothing.py::test_nothing", False),
        ("2.1", True),
        ("2.99", False),
        ("plan-22.5", True),
        ("by looking at it", False),
    ],
)
def test_what_a_check_may_name(reference, exists):
    assert reference_exists(reference, {"2.1", "plan-22.5"}) is exists


def test_make_check_is_red_for_a_deleted_file_and_for_a_criterion_without_scenario(copy):
    shutil.rmtree(copy / "k8s" / "traefik")
    feature = copy / "features" / "02_kubernetes_cluster_operations.feature"
    feature.write_text(feature.read_text().replace("  @ac-2.3\n", ""))
    done = collect(copy)
    text = done.stdout + done.stderr
    assert done.returncode == 4
    assert "subtask 9.4 names k8s/traefik/base/pvc.yaml, which does not exist" in text
    assert "criterion 2.3 has no scenario" in text


def test_a_run_that_collects_a_part_is_not_told_of_the_rest(copy):
    feature = copy / "features" / "02_kubernetes_cluster_operations.feature"
    feature.write_text(feature.read_text().replace("  @ac-2.3\n", ""))
    arguments = [*COLLECT, "steps/test_cache_service.py"]
    assert subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True).returncode == 0


def test_the_worst_verdict_of_a_subtasks_scenarios_is_its_own():
    outcomes = {"1.1": "passed", "1.2": "substituted", "1.3": "unverifiable", "1.4": "failed"}
    assert worst(["1.1", "1.2"], outcomes) == "substituted"
    assert worst(["1.1", "1.3"], outcomes) == "unverifiable"
    assert worst(["1.3", "1.4", "1.5"], outcomes) == "failed"
    assert worst(["1.5", "1.1"], outcomes) == "no scenario"
    assert worst([], outcomes) is None


def test_both_directions_are_in_the_report(project):
    project.feature(scenario("2.1", title="Something holds"))
    _, verdicts = project.run()
    plan = load_subtasks()
    assert verdicts["2.1"]["subtasks"] == named_by(plan)["2.1"]
    assert "6.7" in verdicts["2.1"]["subtasks"]
    subtasks = {part["id"]: part for task in project.document["plan"] for part in task["subtasks"]}
    assert len(subtasks) == len(plan.subtasks)
    assert (subtasks["6.7"]["state"], subtasks["6.7"]["outcome"]) == ("judged", "passed")
    assert subtasks["28.1"]["outcome"] is None
    (file,) = project.reports.glob("*/traceability.html")
    page = file.read_text()
    assert all(f'id="s-{identity}"' in page for identity in plan.subtasks)
    uncovered = sum(subtask.state is State.NOT_DONE for subtask in plan.subtasks.values())
    assert f"Nothing covers these {uncovered}:" in page
    assert page.count("nothing covers it") == uncovered
    assert '<a href="#s-6.7">6.7</a>' in page


def test_tasks_hold_their_subtasks():
    tasks = described(load_subtasks(), {})
    assert [task["id"] for task in tasks] == list(range(1, len(tasks) + 1))
    assert [part["id"] for part in tasks[3]["subtasks"]] == ["4.1", "4.2", "4.3", "4.4"]
