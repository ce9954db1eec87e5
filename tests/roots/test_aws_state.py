"""The remote state, and the scripts' calls of AWS, against moto: a server that answers as AWS does."""

import json
import os
import subprocess

import pytest
from aws_cloud import BACKEND, BUCKET, REGION, moto
from aws_tools import AWS, programs, rendered_user_data, without_blocks
from built import tool
from machine_world import World, parsed_files

PLANTED = "a-value-that-only-the-state-knows"


@pytest.fixture(scope="module")
def cloud():
    """AWS as moto plays it."""
    with moto() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def tofu(cloud, tmp_path_factory):
    """A configuration with the root's own backend and encryption, and a value worth hiding."""
    folder = tmp_path_factory.mktemp("state")
    cloud.bootstrap()
    text = without_blocks((AWS / "versions.tf").read_text(), "required_providers", "provider")
    (folder / "versions.tf").write_text(text)
    (folder / "main.tf").write_text(
        'variable "region" {\n  default = "eu-central-1"\n}\n'
        'variable "state_key" {\n  default = "alias/alternate-futures-state"\n}\n'
        f'resource "terraform_data" "planted" {{\n  input = "{PLANTED}"\n}}\n'
    )

    def run(*arguments):
        return subprocess.run(
            [tool("tofu"), f"-chdir={folder}", *arguments], capture_output=True, text=True, check=False,
            env={**cloud.environment, "TF_CLI_CONFIG_FILE": "/dev/null", "TF_IN_AUTOMATION": "1"},
        )  # fmt: skip

    done = run(
        "init", "-no-color", "-input=false", *(f"-backend-config={key}={value}" for key, value in BACKEND.items())
    )
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("apply", "-no-color", "-input=false", "-auto-approve")
    assert done.returncode == 0, done.stdout + done.stderr
    run.folder = folder
    return run


def test_the_state_lies_in_the_bucket_and_nowhere_else(tofu, cloud):
    assert [item["Key"] for item in cloud.aws("s3api", "list-objects-v2", "--bucket", BUCKET)["Contents"]] == [
        "alternate-futures/terraform.tfstate"
    ]
    assert not list(tofu.folder.glob("*.tfstate*"))


def test_the_state_is_encrypted_before_it_leaves(tofu, cloud, tmp_path):
    key = "alternate-futures/terraform.tfstate"
    cloud.aws("s3api", "get-object", "--bucket", BUCKET, "--key", key, str(tmp_path / "state"))
    text = (tmp_path / "state").read_text()
    assert "encrypted_data" in text
    assert PLANTED not in text
    assert PLANTED in tofu("state", "pull").stdout


def test_a_saved_plan_is_encrypted(tofu):
    done = tofu("plan", "-no-color", "-input=false", "-out=saved")
    assert done.returncode == 0, done.stdout + done.stderr
    assert PLANTED.encode() not in (tofu.folder / "saved").read_bytes()
    assert b"encrypted_data" in (tofu.folder / "saved").read_bytes()


def test_a_second_run_finds_the_state_locked(tofu, cloud, tmp_path):
    lock = {
        "ID": "some-id",
        "Operation": "OperationTypeApply",
        "Who": "somebody@elsewhere",
        "Created": "2026-01-01T00:00:00Z",
    }
    (tmp_path / "lock").write_text(json.dumps(lock))
    key = "alternate-futures/terraform.tfstate.tflock"
    cloud.aws("s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", str(tmp_path / "lock"))
    done = tofu("plan", "-no-color", "-input=false")
    cloud.aws("s3api", "delete-object", "--bucket", BUCKET, "--key", key)
    assert done.returncode == 1
    assert "Error acquiring the state lock" in done.stderr
    assert "somebody@elsewhere" in done.stderr
    assert tofu("plan", "-no-color", "-input=false").returncode == 0


# The scripts' calls


def test_machines_find_one_another_through_the_real_command_line(cloud, tmp_path):
    for shelf in ("server-token", "agent-token", "kubeconfig"):
        cloud.aws("secretsmanager", "create-secret", "--name", f"some-cluster/{shelf}")
    world = World(tmp_path / "world", parsed_files(rendered_user_data(tmp_path / "rendered")))
    (world.folder / "bin" / "aws").unlink()
    world.environment |= cloud.environment | {"PATH": f"{world.folder}/bin:{programs()}:{os.environ['PATH']}"}
    _, _, done = world.boot("worker-1", 3, check=False)
    assert "no token in some-cluster/agent-token" in done.stderr
    # Each shelf is there and empty, which is what AWS itself calls not found.
    assert "installer server --cluster-init" in world.boot("control-plane-1", 1)[1]
    disk, calls, _ = world.boot("worker-1", 4)
    assert "installer agent" in calls
    value = cloud.aws("secretsmanager", "get-secret-value", "--secret-id", "some-cluster/agent-token")["SecretString"]
    assert (disk / "etc/rancher/k3s/token").read_text() == value.strip()
    assert "installer server --server" in world.boot("control-plane-1", 9)[1]
    path = tmp_path / "kubeconfig"
    (world.folder / "bin" / "kubectl").write_text("#!/bin/sh\necho a Ready\n")
    (world.folder / "bin" / "kubectl").chmod(0o755)
    wanted = {"SECRET": "some-cluster/kubeconfig", "KUBECONFIG_PATH": str(path), "NODES": "1", "LISTENER": "open"}
    script = AWS / "scripts" / "fetch-kubeconfig.sh"
    done = subprocess.run([script], capture_output=True, text=True, check=False, env=world.environment | wanted)
    assert done.returncode == 0, done.stderr
    assert path.read_text().strip() == "server: https://balancer.example.test:6443"


def test_destroy_removes_the_volumes_that_claims_left_and_no_others(cloud):
    def volume(cluster, *tags):
        written = ",".join(f"{{Key={key},Value={value}}}" for key, value in (("Cluster", cluster), *tags))
        zone = ["--availability-zone", f"{REGION}a", "--size", "1"]
        return cloud.aws(
            "ec2", "create-volume", *zone, "--tag-specifications", f"ResourceType=volume,Tags=[{written}]"
        )["VolumeId"]

    claimed = ("ebs.csi.aws.com/cluster", "true")
    ours = volume("some-cluster", claimed)
    others = {volume("other-cluster", claimed), volume("some-cluster")}
    script = AWS / "modules" / "k3s-cluster" / "remove-claimed-volumes.sh"
    environment = cloud.environment | {"CLUSTER": "some-cluster"}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left = {found["VolumeId"] for found in cloud.aws("ec2", "describe-volumes")["Volumes"]}
    assert ours not in left
    assert others <= left
