"""An engine that was started for a command is stopped after it, however the command ends."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from acceptance.base.paths import ROOT

PATIENCE = 60
pytestmark = pytest.mark.usefixtures("hangup_counts")
PROGRAM = """
import pathlib, runpy, sys
from acceptance.commands import with_engine
folder = pathlib.Path({folder!r})
def ensure():
    (folder / "engine").touch()
    return 1
with_engine.ensure = ensure
with_engine.kept_containers = lambda: []
with_engine.stop = lambda _: (folder / "engine").unlink()
sys.argv = ["acceptance", "with-engine", "sh", "-c", "trap 'echo bye; touch {folder}/cleaned; exit 2' TERM HUP; "
            "touch {folder}/begun; while :; do sleep 0.1; done"]
runpy.run_module("acceptance", run_name="__main__", alter_sys=True)
"""


def wait_begun(folder):
    """Wait until the command runs."""
    deadline = time.monotonic() + PATIENCE
    while not (folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_then_the_engine(tmp_path, number):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(folder=str(tmp_path))], cwd=ROOT)
    wait_begun(tmp_path)
    assert (tmp_path / "engine").exists()
    process.send_signal(number)
    assert process.wait(PATIENCE) == 2
    assert (tmp_path / "cleaned").exists()
    assert not (tmp_path / "engine").exists()


def test_so_does_the_end_of_the_terminal(tmp_path):
    program = PROGRAM.format(folder=str(tmp_path)).replace("echo bye; ", "")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", program])
    wait_begun(tmp_path)
    os.close(terminal)
    os.waitpid(pid, 0)
    assert (tmp_path / "cleaned").exists()
    assert not (tmp_path / "engine").exists()
