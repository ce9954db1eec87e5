"""Child processes: their errors, and how they end."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients import process
from acceptance.clients.process import end_children, run, run_twice


def test_a_failure_shows_the_last_lines():
    with pytest.raises(UserError, match="the last line"):
        run(["sh", "-c", "echo first; echo the last line; exit 3"])


def test_a_log_is_named(tmp_path):
    log = tmp_path / "log"
    with pytest.raises(UserError) as error:
        run(["sh", "-c", "echo words; exit 3"], log=log)
    assert str(log) in str(error.value)
    assert "words" in str(error.value)


def test_ctrl_c_ends_the_child_and_its_children(tmp_path):
    marker = tmp_path / "pid"
    code = f"from acceptance.clients.process import run; run(['sh', '-c', 'sleep 300 & echo $! > {marker}; wait'])"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    while not (marker.exists() and marker.read_text().strip()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    grandchild = int(marker.read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(grandchild, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{grandchild}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the grandchild outlived its parents")


def test_the_engines_wrapper_passes_on_sigterm_and_the_exit_code():
    script = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
    command = [sys.executable, "-m", "acceptance", "with-engine", "sh", "-c", script]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(20) == 7
    finally:
        process.kill()


COUNTING = "echo try >> {0}; test $(wc -l < {0}) -ge {1}"


@pytest.mark.parametrize(("works_at", "fails"), [(1, False), (2, False), (3, True)])
def test_what_fetches_is_tried_twice(tmp_path, monkeypatch, works_at, fails):
    monkeypatch.setattr(process, "AGAIN_AFTER", 0)
    tries = tmp_path / "tries"
    command = ["sh", "-c", COUNTING.format(tries, works_at)]
    if fails:
        with pytest.raises(UserError):
            run_twice(command)
    else:
        run_twice(command)
    assert len(tries.read_text().splitlines()) == min(works_at, 2)


def test_what_was_ended_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "AGAIN_AFTER", 0)
    tries, errors = tmp_path / "tries", []

    def build():
        try:
            run_twice(["sh", "-c", f"echo try >> {tries}; exec sleep 60"])
        except UserError as error:
            errors.append(error)

    thread = threading.Thread(target=build)
    thread.start()
    # A child may run a moment before it is known here.
    while not (tries.exists() and process.CHILDREN.running):
        time.sleep(0.05)
    end_children()
    thread.join(10)
    assert len(errors) == 1
    assert tries.read_text() == "try\n"


# Says when it was asked, finishes, and says whether its child, which it still needs, is there then.
PATIENT = """
sleep 300 & child=$!
trap 'echo asked; sleep 1; kill -0 $child && echo whole; kill $child; exit 0' INT
echo begun; while :; do sleep 0.1; done
"""
GRACE = """
from pathlib import Path
from acceptance.clients.process import run
run(["bash", "-c", {!r}], log=Path({!r}), grace={})
"""


@pytest.fixture
def patient(tmp_path):
    """Starts a process that runs such a program with a grace; returns it once that has begun, with the log."""
    started = []

    def start(program, grace):
        log = tmp_path / "log"
        command = [sys.executable, "-c", GRACE.format(program, str(log), grace)]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        while not (log.exists() and "begun" in log.read_text()):
            time.sleep(0.05)
        return started[-1], log

    yield start
    for child in started:
        child.kill()
        child.wait(10)
        child.stderr.close()


def test_a_program_with_grace_ends_by_itself_before_its_children_are_touched(patient):
    process, log = patient(PATIENT, 60)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert "bash was asked to stop" in said
    assert "KeyboardInterrupt" in said
    assert log.read_text().split() == ["begun", "asked", "whole"]


@pytest.mark.parametrize(("grace", "signals"), [(60, 2), (0.5, 1)])
def test_grace_ends_with_its_time_or_with_another_ctrl_c(patient, grace, signals):
    process, _ = patient("trap 'echo asked' INT; echo begun; while :; do sleep 0.1; done", grace)
    began = time.monotonic()
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        time.sleep(1)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 20
