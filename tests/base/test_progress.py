"""Progress of long work: a status line on a terminal, and plain lines elsewhere."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from acceptance.base import progress
from acceptance.base.paths import ROOT
from acceptance.base.progress import Output, Steps, say, speaking_through
from acceptance.clients.docker import build_step

WORK = """
import time
from acceptance.base.progress import Steps, say
steps = Steps(2, "building", "built")
with steps.shown():
    with steps.step("first", lambda: "3/5"):
        time.sleep(1.2)
        say("a line [of] its own")
    with steps.step("second"):
        time.sleep(0.6)
"""


class Kept(Output):
    """Keeps what is said."""

    terminal = None

    def __init__(self):
        super().__init__()
        self.lines = []

    def write(self, message):
        self.lines.append(message)


def test_progress_goes_where_the_innermost_block_says(capsys):
    outer, inner = Kept(), Kept()
    with speaking_through(outer):
        with speaking_through(inner):
            say("one")
        say("two")
    say("three")
    assert (inner.lines, outer.lines, capsys.readouterr().err) == (["one"], ["two"], "three\n")


def test_without_a_terminal_a_line_says_now_and_then_what_goes_on(monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.02)
    kept, told = Kept(), threading.Event()
    monkeypatch.setattr(kept, "write", lambda line: kept.lines.append(line) or told.set())
    steps = Steps(2, "building", "built")
    with speaking_through(kept), steps.shown(), steps.step("first", lambda: "3/5"), steps.step("second"):
        assert told.wait(10)
    assert re.fullmatch(r"  \[0/2\] building first 3/5, second \(0 s\)", kept.lines[0])
    done = [line for line in kept.lines if "built" in line]
    assert [re.sub(r" \(.*", "", line) for line in done] == ["  [1/2] built second", "  [2/2] built first"]


def test_a_step_that_fails_is_not_said_to_be_done():
    kept, steps = Kept(), Steps(1, "building", "built")
    try:
        with speaking_through(kept), steps.shown(), steps.step("first"):
            raise ValueError
    except ValueError:
        assert (steps.done, steps.running, kept.lines) == (0, {}, [])


@pytest.mark.parametrize(
    ("expected", "workers", "seconds"),
    [({}, 2, ""), ({"a": 100, "b": 50, "c": 30}, 1, 180), ({"a": 100, "b": 50, "c": 30}, 2, 100), ({"a": 0.4}, 2, "")],
)
def test_the_seconds_left_are_told_if_they_are_known(expected, workers, seconds):
    status = Steps(3, "building", "built", expected, workers).status()
    assert status == f"[0/3] building ... (0 s{f', about {seconds} s left' if seconds else ''})"


def test_what_is_done_or_takes_longer_is_not_left(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    steps = Steps(2, "building", "built", {"a": 100, "b": 50})
    with speaking_through(Kept()):
        with steps.step("a"):
            now[0] += 40
            assert steps.left() == ", about 110 s left"
            now[0] += 400
            assert steps.left() == ", about 50 s left"
        with steps.step("b"):
            now[0] += 60
            assert steps.left() == ""


def test_on_a_terminal_one_line_changes_and_goes_in_the_end():
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, "-c", WORK], stderr=theirs, cwd=ROOT, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass
    assert process.wait(20) == 0
    text = shown.decode()
    assert len(re.findall(r"\[0/2\] building first 3/5 \(\d s\)", text)) >= 2
    assert "[1/2] building second" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert "a line [of] its own\r\n" in plain
    assert "\x1b[2K" in text[text.rindex("building second") :], "the line that changes does not stay"


def test_a_builds_log_says_which_step_it_reached(tmp_path):
    log = tmp_path / "some.log"
    log.write_text("#1 [internal] load build definition\n")
    assert build_step(log) == ""
    log.write_text("#5 [build 2/5] WORKDIR /src\n#5 DONE 0.0s\n#6 [build 3/5] COPY go.mod ./\n#6 1.2 [9/9] no step\n")
    assert build_step(log) == "3/5"
    log.write_text(f"#6 [build 3/5] COPY\n{'x' * 70000}\n#7 [4/5] RUN go build\n")
    assert build_step(log) == "4/5"


def test_where_go_compiles_a_builds_log_says_how_many_packages_are_left(tmp_path):
    log = tmp_path / "some.log"
    begun = "#7 [build 4/5] RUN go-build\n#7 0.9 go: downloading k8s.io/api v0.34.3\n"
    log.write_text(begun)
    assert build_step(log) == "4/5"
    log.write_text(f"{begun}#7 2.5 packages to compile: 3\n")
    assert build_step(log) == "4/5 0 of 3 packages"
    log.write_text(
        f"{begun}#7 2.5 packages to compile: 3\n#7 2.6 internal/goarch\n#8 0.1 no/package\n#7 2.7 a.b/c~1-d\n"
    )
    assert build_step(log) == "4/5 2 of 3 packages"
    log.write_text(f"{begun}#7 2.5 packages to compile: 1\n#7 2.6 internal/goarch\n")
    assert build_step(log) == "4/5"
    log.write_text(f"{begun}#7 2.5 packages to compile: 9\n#7 2.6 a\n#7 9.1 packages to compile: 2\n#7 9.2 b\n")
    assert build_step(log) == "4/5 1 of 2 packages"
    beside = f"{begun}#7 2.5 packages to compile: 9\n#7 2.6 a\n#8 [upstream 2/2] RUN cp\n#7 2.7 b\n"
    log.write_text(beside)
    assert build_step(log) == "2/2 2 of 9 packages"
    # What another recipe has compiled meanwhile is not compiled again.
    log.write_text(f"{beside}#7 DONE 9.3s\n")
    assert build_step(log) == "2/2"
