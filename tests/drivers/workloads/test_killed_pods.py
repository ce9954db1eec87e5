"""Killing a pod on its machine: the processes of its containers, and of no others."""

import os
import subprocess
from types import SimpleNamespace

import pytest

from acceptance.drivers.workloads.killed_pods import kill

POD = SimpleNamespace(metadata=SimpleNamespace(uid="a1"), spec=SimpleNamespace(node_name="worker"))


@pytest.fixture
def machine(tmp_path):
    """A machine whose containers `main` and `other` are one process each, of which the pod has those in `of_pod`."""
    processes = {name: subprocess.Popen(["sleep", "30"]) for name in ("main", "other")}
    tasks = "\n".join(f"{name} {process.pid} RUNNING" for name, process in processes.items())
    (tmp_path / "tasks").write_text(f"TASK PID STATUS\n{tasks}\n")
    program = tmp_path / "ctr"
    program.write_text(
        f'#!/bin/sh\ncase "$3" in containers) cat {tmp_path}/of_pod ;; tasks) cat {tmp_path}/tasks ;; esac\n'
    )
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def on_node(_, *command):
        subprocess.run(command, check=True, env=environment)

    yield SimpleNamespace(cluster=SimpleNamespace(on_node=on_node)), tmp_path / "of_pod", processes
    for process in processes.values():
        process.kill()
        process.wait()


def test_only_the_pods_own_processes_are_killed(machine):
    namespace, of_pod, processes = machine
    of_pod.write_text("main\n")
    kill(namespace, POD)
    assert processes["main"].wait(5) == -9
    assert processes["other"].poll() is None


def test_nothing_is_killed_where_the_pod_has_no_containers(machine):
    namespace, of_pod, processes = machine
    of_pod.write_text("")
    with pytest.raises(subprocess.CalledProcessError):
        kill(namespace, POD)
    assert [process.poll() for process in processes.values()] == [None, None]
