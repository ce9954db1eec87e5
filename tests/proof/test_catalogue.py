"""The catalogue of defects only names what exists, and an invalid entry is reported with the reason."""

import pytest
import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.criteria.fingerprint import scenarios
from acceptance.proof.catalogue import WAYS, load_defects, unknown_criteria
from acceptance.proof.workbench import Workbench

DEFECT = """
- id: {name}
  says: Redis takes clients without a password
  make: {made}
  effect: {{kubectl: {{arguments: get pods, expect: redis}}}}
  red: {red}
"""


def write(folder, name="redis-is-open", made="{scale: {kind: deployment, name: redis, replicas: 0}}", red='["7.1"]'):
    with (folder / "07.yaml").open("a") as file:
        file.write(DEFECT.format(name=name, made=made, red=red))


def test_each_defect_names_scenarios_that_are_there():
    assert unknown_criteria(load_defects(), set(scenarios())) == []


def test_a_scenario_that_is_not_there_is_named(tmp_path):
    write(tmp_path, red='["7.99"]')
    found = unknown_criteria(load_defects(tmp_path), set(scenarios()))
    assert found == ["the defect redis-is-open names 7.99, which no scenario judges"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"made": "{magic: {}}"}, "make has to have one of"),
        ({"made": "{scale: {}, sql: {}}"}, "make has to have one of"),
        ({"made": "{scale: {kind: deployment, name: redis}}"}, "scale has no replicas"),
        ({"made": "{node: {on: workers, command: x, undo: y}}"}, "node has no machines"),
        ({"name": "Redis is open"}, "id: String should match pattern"),
        ({"red": "[]"}, "red: List should have at least 1 item"),
    ],
)
def test_a_wrong_entry_is_refused_by_file_and_name(tmp_path, entry, words):
    write(tmp_path, **entry)
    with pytest.raises(UserError, match=r"07\.yaml") as refused:
        load_defects(tmp_path)
    assert words in str(refused.value)


def test_an_id_that_is_there_twice_is_refused(tmp_path):
    write(tmp_path)
    write(tmp_path)
    with pytest.raises(UserError, match="redis-is-open is listed twice"):
        load_defects(tmp_path)


def test_each_way_to_make_a_defect_and_each_look_is_there():
    ways = {defect.way for defect in load_defects().values()}
    looks = {next(iter(defect.effect)) for defect in load_defects().values()}
    assert [way for way in WAYS if not hasattr(Workbench, f"make_{way}")] == []
    assert ways <= set(WAYS)
    assert [look for look in sorted(looks) if not hasattr(Workbench, f"look_{look}")] == []


def test_a_defect_by_git_finds_the_text_that_it_replaces():
    for defect in load_defects().values():
        what = defect.make.get("git", {})
        path = ROOT / what.get("file", "").replace("platform/", "", 1) if what else None
        if path is not None and path.is_file() and "environment/run" not in str(path):
            assert what["replace"] in path.read_text(), defect.id
            if path.suffix == ".yaml":
                # What is no YAML is not deployed at all.
                list(yaml.safe_load_all(path.read_text().replace(what["replace"], what["with"], 1)))
