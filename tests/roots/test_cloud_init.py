"""The machines' user data: what it says, and what its scripts do, with stand-ins for AWS and the K3s installer."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from aws_tools import AWS, programs, rendered_user_data
from built import alone
from tests_support import kubeconfig

from acceptance.clients import docker as engine_client
from acceptance.clients.docker import docker, inspect
from acceptance.images import build, cache

SCRIPTS = sorted(AWS.rglob("*.sh"))

# The secret store and the metadata service, as files: a secret is there once its file is.
AWS_COMMAND = r"""#!/bin/sh
echo "aws $*" >>"$WORLD/calls"
for word; do
  case $previous in --secret-id) id=$(echo "$word" | tr / _) ;; --secret-string) value=${word#file://} ;; esac
  previous=$word
done
[ ! -f "$WORLD/silent" ] || { echo "Could not connect to the endpoint URL" >&2; exit 255; }
case $2 in
get-secret-value) cat "$WORLD/secrets/$id" 2>/dev/null || { echo ResourceNotFoundException >&2; exit 254; } ;;
put-secret-value) cp "$value" "$WORLD/secrets/$id" ;;
esac
"""

CURL_COMMAND = r"""#!/bin/sh
for word; do
  case $previous in -o) to=$word ;; esac
  case $word in http*) url=$word ;; esac
  previous=$word
done
echo "curl $url" >>"$WORLD/calls"
echo "curl $*" >>"$WORLD/curls"
case $url in
*/api/token) echo session ;;
*/meta-data/instance-id) echo "i-$MACHINE_NUMBER" ;;
*/meta-data/local-ipv4) echo "10.0.0.$MACHINE_NUMBER" ;;
*/k3s) cp "$WORLD/binary" "$to" ;;
*/install.sh) cp "$WORLD/installer" "$to" ;;
*) exit 22 ;;
esac
"""

# Records how it was called; a server that starts a cluster leaves what K3s leaves.
INSTALLER = r"""#!/bin/sh
echo "installer $* skip=$INSTALL_K3S_SKIP_DOWNLOAD version=$INSTALL_K3S_VERSION" >>"$WORLD/calls"
[ ! -f "$WORLD/broken" ] || exit 1
cat "$ROOT/etc/rancher/k3s/config.yaml.d/10-node.yaml" >>"$WORLD/calls"
[ "$1" = server ] || exit 0
mkdir -p "$ROOT/var/lib/rancher/k3s/server"
[ -f "$ROOT/var/lib/rancher/k3s/server/token" ] || echo K10hash::server:issued >"$ROOT/var/lib/rancher/k3s/server/token"
printf 'K10hash::node:%s\n' "$(cat "$ROOT/etc/rancher/k3s/agent-token")" >"$ROOT/var/lib/rancher/k3s/server/agent-token"
echo 'server: https://127.0.0.1:6443' >"$ROOT/etc/rancher/k3s/k3s.yaml"
"""
BINARY = '#!/bin/sh\necho "k3s $*" >>"$WORLD/calls"\n'


@pytest.fixture(scope="module")
def user_data(tmp_path_factory):
    """User data by machine, as OpenTofu renders it."""
    return rendered_user_data(tmp_path_factory.mktemp("cloud-init"))


@pytest.fixture(scope="module")
def files(user_data):
    """The files of each machine: contents by path."""
    return parsed_files(user_data)


def parsed_files(user_data):
    """The files that user data writes: contents by machine and path."""
    return {
        machine: {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}
        for machine, text in user_data.items()
    }


def configuration(files, machine):
    """K3s's configuration file of a machine."""
    return yaml.safe_load(files[machine]["/etc/rancher/k3s/config.yaml"])


def manifests(files):
    """What servers deploy at their start, by kind and name."""
    text = files["control-plane-1"]["/var/lib/rancher/k3s/server/manifests/storage.yaml"]
    return {(found["kind"], found["metadata"]["name"]): found for found in yaml.safe_load_all(text)}


# What it says


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


# What its script does


class World:
    """The outside of some machines: a secret store, a metadata service, and a place to download K3s from."""

    def __init__(self, folder, files):
        self.folder = folder
        self.files = files
        (folder / "secrets").mkdir(parents=True)
        (folder / "bin").mkdir()
        for name, text in (("aws", AWS_COMMAND), ("curl", CURL_COMMAND)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        path = f"{folder}/bin:{os.environ['PATH']}"
        self.environment = {"PATH": path, "WORLD": str(folder), "TOKEN_MINUTES": "0", "PAUSE": "0"}
        (folder / "binary").write_text(BINARY)
        (folder / "installer").write_text(INSTALLER)

    def boot(self, machine, number, root=None, check=True):
        """Start a machine with an empty disk (or `root`) and run its script; return the disk and what it did."""
        root = root or self.folder / f"disk-{number}"
        for path, content in self.files[machine].items():
            target = root / path.removeprefix("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            for name in ("binary", "installer"):
                digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
                content = content.replace(f"{name.upper()}_SHA256={name.upper()}", f"{name.upper()}_SHA256={digest}")
            target.write_text(content)
        (root / "usr/local/sbin/k3s-node").chmod(0o755)
        calls = self.folder / "calls"
        calls.write_text("")
        done = subprocess.run(
            ["sh", root / "usr/local/sbin/k3s-node"], capture_output=True, text=True, check=False, timeout=120,
            env={**self.environment, "ROOT": str(root), "MACHINE_NUMBER": str(number)},
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return root, calls.read_text(), done

    def secret(self, name):
        """A value in the store, or None."""
        path = self.folder / "secrets" / f"some-cluster_{name}"
        return path.read_text() if path.exists() else None


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


# The scripts that apply runs


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
