"""What changed between two runs, and which changes are for the worse."""

import json

import pytest
from tests_support import entry, verdicts

from acceptance.__main__ import main
from acceptance.reports import merge
from acceptance.reports.diff import changes


def lines(a, b):
    found, _ = changes(a, b)
    return found[1:]


def test_nothing_changed():
    assert changes(verdicts("run-1", entry("2.1")), verdicts("run-2", entry("2.1"))) == (["run-1 -> run-2"], False)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("passed", "failed", True),
        ("passed", "substituted", True),
        ("passed", "unverifiable", True),
        ("substituted", "not selected", False),
        ("not selected", "substituted", False),
        ("passed", "no scenario", True),
        ("not selected", "error", True),
        ("error", "failed", True),
        ("failed", "passed", False),
        ("not selected", "passed", False),
        ("substituted", "passed", False),
        ("no scenario", "substituted", False),
    ],
)
def test_a_verdict_changed(before, after, worse):
    a, b = verdicts("run-1", entry("2.1", before)), verdicts("run-2", entry("2.1", after, reason="saw 1\nmore"))
    found, bad = changes(a, b)
    assert bad is worse
    line = f"       2.1  {before} -> {after}  What 2.1 says" + ("  <- worse" if worse else "")
    assert line in found
    assert ("            saw 1" in found) is (after in ("failed", "error", "unverifiable"))


def test_unverifiable_that_is_no_longer_expected_is_worse():
    a = verdicts("run-1", entry("1.3", "unverifiable"))
    b = verdicts("run-2", entry("1.3", "unverifiable", expected=False))
    assert changes(a, b)[1]


def test_criteria_that_are_new_or_gone():
    a, b = verdicts("run-1", entry("2.1")), verdicts("run-2", beyond=[entry("plan-22.5")])
    found, worse = changes(a, b)
    assert worse
    assert "       2.1  gone: What 2.1 says" in found
    assert " plan-22.5  new: What plan-22.5 says" in found


def test_a_scenario_that_takes_notably_longer():
    a = verdicts("run-1", entry("2.1", duration=10.0), entry("2.3", duration=1.0))
    b = verdicts("run-2", entry("2.1", duration=20.0), entry("2.3", duration=3.0))
    assert lines(a, b) == ["       2.1  10.0 s -> 20.0 s  What 2.1 says"]


def test_facts_and_versions():
    image = {"reference": "traefik:v3.6.11", "inputs": "abc", "digest": "sha256:1"}
    a = verdicts("run-1", commit="c0ffee", programs={"kind": "v1"}, versions={"traefik": image})
    b = verdicts("run-2", commit="decade", programs={}, versions={"traefik": image | {"reference": "traefik:v3.6.12"}})
    assert lines(a, b) == [
        "commit: c0ffee -> decade",
        "programs: kind: v1 -> none",
        "versions: traefik: traefik:v3.6.11 abc -> traefik:v3.6.12 abc",
    ]


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(merge, "REPORTS", tmp_path)
    for document in (verdicts("run-1", entry("2.1")), verdicts("run-2", entry("2.1", "failed"))):
        (tmp_path / document["run"]).mkdir()
        (tmp_path / document["run"] / "verdicts.json").write_text(json.dumps(document))
    assert main(["report-diff", "run-1", "run-2"]) == 1
    assert "passed -> failed" in capsys.readouterr().out
    assert main(["report-diff", "run-1", str(tmp_path / "run-1")]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["report-diff", "run-1", ""]) == 4
