"""The catalogue of criteria, and the features that judge them."""

import pytest
import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.criteria.catalogue import load_catalogue

OURS = ROOT / "features" / "requirements.yaml"
SOURCE = ROOT.parent / "shared" / "requirements.yaml"


def test_the_catalogue_has_118_criteria_of_which_ten_are_named_by_no_task():
    catalogue = load_catalogue()
    assert len(catalogue) == 118
    assert sum(not criterion.tasks for criterion in catalogue.values()) == 10


def test_the_catalogue_equals_its_source_while_both_exist():
    # The source is not part of a clone; where it lies beside the checkout, the two must be equal.
    if SOURCE.exists():
        assert yaml.safe_load(OURS.read_text()) == yaml.safe_load(SOURCE.read_text())
    else:
        assert OURS.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id: '2.2'", "id: '2.1'", "criterion 2.1 is listed twice"),
        ("id: '2.2'", "id: '2.9'", "expected criterion 2.2, found 2.9"),
        ("  - id: 3\n", "  - id: 30\n", "3.1"),
        ("      - id: '2.2'\n        component", "      - component", "criterion 2.2 has no id"),
        ("        tasks: [3, 6]\n", "", "criterion 1.1 has no tasks|criterion 1.2 has no tasks"),
        ("requirements:", "requirement:", "not a list of requirements"),
        ("requirements:", "requirements: [", "not a list of requirements"),
    ],
)
def test_a_damaged_catalogue_is_refused(tmp_path, old, new, words):
    text = OURS.read_text()
    assert old in text
    path = tmp_path / "requirements.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=words):
        load_catalogue(path)
