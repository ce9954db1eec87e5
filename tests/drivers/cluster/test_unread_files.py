"""A file that changed after the program had started that reads it once; the look itself, with a process of its own."""

import os
import subprocess
import time
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import unread_files
from acceptance.infrastructure.contract import Machine

KEY = "encryption-provider-config"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{KEY} /etc/key.yaml 1000 1000", ""),
        (f"{KEY} /etc/key.yaml 1002 1000", ""),
        (f"{KEY} /etc/key.yaml 1060 1000", "/etc/key.yaml (--encryption-provider-config) changed 60 s after"),
        (f"{KEY} /etc/key.yaml 0 1000", ""),
    ],
)
def test_a_file_that_nobody_has_read_since_is_told(line, told):
    said = "; ".join(unread_files.in_words([line]))
    assert told in said and bool(said) is bool(told)


@pytest.mark.parametrize(
    ("flags", "age", "late"),
    [
        ([], 3600, False),
        ([], -60, True),
        (["--encryption-provider-config-automatic-reload=true"], -60, False),
        (["--encryption-provider-config-automatic-reload=false"], -60, True),
    ],
)
def test_the_look_finds_what_a_program_reads(tmp_path, flags, age, late):
    file = tmp_path / "key.yaml"
    file.write_text("key")
    os.utime(file, (time.time() - age, time.time() - age))
    words = ["kube-apiserver", f"--{KEY}={file}", "--authentication-config=/none", *flags]
    script = "import sys, ctypes; ctypes.CDLL(None).prctl(15, b'kube-apiserver'); print(flush=True); sys.stdin.read()"
    command = ["python3", "-c", script, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        said = subprocess.run(["sh", "-ec", unread_files.LOOK], capture_output=True, text=True, check=True).stdout
        process.stdin.close()
    own = [line.removeprefix("read ") for line in said.splitlines() if str(file) in line]
    assert len(own) == 1
    assert bool(unread_files.in_words(own)) is late


def test_each_api_servers_key_is_judged():
    said = {
        "one": f"read {KEY} /key 1000 1000\nread config /etc/scheduler.yaml 2000 1000\n",
        "two": f"read {KEY} /key 2000 1000\n",
        "three": "",
    }
    machines = [Machine(name=name, address="10.0.0.1") for name in said]
    cluster = Thing(outputs=Thing(control_planes=machines), on_node=lambda name, *_: said[name])
    found = unread_files.key_files(cluster)
    assert [text.partition(":")[0] for text in found] == ["two", "three"]
