"""The scripts that OpenTofu runs when it applies: they fetch the kubeconfig, open the tunnel, await nodes and names."""

import os
import subprocess

import pytest
from aws_tools import AWS


def run_script(name, folder, commands, **environment):
    """Run a script of ours with commands of a test's own; return the process."""
    (folder / "bin").mkdir(exist_ok=True)
    for command, text in commands.items():
        (folder / "bin" / command).write_text(f"#!/bin/sh\n{text}\n")
        (folder / "bin" / command).chmod(0o755)
    path = f"{folder}/bin:{os.environ['PATH']}"
    return subprocess.run(
        [AWS / "scripts" / name], capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": path, "PAUSE": "0", "MINUTES": "0", "AWS_REGION": "eu-central-1", **environment},
    )  # fmt: skip


KUBECONFIG = {"SECRET": "some", "NODES": "2", "LISTENER": "open"}


def test_the_kubeconfig_is_fetched_and_all_nodes_awaited(tmp_path):
    path = tmp_path / "folder" / "kubeconfig"
    commands = {"aws": "echo 'server: https://balancer:6443'", "kubectl": "echo a Ready; echo b Ready"}
    done = run_script("fetch-kubeconfig.sh", tmp_path, commands, KUBECONFIG_PATH=str(path), **KUBECONFIG)
    assert done.returncode == 0, done.stderr
    assert path.stat().st_mode & 0o77 == 0
    assert path.read_text() == "server: https://balancer:6443\n"


def test_a_node_that_is_not_ready_is_told(tmp_path):
    commands = {"aws": "echo config", "kubectl": "echo a Ready; echo b NotReady"}
    done = run_script("fetch-kubeconfig.sh", tmp_path, commands, KUBECONFIG_PATH=str(tmp_path / "config"), **KUBECONFIG)
    assert done.returncode == 1
    assert "fewer than 2 nodes are Ready" in done.stderr


def test_no_kubeconfig_in_the_store_is_told(tmp_path):
    done = run_script(
        "fetch-kubeconfig.sh",
        tmp_path,
        {"aws": "exit 254", "kubectl": ""},
        KUBECONFIG_PATH=str(tmp_path / "config"),
        **KUBECONFIG,
    )
    assert done.returncode == 1
    assert "no server has put a kubeconfig" in done.stderr
    assert not (tmp_path / "config").exists()


def test_without_administrators_the_kubeconfig_leads_through_the_tunnel(tmp_path):
    path = tmp_path / "config"
    commands = {"aws": "echo 'server: https://balancer:6443'", "kubectl": "echo a Ready; echo b Ready"}
    done = run_script(
        "fetch-kubeconfig.sh", tmp_path, commands, KUBECONFIG_PATH=str(path), **KUBECONFIG | {"LISTENER": "tunnel"}
    )
    assert done.returncode == 0
    assert path.read_text() == "server: https://127.0.0.1:6443\n"
    assert "run infrastructure/aws/scripts/tunnel.sh in another terminal now" in done.stderr


def test_without_a_tunnel_apply_waits_for_one_and_says_so(tmp_path):
    path = tmp_path / "config"
    commands = {"aws": "echo 'server: https://balancer:6443'", "kubectl": "exit 1"}
    done = run_script(
        "fetch-kubeconfig.sh", tmp_path, commands, KUBECONFIG_PATH=str(path), **KUBECONFIG | {"LISTENER": "tunnel"}
    )
    assert done.returncode == 1
    assert "scripts/tunnel.sh does not run, after 0 minutes" in done.stderr


def test_the_tunnel_is_ssh_by_the_endpoint_with_a_key_of_its_own(tmp_path):
    commands = {
        "aws": "echo i-0abc; echo aws $* >>$CALLS",
        "ssh-keygen": 'for last; do :; done; touch "$last" "$last.pub"',
        "ssh": "echo ssh $* >>$CALLS",
    }
    done = run_script("tunnel.sh", tmp_path, commands, CLUSTER="some-cluster", CALLS=str(tmp_path / "calls"))
    assert done.returncode == 0, done.stderr
    looked, sent, connected = (tmp_path / "calls").read_text().splitlines()
    assert "Name=tag:Name,Values=some-cluster-control-plane-*" in looked
    assert "send-ssh-public-key --instance-id i-0abc --instance-os-user ec2-user" in sent
    assert "-N -L 127.0.0.1:6443:127.0.0.1:6443" in connected
    assert "open-tunnel --instance-id i-0abc" in connected
    assert "StrictHostKeyChecking=no" not in connected


NAMES = {"NAMES": "www.example.test api.example.test", "ADDRESSES": "203.0.113.1 203.0.113.2", "LOOKUP": "look"}


def test_names_are_printed_and_awaited(tmp_path):
    done = run_script("await-dns.sh", tmp_path, {"look": "echo 203.0.113.2 STREAM"}, **NAMES)
    assert done.returncode == 0
    assert "www.example.test. A 203.0.113.1" in done.stderr
    assert "api.example.test resolves to the load balancer" in done.stderr


def test_of_a_wildcard_some_name_is_looked_up(tmp_path):
    names = NAMES | {"NAMES": "*.acceptance.example.test"}
    look = "case $1 in any.acceptance.example.test) echo 203.0.113.2 ;; esac"
    done = run_script("await-dns.sh", tmp_path, {"look": look}, **names)
    assert done.returncode == 0, done.stderr
    assert "*.acceptance.example.test. A 203.0.113.1" in done.stderr


@pytest.mark.parametrize(
    ("answer", "problem"),
    [("exit 2", "has no address"), ("echo 203.0.113.1; echo 198.51.100.1", "resolves to 198.51.100.1")],
)
def test_names_that_lead_elsewhere_are_told(tmp_path, answer, problem):
    done = run_script("await-dns.sh", tmp_path, {"look": answer}, **NAMES)
    assert done.returncode == 1
    assert f"www.example.test {problem} after 0 minutes" in done.stderr
