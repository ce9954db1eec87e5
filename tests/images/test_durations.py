"""The seconds that are left of a build are told from how long the last ones took."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from acceptance.base.progress import Steps
from acceptance.images import lock, recipes
from acceptance.images.durations import expected, note, read
from acceptance.images.recipes import Recipes
from acceptance.images.store import Store


def test_what_was_noted_last_is_expected_once_all_is_known(tmp_path):
    file = tmp_path / "state" / "seconds.json"
    assert expected(file, ["one"]) == {}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: note(file, f"recipe-{number}", number), range(20)))
    note(file, "recipe-1", 7.04)
    assert expected(file, ["recipe-1", "recipe-2"]) == {"recipe-1": 7.0, "recipe-2": 2.0}
    assert expected(file, ["recipe-1", "unknown"]) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"one": "x"}', '{"one": null}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path, text):
    file = tmp_path / "seconds.json"
    file.write_text(text)
    assert read(file) == {}


def test_a_build_is_noted_and_the_next_one_says_about_how_long(tmp_path, monkeypatch):
    for module in (recipes, lock):
        monkeypatch.setattr(module, "IMAGES", tmp_path)
    monkeypatch.setattr(recipes, "DURATIONS", tmp_path / "seconds.json")
    said = []
    entries = [lock.Entry(name, "engine", recipe=name) for name in ("slow", "quick")]
    for entry in entries:
        (tmp_path / entry.name).mkdir()
        (tmp_path / entry.name / "Dockerfile").write_text("FROM scratch\n")

    class Shown(Steps):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            said.append(self.status())

    monkeypatch.setattr(recipes, "Steps", Shown)
    monkeypatch.setattr(recipes.docker, "build", lambda *_, **__: None)
    monkeypatch.setattr(recipes.docker, "inspect", lambda *_: None)
    store = Store(tmp_path / "cache")
    store.lock = {entry.name: entry for entry in entries}
    builder = Recipes(store, "build", None, tmp_path / "logs")
    builder.build(entries)
    assert set(read(tmp_path / "seconds.json")) == {"slow", "quick"}
    note(tmp_path / "seconds.json", "slow", 600)
    builder.build(entries)
    assert said == ["[0/2] building ... (0 s)", "[0/2] building ... (0 s, about 600 s left)"]
