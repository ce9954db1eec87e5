"""Child processes: their errors, and their end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.clients.process import run
from fixtures.errors import UserError
from fixtures.paths import ROOT


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
    code = f"from fixtures.clients.process import run; run(['sh', '-c', 'sleep 300 & echo $! > {marker}; wait'])"
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
    command = [sys.executable, "-m", "fixtures.engine", "sh", "-c", script]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(20) == 7
    finally:
        process.kill()
