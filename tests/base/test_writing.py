"""A file that others read is whole, however many write it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from acceptance.base.writing import write_whole


def test_several_that_write_a_file_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
    file, both, replace = tmp_path / "made" / "file.json", threading.Barrier(2, timeout=20), Path.replace

    def replace_together(path, target):
        both.wait()  # Both have written before one moves its file to where it belongs.
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replace_together)
    with ThreadPoolExecutor(2) as pool:
        for written in [pool.submit(write_whole, file, text) for text in ("one", "two")]:
            written.result()
    assert file.read_text() in ("one", "two")
    assert [path.name for path in file.parent.iterdir()] == ["file.json"]
