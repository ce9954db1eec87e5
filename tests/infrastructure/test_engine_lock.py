"""The engine tells every user who is using a platform."""

import argparse
import os
import subprocess
import sys

import pytest

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients.docker import docker
from acceptance.commands import down
from acceptance.infrastructure import engine_lock
from acceptance.infrastructure.engine_lock import HOLDER, USER_LABEL, EngineLock, owner_of


@pytest.fixture
def name():
    name = f"lock-test-{os.getpid()}"
    yield name
    for network in (name, f"{name}-lock"):
        docker("network", "rm", network, check=False)


def test_a_second_run_is_told_who_holds_it(name):
    with EngineLock(name) as first:
        first.acquire("run-one")
        with pytest.raises(UserError, match=f"run run-one of {engine_lock.user()}, process {os.getpid()}"):
            EngineLock(name).acquire("run-two")
    with EngineLock(name) as second:
        second.acquire("run-two")


def test_a_user_without_a_name_is_told_and_is_gone_with_their_process(name, monkeypatch):
    monkeypatch.setattr(engine_lock, "user", lambda: "user 1001")
    with EngineLock(name) as lock:
        lock.acquire("run-one")
        assert lock.holder().startswith(f"run run-one of user-1001, process {os.getpid()} on ")
        monkeypatch.setattr(engine_lock, "began", lambda process: "")
        assert lock.holder() is None


def test_whoever_is_gone_holds_nothing(name):
    code = f"from acceptance.infrastructure.engine_lock import EngineLock; EngineLock({name!r}).acquire('killed')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    with EngineLock(name) as lock:
        lock.acquire("run-two")


def test_a_process_with_the_same_number_is_another_one(name):
    label = f"{HOLDER}=somebody {engine_lock.socket.gethostname()} {os.getpid()} 1 old-run"
    docker("network", "create", "--label", label, f"{name}-lock")
    assert EngineLock(name).holder() is None


def test_another_machines_run_is_believed_to_live(name):
    docker("network", "create", "--label", f"{HOLDER}=somebody elsewhere 1 1 run-far", f"{name}-lock")
    with pytest.raises(UserError, match="run-far of somebody, process 1 on elsewhere") as refused:
        EngineLock(name).acquire("run-two")
    assert "ARGS=--force" in str(refused.value)
    with EngineLock(name) as lock:
        lock.acquire("run-two", force=True)


def test_make_down_leaves_anothers_platform_alone(name, monkeypatch, tmp_path):
    docker("network", "create", "--label", f"{USER_LABEL}=somebody", name)
    assert owner_of(name) == "somebody"
    monkeypatch.setattr(down, "cluster_name", lambda environment: name)
    monkeypatch.setattr(down, "MachineLock", lambda: argparse.Namespace(acquire=lambda run: None))
    with pytest.raises(UserError, match="belongs to somebody"):
        down.run(argparse.Namespace(environment="kind", force=False))
    monkeypatch.setattr(down, "remove", lambda environment, name: 0)
    assert down.run(argparse.Namespace(environment="kind", force=True)) == 0
