"""What ends a command from outside lets it undo what it did, as Ctrl-C does."""

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
import pathlib, runpy, sys, time
from acceptance.base.progress import say
from acceptance.commands import bench, prove, rehearse_production, soak
folder = pathlib.Path({folder!r})
def act(_):
    try:
        (folder / "begun").touch()
        time.sleep(60)
    finally:
        say("undoing")
        (folder / "undone").touch()
for module in (bench, prove, rehearse_production, soak):
    module.run = act
sys.argv = ["acceptance", {name!r}]
runpy.run_module("acceptance", run_name="__main__", alter_sys=True)
"""


def command(folder, name="soak"):
    """The command line of a command that has begun something in `folder`, and undoes it when it ends."""
    return [sys.executable, "-c", PROGRAM.format(folder=str(folder), name=name)]


def wait_begun(folder):
    """Wait until it has begun."""
    deadline = time.monotonic() + PATIENCE
    while not (folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("prove", signal.SIGHUP),
        ("prove", signal.SIGTERM),
        ("soak", signal.SIGHUP),
        ("bench", signal.SIGHUP),
        ("rehearse-production", signal.SIGHUP),
    ],
)
def test_a_command_undoes_what_it_did(tmp_path, name, number):
    process = subprocess.Popen(command(tmp_path, name), cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_begun(tmp_path)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 130
    assert (tmp_path / "undone").exists()


def test_the_end_of_the_terminal_undoes_it_too(tmp_path):
    words = command(tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(words[0], words)
    wait_begun(tmp_path)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert (tmp_path / "undone").exists()


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path):
    process = subprocess.Popen(["nohup", *command(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_begun(tmp_path)
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    assert process.wait(PATIENCE) == 130


def test_it_ends_in_the_background_of_a_script_too(tmp_path):
    words = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command(tmp_path)]
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_begun(tmp_path)
    process.terminate()
    assert process.wait(PATIENCE) == 130
    assert (tmp_path / "undone").exists()
