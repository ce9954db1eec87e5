"""Kustomizations are edited as text: what is not meant stays as it was."""

import re
import shutil

from acceptance.base.paths import ROOT
from acceptance.images import pins


def test_every_kustomization_keeps_its_text_when_nothing_is_changed(tmp_path):
    for path in sorted((ROOT / "k8s").rglob("kustomization.yaml")):
        # What lies in upstream/ is upstream's, and no file of ours.
        if "upstream" in path.parts:
            continue
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        with pins.editing_images(copy):
            pass
        assert copy.read_text() == path.read_text(), path


HASH = "sha256:" + "0123456789abcdef" * 4


def test_digests_go_and_comments_stay(tmp_path):
    path = tmp_path / "kustomization.yaml"
    path.write_text(
        "images:\n  # Ours.\n"
        f"  - {{name: a, newName: b, newTag: '1', digest: {HASH}}}  # soon another\n"
        f"  - {{name: c, newTag: '2', digest: {HASH}}}\n"
        "patches:\n  # Theirs.\n  - {path: x.yaml}\n"
    )
    with pins.editing_images(path) as entries:
        pins.unpin(entries)
    assert re.sub(" +#", " #", path.read_text()) == (
        "images:\n # Ours.\n  - {name: a, newName: b, newTag: '1'} # soon another\n"
        "patches:\n # Theirs.\n  - {path: x.yaml}\n"
    )


def test_the_block_goes_with_its_last_entry(tmp_path):
    path = tmp_path / "kustomization.yaml"
    path.write_text(f"resources: [x.yaml]\nimages: [{{name: c, newTag: '2', digest: {HASH}}}]\n")
    with pins.editing_images(path) as entries:
        pins.unpin(entries)
    assert path.read_text() == "resources: [x.yaml]\n"
