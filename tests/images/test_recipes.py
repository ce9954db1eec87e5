"""What is built from recipes, and what a build that fails says."""

import pytest

from acceptance.base.errors import UserError
from acceptance.base.progress import Steps
from acceptance.images import lock, recipes
from acceptance.images.recipes import Recipes
from acceptance.images.store import Store


@pytest.fixture(autouse=True)
def _durations_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "DURATIONS", tmp_path / "seconds.json")


def test_a_damaged_cache_entry_is_made_anew(tmp_path, monkeypatch):
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "Dockerfile").write_text("FROM scratch\n")
    for module in (recipes, lock):
        monkeypatch.setattr(module, "IMAGES", tmp_path)

    def build(folder, *, output, **_):
        output.mkdir()
        (output / "thing").write_text("program")

    monkeypatch.setattr(recipes.docker, "build", build)
    entry = lock.Entry("thing", "tool", recipe="thing")
    store = Store(tmp_path / "cache")
    store.lock = {"thing": entry}
    builder = Recipes(store, "build", None, tmp_path / "logs")
    builder.build([entry])
    (store.folder(entry) / "thing").write_text("damage")
    assert not store.is_there(entry)
    builder.build([entry])
    assert store.is_there(entry)
    assert (store.folder(entry) / "thing").read_text() == "program"
    assert builder.builds == 2


def test_a_failed_build_shows_its_last_lines_and_the_log(tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "Dockerfile").write_text("FROM scratch\nCOPY no-such-file /\n")
    for module in (recipes, lock):
        monkeypatch.setattr(module, "IMAGES", tmp_path)
    entry = lock.Entry("broken", "engine", recipe="broken")
    builder = Recipes(Store(tmp_path / "cache"), "build", None, tmp_path / "logs")
    with pytest.raises(UserError, match="no-such-file") as error:
        builder.build_one(entry, Steps(1))
    assert str(tmp_path / "logs" / "broken.log") in str(error.value)
