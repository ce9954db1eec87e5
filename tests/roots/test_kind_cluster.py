"""What infrastructure/kind configures in its API servers: a key for Secrets, and access without credentials."""

import base64
import os
import re
import shutil
import stat
import subprocess

import pytest
import yaml

from acceptance.base.paths import INFRASTRUCTURE, ROOT
from acceptance.drivers.security.unauthenticated_access import HEALTH, NEEDS_CREDENTIALS

PROGRAM = '#!/bin/sh\nprintf "<%s>" "$0" "$@" >>"$WORLD/calls"; echo >>"$WORLD/calls"\ncat >/dev/null\n'

KIND = PROGRAM + 'case $1 in create) : >"$folder/kubeconfig" ;; esac\n'


@pytest.fixture
def cluster_sh(tmp_path):
    """Runs infrastructure/kind/cluster.sh with programs that do nothing but write down how they were called.

    Checkout, programs and state are in a folder with a space.
    """
    tmp_path = tmp_path / "with a space"
    script = tmp_path / "checkout" / "infrastructure" / "kind" / "cluster.sh"
    script.parent.mkdir(parents=True)
    for name in ("cluster.sh", "authentication.yaml", "dns.yaml"):
        shutil.copy(INFRASTRUCTURE / "kind" / name, script.parent)
    environment = {**os.environ, "WORLD": str(tmp_path), "folder": str(tmp_path / "state"), "config": "kind: Cluster"}
    for name, text in (("kind", KIND), ("kubectl", PROGRAM), ("docker", PROGRAM)):
        program = tmp_path / name
        program.write_text(text)
        program.chmod(0o755)
        environment[name] = str(program)
    environment |= {"name": "some-cluster", "network": "some-cluster", "registry": "some-registry"}

    def run(action):
        command = ["sh", script, action]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout + done.stderr + (tmp_path / "calls").read_text()

    run.folder = tmp_path / "state" / "api-server"
    return run


def key_of(folder):
    """The key of an EncryptionConfiguration that encrypts Secrets, and with it alone."""
    (resource,) = yaml.safe_load((folder / "encryption.yaml").read_text())["resources"]
    assert resource["resources"] == ["secrets"]
    (provider,) = resource["providers"]
    (key,) = provider["secretbox"]["keys"]
    assert len(base64.b64decode(key["secret"], validate=True)) == 32
    return key["secret"]


def test_each_cluster_gets_a_key_of_its_own_that_only_its_owner_reads(cluster_sh):
    said = cluster_sh("create")
    key = key_of(cluster_sh.folder)
    assert key not in said
    assert stat.S_IMODE(cluster_sh.folder.stat().st_mode) == 0o700
    for path in cluster_sh.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    cluster_sh("create")
    assert key_of(cluster_sh.folder) != key
    cluster_sh("destroy")
    assert not cluster_sh.folder.exists()


def test_without_credentials_the_api_tells_its_health_alone(cluster_sh):
    cluster_sh("create")
    document = yaml.safe_load((cluster_sh.folder / "authentication.yaml").read_text())
    assert document["kind"] == "AuthenticationConfiguration"
    paths = {condition["path"] for condition in document["anonymous"]["conditions"]}
    assert paths == {*HEALTH, "/api/v1/namespaces/kube-public/configmaps/cluster-info"}
    assert not paths & set(NEEDS_CREDENTIALS)


def test_all_control_planes_are_given_those_files():
    text = (INFRASTRUCTURE / "kind" / "cluster.tf").read_text()
    assert 'role = "control-plane", image = var.node_image, extraMounts = concat(local.mounts, local.api_server' in text
    for argument in ("encryption-provider-config", "authentication-config"):
        assert f"{argument} " in text
    # The key's folder is an input; the key itself is none.
    assert "random" not in text


def test_a_path_with_a_space_stays_one_word(cluster_sh):
    said = cluster_sh("create") + cluster_sh("destroy")
    state = cluster_sh.folder.parent
    assert f"<--kubeconfig><{state}/kubeconfig>" in said
    assert f"{state.parent}/checkout/infrastructure/kind/../../k8s/flannel>" in said
    words = re.findall("<([^>]*)>", said)
    assert not [word for word in words if word.startswith("a space") or word.endswith("/with")]


def test_nothing_needs_ipv6():
    """The host may have none: kind asks for it only where a cluster has it, and the nodes' network is our own."""
    asks = re.compile(r"ipv6|ipFamily|listen \[::\]|bind (\[?::\]?:|:::)|host=\"::\"", re.IGNORECASE)
    folders = (INFRASTRUCTURE / "kind", ROOT / "images", ROOT / "services")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".sum"]
    ours = [path for path in files if not {"node_modules", "__pycache__"} & set(path.parts)]
    named = [path for path in ours if "lock" not in path.name and "requirements" not in path.name]
    assert not [path for path in named if asks.search(path.read_text(errors="replace"))]
    network = (INFRASTRUCTURE / "kind" / "network.tf").read_text()
    assert 'driver = "bridge"' in network and network.count("subnet") == 2
