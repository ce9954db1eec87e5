"""State and engine are reconciled before an apply, whatever an interrupted run left in either."""

import re
import subprocess
from types import SimpleNamespace

import pytest

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.labels import KIND_LABEL, LABEL, PLATFORM_LABEL
from acceptance.base.paths import ROOT
from acceptance.clients import engine
from acceptance.clients.docker import docker, inspect
from acceptance.images.build import Images
from acceptance.infrastructure import containers, contract, kind
from acceptance.infrastructure.containers import limits
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.infrastructure.leftovers import leftovers, remove_by_label

NAME = "alternate-futures-test-gone"
OTHER = "alternate-futures-test-other"
IMAGE = "alternate-futures/test-nothing:1"
TOFU = """#!/bin/sh
echo "$@" >>{folder}/tofu.log
case "$*" in *" state list") printf '%s\\n' {state} ;; esac
"""
EVERYTHING = (
    "docker_container.load_balancer docker_network.nodes 'docker_volume.data[\"database\"]'"
    " 'docker_volume.data[\"redis\"]' terraform_data.cluster"
)


def container(name, *labels):
    """A container that was created but never ran."""
    options = [part for label in labels for part in ("--label", label)]
    docker("create", "--name", name, *options, IMAGE, "/nothing")


@pytest.fixture
def leftover(tmp_path):
    """An image of nothing, to make containers from; all that the tests make is removed at the end."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    environment = {"DOCKER_BUILDKIT": "1", "PATH": "/usr/bin:/bin"}
    subprocess.run([engine.client(), "build", "-q", "-t", IMAGE, tmp_path], check=True, env=environment)
    yield
    docker("rm", "--force", f"{NAME}-worker", f"{NAME}-load-balancer", f"{OTHER}-worker", check=False)
    docker("network", "rm", NAME, check=False)
    docker("volume", "rm", "--force", f"{NAME}-database", check=False)
    docker("rmi", "--force", IMAGE, check=False)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Makes an infrastructure whose tofu lists a given state, and notes what it is told."""
    for module in (kind, contract):
        monkeypatch.setattr(module, "STATE", tmp_path / "state")
    monkeypatch.setattr(kind, "INFRASTRUCTURE", tmp_path)
    file = tmp_path / "own.toml"
    file.write_text('name = "test-gone"\ndomain = "example.test"\n[infrastructure]\nprovisioner = "kind"\n')

    def make(state):
        program = tmp_path / "tofu"
        program.write_text(TOFU.format(folder=tmp_path, state=state))
        program.chmod(0o755)
        return KindInfrastructure(load_environment(str(file)), "some-run", Images(), tmp_path, tmp_path / "log")

    make.told = tmp_path / "tofu.log"
    return make


def test_a_state_that_names_nodes_that_are_gone_makes_the_cluster_anew(root, leftover):
    container(f"{NAME}-worker", f"{KIND_LABEL}={NAME}")
    container(f"{NAME}-load-balancer", f"{PLATFORM_LABEL}={NAME}")
    root(EVERYTHING).reconcile_state()
    assert re.search("state rm .*terraform_data.cluster", root.told.read_text())
    assert inspect("container", f"{NAME}-worker") is None
    assert inspect("container", f"{NAME}-load-balancer") is None, "one that is stopped is made anew by apply"


def test_what_no_state_names_is_removed(root, leftover, tmp_path):
    container(f"{NAME}-worker", f"{KIND_LABEL}={NAME}")
    docker("network", "create", NAME)
    docker("volume", "create", f"{NAME}-database")
    root("").reconcile_state()
    assert leftovers(NAME, tmp_path / "state") == {}


def test_removing_by_label_leaves_other_platforms_alone(root, leftover, tmp_path):
    for name in ("terraform.tfstate", "tofu.rc"):
        (tmp_path / "state").mkdir(exist_ok=True)
        (tmp_path / "state" / name).touch()
    container(f"{NAME}-worker", f"{KIND_LABEL}={NAME}")
    container(f"{NAME}-load-balancer", f"{PLATFORM_LABEL}={NAME}")
    container(f"{OTHER}-worker", f"{KIND_LABEL}={OTHER}", f"{PLATFORM_LABEL}={OTHER}", f"{LABEL}=another-run")
    remove_by_label(NAME, tmp_path / "state")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["tofu.rc"]
    assert leftovers(NAME, tmp_path / "state") == {}
    assert inspect("container", f"{OTHER}-worker")


def test_the_docker_provider_is_called_by_the_commit_that_is_built():
    recipe = ROOT / "images/tofu-provider-docker"
    built = re.search(r"terraform-provider-docker v0\.0\.0-(\d{14}-[0-9a-f]{12})", (recipe / "go.mod").read_text())
    asked = re.search(r' version = "(\d.+)"', (ROOT / "infrastructure/kind/versions.tf").read_text())
    assert built and asked and asked[1].endswith(f"-0.{built[1]}")
    assert f"/{asked[1]}/" in (recipe / "Dockerfile").read_text()


@pytest.mark.parametrize(("put", "asked"), [(True, 1), (False, 0)])
def test_the_api_of_a_kept_platform_is_waited_for_only_after_a_restart(monkeypatch, root, put, asked):
    infrastructure, calls = root(""), []
    (infrastructure.folder / "tofu").mkdir(parents=True)
    (infrastructure.folder / "terraform.tfstate").touch()
    monkeypatch.setattr(infrastructure, "nodes_running", lambda: (5, 6))
    monkeypatch.setattr(infrastructure, "outputs", lambda: SimpleNamespace(kubeconfig_path="kubeconfig"))
    monkeypatch.setattr(kind, "put_right", lambda _: put)
    monkeypatch.setattr(kind, "wait_api", lambda *arguments: calls.append(arguments))
    infrastructure.attach()
    assert len(calls) == asked


def test_the_load_balancer_is_always_ours_and_sets_its_connections():
    assert Images().lock["load-balancer"].upstream is None
    assert "\n  maxconn 4096\n" in (ROOT / "infrastructure/kind/haproxy.cfg.tftpl").read_text()


@pytest.fixture
def networked(root, monkeypatch):
    """Makes an infrastructure of one worker, whose network and machine the engine knows as given."""

    def make(there, networks, ports=None):
        connected = {str(number): {"Name": name} for number, name in enumerate(there)}
        known = {
            "network": {"Labels": {LABEL: "some-run"}, "Containers": connected},
            "container": {"NetworkSettings": {"Networks": dict.fromkeys(networks), "Ports": ports}},
        }
        for module in (kind, containers):
            monkeypatch.setattr(module, "inspect", lambda what, name: known[what])
        infrastructure = root("")
        infrastructure.provisioned = SimpleNamespace(
            network=SimpleNamespace(name=NAME), control_planes=[], workers=[SimpleNamespace(name=f"{NAME}-worker")]
        )
        return infrastructure

    return make


OWN = [f"{NAME}-worker", f"{NAME}-load-balancer", f"{NAME}-external-load-balancer", "alternate-futures-registry"]


@pytest.mark.parametrize(
    ("there", "networks", "foreign"),
    [
        (OWN, [NAME], []),
        ([*OWN, "shop-registry"], [NAME], ["shop-registry"]),
        ([*OWN, f"{OTHER}-load-balancer"], [NAME], [f"{OTHER}-load-balancer"]),
        (OWN, [NAME, "bridge"], [f"the network bridge of {NAME}-worker"]),
    ],
)
def test_what_is_not_the_platforms_is_named(networked, there, networks, foreign):
    assert networked(there, networks).foreign_resources() == foreign


@pytest.mark.parametrize(
    ("address", "told"),
    [("127.0.0.1", None), ("::1", None), ("0.0.0.0", "0.0.0.0"), ("", "every address"), ("::", "::")],
)
def test_a_port_of_a_machine_that_is_published_to_everybody_is_named(networked, address, told):
    ports = {"6443/tcp": [{"HostIp": address, "HostPort": "6443"}], "9153/tcp": None}
    found = networked(OWN, [NAME], ports).foreign_resources()
    wanted = [f"the published port 6443/tcp at {told} of {NAME}-{own}" for own in ("worker", "external-load-balancer")]
    assert found == (wanted if told else [])


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"NanoCpus": 0, "CpuQuota": 0, "Memory": 0}, {}),
        ({"CpuQuota": -1, "CpuPeriod": 100_000}, {}),
        ({"CpuQuota": 100_000, "CpuPeriod": 50_000}, {"cores": 2.0}),
        ({"NanoCpus": 500_000_000}, {"cores": 0.5}),
        ({"Memory": 2_000_000_000}, {"memory": 2e9}),
    ],
)
def test_what_the_engine_limits_a_machine_to_is_read(settings, wanted):
    assert limits(settings) == wanted


def test_a_destroy_that_is_refused_is_what_was_seen_of_the_platform(root, monkeypatch):
    infrastructure = root("")

    def refuse(*_, **__):
        raise UserError("network has active endpoints", "look who hangs on it")

    monkeypatch.setattr(infrastructure, "tofu", refuse)
    with pytest.raises(AssertionError, match="active endpoints"):
        infrastructure.destroy()
    assert not infrastructure.destroyed
