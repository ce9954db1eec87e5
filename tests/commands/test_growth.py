"""The cost of twice as many scenarios: three runs, their ratio, and meaningless figures. Nothing is run."""

import itertools
import json

import pytest
from tests_support import entry, verdicts

from acceptance.__main__ import main
from acceptance.commands import growth

PLUGIN = "acceptance.runner.judge_twice"


class Runs:
    """Stands in for runs of the suite: `once` or `twice` (seconds, CPU seconds of the machine, rows) for each."""

    def __init__(self, monkeypatch):
        self.arguments, self.clock = [], 0.0
        self.once, self.twice, self.again = (100.0, 200.0, 3), (150.0, 300.0, 6), (110.0, 190.0, 3)
        self.codes = itertools.repeat(0)
        monkeypatch.setattr(growth, "pytest_run", self.run)
        monkeypatch.setattr(growth, "machine_cpu_seconds", lambda: self.clock)
        monkeypatch.setattr(growth, "children_cpu_seconds", lambda: self.clock / 4)

    def run(self, *arguments):
        """What pytest_run would return; time passes."""
        figures = self.twice if PLUGIN in arguments else self.again if self.arguments else self.once
        seconds, cpu, rows = figures
        self.arguments.append(arguments)
        self.clock += cpu
        document = verdicts("run-1", entry("2.1", rows=[{}] * (rows - 1)), beyond=[entry("plan-9.2", rows=[{}])])
        return {"seconds": seconds, "code": next(self.codes), "document": document}


@pytest.fixture
def runs(monkeypatch):
    """Three runs in which twice the scenarios take half as long again."""
    return Runs(monkeypatch)


def test_it_prints_once_twice_and_the_ratio_to_the_better_of_the_runs_beside(runs, capsys):
    assert main(["bench", "growth"]) == 0
    assert runs.arguments == [
        ("--reuse", "-m", "not disruptive"),
        ("--reuse", "-m", "not disruptive", "-p", PLUGIN),
        ("--reuse", "-m", "not disruptive"),
    ]
    printed = json.loads(capsys.readouterr().out)
    assert printed["once"] == {"rows": 3, "seconds": 100, "cpu_seconds": 200, "suite_cpu_seconds": 50}
    assert printed["twice"] == {"rows": 6, "seconds": 150, "cpu_seconds": 300, "suite_cpu_seconds": 75}
    assert printed["once_again"]["cpu_seconds"] == 190
    assert printed["ratios_of_twice"] == {"rows": 2, "seconds": 1.5, "cpu_seconds": 1.58, "suite_cpu_seconds": 1.58}


@pytest.mark.parametrize(
    ("twice", "words"),
    [
        ((200.0, 300.0, 6), "2.0 times the seconds"),
        ((150.0, 420.0, 6), "2.21 times the cpu seconds"),
        ((150.0, 300.0, 5), "5 rows were judged, not twice [3, 3]"),
    ],
)
def test_what_is_not_less_than_twice_or_not_twice_as_many_is_1(runs, twice, words, capsys):
    runs.twice = twice
    assert main(["bench", "growth"]) == 1
    assert words in capsys.readouterr().err


def test_a_run_that_is_not_green_makes_the_figures_worthless(runs, capsys):
    runs.codes = iter([0, 1, 0])
    assert main(["bench", "growth"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["exit_codes"] == [0, 1, 0]
    assert "are meaningless" in err


def test_a_machine_that_does_not_say_what_it_used_is_judged_by_time_alone(runs, monkeypatch, capsys):
    monkeypatch.setattr(growth, "machine_cpu_seconds", lambda: 0.0)
    assert main(["bench", "growth"]) == 0
    assert "cpu_seconds" not in json.loads(capsys.readouterr().out)["ratios_of_twice"]
