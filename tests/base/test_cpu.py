"""CPU seconds of the machine and of children."""

import os
import subprocess
import sys

import pytest

from acceptance.base.cpu import children_cpu_seconds, machine_cpu_seconds


def test_idle_waiting_and_stolen_time_is_not_the_machines(tmp_path):
    hertz = os.sysconf("SC_CLK_TCK")
    stat = tmp_path / "stat"
    stat.write_text("cpu  " + " ".join(str(n * hertz) for n in (1, 2, 4, 800, 800, 8, 16, 800, 0, 0)) + "\ncpu0 9 9\n")
    assert machine_cpu_seconds(stat) == pytest.approx(31)


def test_a_system_that_does_not_say_is_0(tmp_path):
    assert machine_cpu_seconds(tmp_path / "missing") == 0


def test_a_child_that_worked_counts_once_it_has_ended():
    before, machine = children_cpu_seconds(), machine_cpu_seconds()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True)
    assert children_cpu_seconds() - before >= 0.3
    assert machine_cpu_seconds() - machine >= 0.2
