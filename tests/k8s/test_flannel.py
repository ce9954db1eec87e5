"""The nodes' network on kind: a Service's address without pods does not lead anywhere else."""

import os
import subprocess

import pytest
import yaml

from acceptance.base.paths import ROOT

RULE = "--wait --table mangle --{} POSTROUTING --destination 10.96.0.0/16 --jump DROP"


@pytest.fixture(scope="module")
def container():
    """The container that sets up what flanneld does not."""
    patch = yaml.safe_load((ROOT / "k8s" / "flannel" / "cni.yaml").read_text())
    return next(item for item in patch["spec"]["template"]["spec"]["containers"] if item["name"] == "cni-configuration")


@pytest.mark.parametrize(("is_there", "calls"), [(False, ["check", "insert"]), (True, ["check"])])
def test_packets_to_an_address_without_a_pod_never_leave_the_node(container, tmp_path, is_there, calls):
    program = tmp_path / "iptables"
    code = 0 if is_there else '$(case "$*" in *--check*) echo 1 ;; *) echo 0 ;; esac)'
    program.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\nexit {code}\n')
    program.chmod(0o755)
    # What follows is flannel's configuration, which needs a node.
    script = container["args"][0].partition("# A subnet")[0]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run([*container["command"], script], env=environment, check=True)
    assert (tmp_path / "calls").read_text().splitlines() == [RULE.format(call) for call in calls]


def test_the_addresses_are_those_of_services(container):
    text = (ROOT / "k8s" / "kube-router" / "daemonset.yaml").read_text()
    assert "--service-cluster-ip-range=10.96.0.0/16" in text and "10.96.0.0/16" in container["args"][0]


def test_it_may_change_the_rules_of_its_machine_and_nothing_else(container):
    assert container["securityContext"] == {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}
