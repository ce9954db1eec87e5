"""What a user without rights can use, change or read on a machine, by the commands that look for it."""

import os
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from acceptance.drivers.security import machine_files
from acceptance.drivers.security.machine_files import changeable_files, open_to_others, readable_stores, usable_sockets

NOBODY = machine_files.AS_NOBODY.split() if os.geteuid() == 0 else []
"""How these tests look as somebody else; a user who is not root has no rights to the files that nobody may change."""
STORE = bytes(16) + b"\xed\xda\x0c\xed" + bytes(70_000)


@pytest.fixture
def folder():
    """A folder that everybody reaches, but in which only root creates files."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        yield place
        place.chmod(0o755)


def listed(folder, command, *prefix):
    folder.chmod(0o555)
    done = subprocess.run([*prefix, "sh", "-c", command], capture_output=True, text=True, check=True)
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]


def listens(place, mode):
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(place))
    place.chmod(mode)
    return made


@pytest.mark.parametrize(
    ("name", "mode", "told"),
    [
        ("containerd.sock", 0o666, True),
        ("containerd.sock", 0o440, False),
        ("docker.sock", 0o777, True),
        ("log", 0o666, False),
    ],
)
def test_a_socket_through_which_everybody_starts_containers(monkeypatch, folder, name, mode, told):
    monkeypatch.setattr(machine_files, "AS_NOBODY", " ".join(NOBODY) or "env")
    with listens(folder / name, mode):
        assert listed(folder, usable_sockets(str(folder))) == [name] * told


@pytest.mark.parametrize(("mode", "told"), [(0o666, True), (0o646, True), (0o444, False)])
def test_a_file_that_everybody_changes(folder, mode, told):
    unit = folder / "kubelet.service"
    unit.write_text("[Service]")
    unit.chmod(mode | (stat.S_IWUSR if told else 0))
    (folder / "alias").symlink_to(unit)
    assert listed(folder, changeable_files(str(folder)), *NOBODY) == ["kubelet.service"] * told


def test_a_folder_in_which_everybody_creates_files(folder):
    manifests = folder / "manifests"
    manifests.mkdir()
    manifests.chmod(0o777)
    assert listed(folder, changeable_files(str(folder)), *NOBODY) == ["manifests"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nightly", STORE, True),
        ("old name.db", STORE, True),
        ("etcd-snapshot-cp1-1.zip", b"PK" + bytes(70_000), True),
        ("etcd-2026.db", bytes(70_000), True),
        ("etcd-backup-2026.tar.gz", bytes(70_000), True),
        ("etcd-v3.6.5-linux-amd64.tar.gz", bytes(70_000), False),
        ("photos.zip", b"PK" + bytes(70_000), False),
        ("etcd.log", b"log" * 30_000, False),
        ("small", STORE[:100], False),
    ],
)
def test_a_backup_of_etcd_is_found_by_its_content_or_its_name(folder, name, content, told):
    (folder / name).write_bytes(content)
    (folder / name).chmod(0o644)
    command = readable_stores(str(folder), ("/proc", "/sys"))
    assert {*listed(folder, command, *NOBODY)} == ({name} if told else set())


def test_what_is_open_is_told_by_machine():
    machines = [SimpleNamespace(name=name) for name in ("cp", "worker")]
    outputs = SimpleNamespace(control_planes=machines[:1], workers=machines[1:])
    said = {("cp", "sh"): "", ("cp", "setpriv"): "/etc/kubernetes/manifests\n", ("worker", "sh"): "/run/x.sock\n"}
    cluster = SimpleNamespace(on_node=lambda name, program, *_: said.get((name, program), ""))
    assert open_to_others(cluster, outputs) == {"cp": ["/etc/kubernetes/manifests"], "worker": ["/run/x.sock"]}
    assert open_to_others(SimpleNamespace(on_node=lambda *_: ""), outputs) == {}
