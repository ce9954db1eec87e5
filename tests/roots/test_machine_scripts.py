"""What the scripts in the machines' user data do, with stand-ins for AWS and the K3s installer."""

import hashlib
import re
import subprocess

import pytest
import yaml
from machine_world import BINARY, World
from tests_support import kubeconfig


@pytest.fixture
def world(tmp_path, files):
    """A world without a cluster."""
    return World(tmp_path / "world", files)


@pytest.fixture
def cluster(world):
    """A world whose first server has started the cluster."""
    world.disk, _, _ = world.boot("control-plane-1", 1)
    return world


def test_the_first_server_starts_the_cluster_and_stores_the_tokens_it_issued(world):
    disk, calls, _ = world.boot("control-plane-1", 1)
    assert "installer server --cluster-init skip=true version=v1.36.4+k3s1" in calls
    assert "node-name: control-plane-1-i-1\nnode-ip: 10.0.0.1" in calls
    assert world.secret("server-token") == "K10hash::server:issued\n"
    assert re.fullmatch(r"K10hash::node:[0-9a-f]{64}\n", world.secret("agent-token"))
    assert world.secret("kubeconfig") == "server: https://balancer.example.test:6443\n"
    assert (disk / "etc/alternate-futures/joined").exists()
    # The servers' token comes last: it is what says that there is a cluster.
    puts = [line.split("--secret-id ")[1].split()[0] for line in calls.splitlines() if "put-secret-value" in line]
    assert puts == ["some-cluster/agent-token", "some-cluster/server-token", "some-cluster/kubeconfig"]


def test_nothing_is_awaited_without_end(world):
    """Systemd sets the script no deadline; curl by itself gives a connection two minutes, and a transfer forever."""
    world.boot("control-plane-1", 1)
    fetched = (world.folder / "curls").read_text().splitlines()
    assert len(fetched) == 6
    for line in fetched:
        assert "--max-time" in line or ("--connect-timeout" in line and "--speed-time" in line), line


def test_no_token_is_an_argument_of_any_program(cluster):
    for machine, number in (("control-plane-1", 1), ("control-plane-2", 2), ("worker-1", 3)):
        _, calls, done = cluster.boot(machine, number)
        assert "issued" not in calls + done.stderr
        assert not re.search(r"[0-9a-f]{64}", calls + done.stderr)


def test_files_with_tokens_are_the_owners_alone(cluster):
    for machine, number in (("control-plane-2", 2), ("worker-1", 3)):
        disk, _, _ = cluster.boot(machine, number)
        assert (disk / "etc/rancher/k3s/token").stat().st_mode & 0o77 == 0
    assert (disk / "etc/rancher/k3s/token").read_text() == cluster.secret("agent-token").strip()


@pytest.mark.parametrize(
    ("stored", "own", "published"), [(300, 360, False), (60, 360, True), (-1, 360, True), (60, 60, False)]
)
def test_a_kubeconfig_that_is_about_to_expire_is_replaced_by_one_that_is_not(cluster, stored, own, published):
    script = cluster.disk / "usr/local/sbin/k3s-node"
    (cluster.disk / "etc/rancher/k3s/k3s.yaml").write_text(kubeconfig(own))
    secret = cluster.folder / "secrets" / "some-cluster_kubeconfig"
    secret.write_text(kubeconfig(stored))
    before = secret.read_text()
    environment = {**cluster.environment, "ROOT": str(cluster.disk), "MACHINE_NUMBER": "1"}
    done = subprocess.run(
        ["sh", script, "publish"], capture_output=True, text=True, check=False, timeout=120, env=environment
    )
    assert (secret.read_text() != before) is published, done.stderr
    if published:
        assert secret.read_text().startswith("server: https://balancer.example.test:6443\n")
    assert ("restart k3s on the servers" in done.stderr) is (own < 90)
    assert done.returncode == (1 if own < 90 else 0)


def test_servers_look_after_the_kubeconfig_each_day_and_workers_do_not(user_data, files):
    for machine, has in (("control-plane-1", True), ("control-plane-2", True), ("worker-1", False)):
        assert ("/etc/systemd/system/k3s-kubeconfig.timer" in files[machine]) is has
        commands = yaml.safe_load(user_data[machine])["runcmd"]
        assert any("k3s-kubeconfig.timer" in command for command in commands) is has


def test_another_server_joins(cluster):
    disk, calls, _ = cluster.boot("control-plane-2", 2)
    assert (
        f"installer server --server https://api.some-cluster.internal:6443 --token-file {disk}/etc/rancher/k3s/token"
        in calls
    )
    assert "--cluster-init" not in calls
    assert (disk / "etc/rancher/k3s/token").read_text() == "K10hash::server:issued"
    # The agents' token is the same on all servers.
    assert (disk / "etc/rancher/k3s/agent-token").read_text() == cluster.secret("agent-token").strip().rpartition(":")[
        2
    ]
    assert "put-secret-value" not in calls
    assert "k3s kubectl --namespace kube-system scale deployment coredns --replicas=2" in calls


def test_a_worker_joins_as_agent_and_asks_for_no_other_token(cluster):
    disk, calls, _ = cluster.boot("worker-1", 3)
    assert (
        f"installer agent --server https://api.some-cluster.internal:6443 --token-file {disk}/etc/rancher/k3s/token"
        in calls
    )
    assert "server-token" not in calls
    assert "k3s kubectl" not in calls


def test_a_first_server_that_was_replaced_joins_and_removes_its_predecessor(cluster):
    before = cluster.secret("server-token"), cluster.secret("agent-token")
    disk, calls, _ = cluster.boot("control-plane-1", 9)
    assert "--cluster-init" not in calls
    assert "installer server --server https://api.some-cluster.internal:6443" in calls
    assert (cluster.secret("server-token"), cluster.secret("agent-token")) == before
    removal = (
        "delete node --selector alternate-futures.dev/machine=control-plane-1 "
        "--field-selector metadata.name!=control-plane-1-i-9 --ignore-not-found"
    )
    # It is not known to the cluster yet, so another server is asked, with the kubeconfig from the store.
    (line,) = [line for line in calls.splitlines() if removal in line]
    by = f"--kubeconfig {disk}/etc/alternate-futures/kubeconfig --server https://api.some-cluster.internal:6443"
    assert by in line
    assert not (disk / "etc/alternate-futures/kubeconfig").exists()
    # etcd takes in no member while one is lost: with the removal last, K3s would wait for it forever.
    assert calls.index(removal) < calls.index("installer server")


def test_a_server_that_starts_from_a_snapshot_deletes_its_predecessors_node_afterwards(cluster):
    state = cluster.folder / "disk-9" / "etc" / "alternate-futures"
    state.mkdir(parents=True)
    (state / "way").write_text("start\n")
    _, calls, _ = cluster.boot("control-plane-1", 9)
    removal = "delete node --selector alternate-futures.dev/machine=control-plane-1 --field-selector "
    assert calls.index("installer server --cluster-init") < calls.index(removal)


def test_a_predecessor_that_cannot_be_removed_stops_the_machine_before_it_joins(cluster):
    (cluster.folder / "binary").write_text(BINARY + "exit 1\n")
    disk, calls, done = cluster.boot("control-plane-1", 9, check=False)
    assert done.returncode == 1
    assert "cannot delete the node of the machine before this one" in done.stderr
    assert "installer server" not in calls
    assert not (disk / "etc/alternate-futures/kubeconfig").exists()


def test_where_no_kubeconfig_is_stored_yet_nothing_was_replaced(cluster):
    (cluster.folder / "secrets" / "some-cluster_kubeconfig").unlink()
    _, calls, _ = cluster.boot("control-plane-2", 2)
    assert "delete node" not in calls
    assert "installer server --server" in calls


def test_a_store_that_does_not_answer_starts_no_cluster(world):
    (world.folder / "silent").touch()
    disk, calls, done = world.boot("control-plane-1", 1, check=False)
    assert done.returncode == 1
    assert "Could not connect" in done.stderr
    assert "whether there is a cluster cannot be told" in done.stderr
    assert "installer server" not in calls
    # It did not decide: once the store answers, it does.
    (world.folder / "silent").unlink()
    assert "installer server --cluster-init" in world.boot("control-plane-1", 1, root=disk)[1]


@pytest.mark.parametrize(("machine", "secret"), [("control-plane-2", "server-token"), ("worker-1", "agent-token")])
def test_without_a_token_a_machine_says_whom_to_look_at_and_installs_nothing(world, machine, secret):
    disk, calls, done = world.boot(machine, 2, check=False)
    assert done.returncode == 1
    assert f"no token in some-cluster/{secret} after 0 minutes; look at control-plane-1" in done.stderr
    assert "installer" not in calls.replace("install.sh", "")
    assert not (disk / "etc/alternate-futures/joined").exists()


def test_an_installer_that_fails_is_told_and_stores_no_token(world):
    (world.folder / "broken").touch()
    disk, _, done = world.boot("control-plane-1", 1, check=False)
    assert done.returncode == 1
    assert "K3s did not start as: server --cluster-init" in done.stderr
    assert world.secret("server-token") is None
    assert not (disk / "etc/alternate-futures/joined").exists()
    # The service tries again on the same disk: it still starts the cluster, with the same agents' token.
    token = (disk / "etc/rancher/k3s/agent-token").read_text()
    (world.folder / "broken").unlink()
    _, calls, _ = world.boot("control-plane-1", 1, root=disk)
    assert "installer server --cluster-init" in calls
    assert (disk / "etc/rancher/k3s/agent-token").read_text() == token


@pytest.mark.parametrize("machine", ["control-plane-1", "control-plane-2", "worker-1"])
def test_run_twice_it_does_the_same_and_downloads_nothing_again(cluster, machine):
    disk, first, _ = cluster.boot(
        machine, 1 if machine == "control-plane-1" else 2, root=cluster.disk if machine == "control-plane-1" else None
    )
    before = [cluster.secret(name) for name in ("server-token", "agent-token")]
    _, second, _ = cluster.boot(machine, 1 if machine == "control-plane-1" else 2, root=disk)
    ways = [[line for line in calls.splitlines() if line.startswith("installer")] for calls in (first, second)]
    assert ways[0] == ways[1]
    assert "install.sh" not in second
    assert [cluster.secret(name) for name in ("server-token", "agent-token")] == before


@pytest.mark.parametrize("name", ["binary", "installer"])
def test_a_download_that_does_not_match_its_checksum_is_refused(world, name):
    disk, _, _ = world.boot("control-plane-1", 1)
    good = hashlib.sha256((world.folder / name).read_bytes()).hexdigest()
    env = disk / "etc/alternate-futures/node.env"
    target = {"binary": "usr/local/bin/k3s", "installer": "usr/local/sbin/k3s-installer"}[name]
    (disk / target).unlink()
    (world.folder / name).write_text("#!/bin/sh\necho something else\n")
    assert good in env.read_text()
    calls = world.folder / "calls"
    calls.write_text("")
    done = subprocess.run(
        ["sh", disk / "usr/local/sbin/k3s-node"], capture_output=True, text=True, check=False,
        env={**world.environment, "ROOT": str(disk), "MACHINE_NUMBER": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "is not what the checksum says" in done.stderr
    assert not (disk / target).exists()
    assert "installer server" not in calls.read_text()
