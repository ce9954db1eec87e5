"""Where built images and tools are stored, and that nothing incomplete is."""

import pytest

from acceptance.images.lock import Entry
from acceptance.images.store import Store

ENTRY = Entry("some-tool", "tool")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def test_a_program_that_is_kept_is_there_and_alone(store, tmp_path):
    (tmp_path / "some").write_text("program")
    assert not store.is_there(ENTRY)
    store.keep(ENTRY, tmp_path / "some")
    assert store.is_there(ENTRY)
    assert (store.folder(ENTRY) / "some").read_text() == "program"
    assert list(store.folder(ENTRY).parent.iterdir()) == [store.folder(ENTRY)]


def test_what_breaks_off_while_it_is_filled_leaves_what_was_there(store, tmp_path):
    (tmp_path / "some").write_text("program")
    store.keep(ENTRY, tmp_path / "some")

    def break_off():
        with store.filled(ENTRY) as files:
            files.mkdir()
            (files / "some").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert store.is_there(ENTRY)
    assert (store.folder(ENTRY) / "some").read_text() == "program"
    assert list(store.folder(ENTRY).parent.iterdir()) == [store.folder(ENTRY)]
