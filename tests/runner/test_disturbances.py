"""What scenarios disturb and need, by their tags and steps; docs/architecture.md lists which may run concurrently."""

import json
import re
import subprocess
import sys

import pytest
from tests_support import PATIENCE, scenario

from acceptance.base.paths import ROOT
from acceptance.runner.durations import SECONDS

PLUGIN = """
import json, sys, pytest
class Seen:
    def pytest_collection_finish(self, session):
        from acceptance.drivers.argocd.demos import Reservations
        from acceptance.runner.batches import batches
        from acceptance.runner.disturbances import effect_of, table
        from acceptance.runner.lookahead import step_calls, steps_of
        from acceptance.runner.tags import criterion_of
        named = {criterion_of(item): item for item in session.items if criterion_of(item)}
        reserved = Reservations()
        for item in named.values():
            for step in step_calls(item, "demos"):
                reserved.rehearse(step)
        effects = {name: effect_of(item) for name, item in named.items()}
        json.dump({
            "batches": [[criterion_of(item) for item in batch.items] for batch in batches(session.items)],
            "items": [item.nodeid for batch in batches(session.items) for item in batch.items],
            "disturbs": {name: sorted(effect.disturbs) for name, effect in effects.items()},
            "needs": {name: sorted(effect.needs) for name, effect in effects.items()},
            "steps": {name: [step.name for step in steps_of(item)] for name, item in named.items()},
            "demos": reserved.wanted,
            "table": table(effects),
        }, open(sys.argv[1], "w"))
pytest.main(["--collect-only", "-q", "--rehearse"], plugins=[Seen()])
"""


@pytest.fixture(scope="module")
def project_itself(tmp_path_factory):
    """The scenarios of this project, as they are collected."""
    found = tmp_path_factory.mktemp("collected") / "found.json"
    command = [sys.executable, "-c", PLUGIN, found]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert found.exists(), ended.stdout + ended.stderr
    return json.loads(found.read_text())


def test_scenarios_that_share_what_only_one_process_can_have_stay_together(project_itself):
    found = [set(batch) for batch in project_itself["batches"]]
    with_demos = next(batch for batch in found if "3.1" in batch)
    assert with_demos >= {*(f"3.{number}" for number in range(1, 11)), "13.6"}
    assert {"2.1"} in found and {"9.8"} in found
    together = {name for batch in found for name in batch}
    items = project_itself["items"]
    assert len(items) == len(set(items)) > 118, "a row is in two batches"
    alone = {"2.8", "1.12", "plan-23.10", "plan-24.10", "plan-25.8"}
    assert not alone & together, "nothing may run beside these"
    assert set(project_itself["disturbs"]) - together == {*alone, "7.7", "11.2"}, "what measures is judged alone, too"
    assert all(len(batch) == 1 for batch in found if any(project_itself["disturbs"][name] for name in batch))


def test_each_scenario_that_asks_for_a_demo_gets_one(project_itself):
    form = r'an Application for the repository "(.+)" with auto-sync (on|off)'
    steps = [text for texts in project_itself["steps"].values() for text in texts]
    asked = [[found[1], found[2] == "on"] for text in steps if (found := re.fullmatch(form, text))]
    assert len(asked) > 9 and project_itself["demos"] == asked


def test_who_changes_a_service_says_so(project_itself):
    for name, steps in project_itself["steps"].items():
        for step in steps:
            if match := re.match(r'auto-sync of "([^"]+)" is', step):
                assert match[1] in project_itself["disturbs"][name], f"{name} changes {match[1]} and does not say so"


def test_what_a_service_rests_on_is_needed_too(project_itself):
    needs = project_itself["needs"]
    assert {"control-plane", "backend-service", "auth-service", "database", "redis"} <= set(needs["9.1"])
    assert "traefik" not in needs["9.1"] and "traefik" in needs["9.6"]
    assert set(needs["plan-25.2"]) == set(needs["13.4"]), "who asks for all Applications may look at everything"
    assert needs["2.1"] == ["control-plane"]


def test_the_table_of_who_excludes_whom_is_up_to_date(project_itself):
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert project_itself["table"] in page, f"put this into docs/architecture.md:\n{project_itself['table']}"


def test_expected_durations_are_of_scenarios_that_there_are(project_itself):
    assert set(SECONDS) <= set(project_itself["disturbs"])
    disruptive = {name for batch in project_itself["batches"] for name in batch if project_itself["disturbs"][name]}
    assert disruptive <= set(SECONDS)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("@disruptive", "is @disruptive but does not say what it disturbs"),
        ("@disturbs-database", "disturbs something but is not @disruptive"),
        ("@disruptive @disturbs-databse", "has the tag @disturbs-databse, but there is no such part"),
        ("@needs-databse", "has the tag @needs-databse, but there is no such part"),
    ],
)
def test_tags_that_make_no_sense_are_refused_with_a_remedy(project, tags, said):
    project.feature(scenario("2.1", tags=tags))
    result, _ = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{said}*"])
    result.stderr.fnmatch_lines(["*Remedy: *database*"])
