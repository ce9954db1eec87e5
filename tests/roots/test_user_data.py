"""The contents of the machines' user data."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from aws_tools import AWS, programs
from built import alone

from acceptance.clients import docker as engine_client
from acceptance.clients.docker import docker, inspect
from acceptance.images import build, cache

SCRIPTS = sorted(AWS.rglob("*.sh"))


def configuration(files, machine):
    """K3s's configuration file of a machine."""
    return yaml.safe_load(files[machine]["/etc/rancher/k3s/config.yaml"])


def manifests(files):
    """What servers deploy at their start, by kind and name."""
    text = files["control-plane-1"]["/var/lib/rancher/k3s/server/manifests/storage.yaml"]
    return {(found["kind"], found["metadata"]["name"]): found for found in yaml.safe_load_all(text)}


def test_user_data_is_cloud_config_without_secrets(user_data):
    for text in user_data.values():
        assert text.startswith("#cloud-config\n")
        assert not re.search(r"K10[0-9a-f]|BEGIN .*PRIVATE KEY|AKIA[0-9A-Z]{16}", text)
        document = yaml.safe_load(text)
        assert set(document) == {"write_files", "runcmd"}
        # K3s's token is asked for by name, at run time.
        env = next(file for file in document["write_files"] if file["path"].endswith("node.env"))["content"]
        assert "SECRET_AGENT=some-cluster/agent-token" in env


def test_sysctls_are_set_before_the_kubelet_insists_on_them(user_data, files):
    for machine, text in user_data.items():
        commands = yaml.safe_load(text)["runcmd"]
        assert commands[0] == ["sysctl", "--system"]
        assert "k3s-node.service" in commands[1]
        assert configuration(files, machine)["protect-kernel-defaults"] is True
        settings = files[machine]["/etc/sysctl.d/90-kubelet.conf"]
        for line in (
            "vm.overcommit_memory = 1",
            "vm.panic_on_oom = 0",
            "kernel.panic = 10",
            "kernel.panic_on_oops = 1",
        ):
            assert line in settings


def test_servers_encrypt_secrets_keep_an_audit_log_and_leave_traefik_out(files):
    for machine in ("control-plane-1", "control-plane-2"):
        found = configuration(files, machine)
        assert found["secrets-encryption"] is True
        assert "traefik" in found["disable"]
        assert "servicelb" not in found["disable"]
        assert "anonymous-auth=false" in found["kube-apiserver-arg"]
        policy = next(text.partition("=")[2] for text in found["kube-apiserver-arg"] if "audit-policy-file" in text)
        assert yaml.safe_load(files[machine][policy])["kind"] == "Policy"
        assert "balancer.example.test" in found["tls-san"]
        # Every six hours, for a week. Source: task 24.
        assert found["etcd-snapshot-schedule-cron"] == "0 */6 * * *"
        assert found["etcd-snapshot-retention"] >= 28
        assert found["node-taint"] == ["node-role.kubernetes.io/control-plane:NoSchedule"]


def test_servicelb_runs_on_workers_only(files):
    label = "svccontroller.k3s.cattle.io/enablelb=true"
    assert label in configuration(files, "worker-1")["node-label"]
    assert label not in configuration(files, "control-plane-1")["node-label"]


def test_agents_get_nothing_of_the_servers(files):
    assert set(configuration(files, "worker-1")) == {"protect-kernel-defaults", "node-label", "kubelet-arg"}
    assert not [path for path in files["worker-1"] if "/server/" in path or "audit" in path]


def test_the_two_volumes_are_bound_to_the_claims_that_mount_them(files):
    found = manifests(files)
    for name, claim, size in (("database", "disk0-yb-tserver-0", "100Gi"), ("redis", "data-redis-0", "20Gi")):
        spec = found["PersistentVolume", name]["spec"]
        assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"]) == ("default", claim)
        assert spec["csi"] == {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": f"vol-0{name}"}
        assert spec["capacity"]["storage"] == size
        assert spec["persistentVolumeReclaimPolicy"] == "Retain"


def test_storage_classes_are_gp3_and_encrypted_and_one_is_the_default(files):
    classes = {name: found for (kind, name), found in manifests(files).items() if kind == "StorageClass"}
    assert set(classes) == {"gp3", "database", "redis", "ingress"}
    for found in classes.values():
        assert found["parameters"]["type"] == "gp3"
        assert found["parameters"]["encrypted"] == "true"
        assert found["volumeBindingMode"] == "WaitForFirstConsumer"
    # A claim that is deleted by mistake takes no disk of the platform with it.
    assert {name for name, found in classes.items() if found["reclaimPolicy"] != "Retain"} == {"gp3"}
    default = "storageclass.kubernetes.io/is-default-class"
    assert [name for name, found in classes.items() if found["metadata"]["annotations"][default] == "true"] == ["gp3"]


def test_the_other_tservers_keep_out_of_the_static_volumes_zone(files):
    (topology,) = manifests(files)["StorageClass", "database"]["allowedTopologies"]
    assert topology["matchLabelExpressions"][0]["values"] == ["eu-central-1b", "eu-central-1c"]


def test_the_csi_driver_is_pinned_and_tags_what_it_makes(files):
    spec = manifests(files)["HelmChart", "aws-ebs-csi-driver"]["spec"]
    assert spec["version"] == "2.66.0"
    values = yaml.safe_load(spec["valuesContent"])
    assert values["controller"]["extraVolumeTags"] == {"Cluster": "some-cluster"}
    assert values["node"]["hostNetwork"] is True


@pytest.fixture(scope="module")
def cloud_init():
    """An image with Debian's cloud-init, which starts nothing."""
    maker = build.Images()
    logs = maker.recipes.logs
    folder = Path(__file__).parents[1] / "support" / "cloud-init"
    tag = f"alternate-futures/cloud-init:{cache.folder_digest(folder)[:16]}"
    with alone():
        maker.recipes.ensure_base(maker.lock["debian"])
        if not inspect("image", tag):
            logs.mkdir(parents=True, exist_ok=True)
            engine_client.build(folder, log=logs / "cloud-init.log", tag=tag)
    return tag


def test_cloud_inits_own_schema_accepts_it(user_data, cloud_init, tmp_path):
    wrong = "#cloud-config\nwrite_files:\n  - content: no path\nruncmd: 7\n"
    for machine, text in {**user_data, "wrong": wrong}.items():
        (tmp_path / machine).write_text(text)
    run = ["run", "--rm", "--network=none", "--volume", f"{tmp_path}:/data:ro", cloud_init, "sh", "-c"]
    answers = docker(
        *run, 'for file in /data/*; do cloud-init schema --config-file "$file" 2>&1 || echo "refused $file"; done'
    )
    assert answers.count("Valid") == len(user_data), answers
    assert [line for line in answers.splitlines() if line.startswith("refused")] == ["refused /data/wrong"]


def test_shellcheck_finds_nothing():
    done = subprocess.run([programs() / "shellcheck", *SCRIPTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert len(SCRIPTS) == 6
