"""docs/operations.md's commands for production only, run with stand-in programs: backup, restore, K3s."""

import base64
import os
import re
import shutil
import subprocess

import pytest
from aws_cloud import REGION, moto
from aws_tools import programs
from handbook_programs import AWS_COMMAND, CLIENT, DATABASE, DUMP, K3S, KUBECTL, ROTATING, SSH, STORE
from tests_support import kubeconfig

from acceptance.base.paths import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"```sh production\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def cloud():
    """AWS as moto plays it."""
    with moto() as cloud:
        yield cloud


@pytest.fixture
def bucket(cloud):
    """The state's bucket, empty: what it has by key, and a way to put something there."""
    cloud.reset()
    place = ["--create-bucket-configuration", f"LocationConstraint={REGION}"]
    cloud.aws("s3api", "create-bucket", "--bucket", "the-state", *place)
    return Bucket(cloud)


class Bucket:
    """The state's bucket."""

    def __init__(self, cloud):
        self.cloud = cloud

    def texts(self, folder):
        """What lies there, by key."""
        self.cloud.aws("s3", "cp", "--recursive", "--quiet", "s3://the-state", str(folder))
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}

    def put(self, key, path):
        """Put a file there."""
        self.cloud.aws("s3api", "put-object", "--bucket", "the-state", "--key", key, "--body", str(path))


@pytest.fixture
def run(tmp_path, bucket):
    """Types the block that has a text, with every program replaced that would reach a cluster or AWS."""
    commands = {
        "kubectl": KUBECTL, "ysql_dump": DATABASE, "ysqlsh": DATABASE, "tofu": '#!/bin/sh\necho "tofu $*" >>"$CALLS"\n',
        "make": '#!/bin/sh\necho "make $*" >>"$CALLS"\n[ "$1" != backup-keys ] || echo sealed >"$KEYS_FILE"\n',
        "aws": AWS_COMMAND, "pytest": "#!/bin/sh\n", "ssh": SSH, "k3s": K3S, "sudo": '#!/bin/sh\nexec "$@"\n',
        "systemctl": '#!/bin/sh\necho "systemctl $*" >>"$CALLS"\n',
        "ssh-keygen": '#!/bin/sh\nfor last; do :; done\ntouch "$last" "$last.pub"\n',
    }  # fmt: skip
    for name, text in commands.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    root = tmp_path / "infrastructure" / "aws"
    shutil.copytree(ROOT / "infrastructure" / "aws" / "scripts", root / "scripts")
    (root / "environments").mkdir()
    (root / "environments" / "production.s3.tfbackend").write_text('bucket     = "the-state"\nregion     = "x"\n')
    for name in ("snapshots", "server"):
        (tmp_path / name).mkdir()
    replaced = {
        DUMP: f"{tmp_path}/ysql_dump", CLIENT: f"{tmp_path}/ysqlsh", ".venv/bin/pytest": "pytest",
        "/var/lib/rancher/k3s/server/db/snapshots": f"{tmp_path}/snapshots", "/root/": f"{tmp_path}/server/",
        "/etc/alternate-futures/": f"{tmp_path}/server/", "/etc/rancher/k3s/token": f"{tmp_path}/server/k3s-token",
        "/var/lib/rancher/k3s/server/token": f"{tmp_path}/server/token",
    }  # fmt: skip

    def run(text, **more):
        block = next(block for block in BLOCKS if text in block)
        for old, new in replaced.items():
            block = block.replace(old, new)
        environment = os.environ | {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls"),
            "RESTORED": str(tmp_path / "restored"), "AWS_PROGRAM": str(programs() / "aws"),
            **bucket.cloud.credentials, "AWS_DEFAULT_REGION": REGION,
            "SNAPSHOTS": str(tmp_path / "snapshots"), **more,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return tmp_path

    return run


def calls(folder):
    """The calls that programs noted."""
    return (folder / "calls").read_text().splitlines()


def test_the_backup_of_keys_data_and_etcd_lies_in_the_states_bucket(run, bucket):
    folder = run(DUMP)
    texts = bucket.texts(folder / "kept")
    assert len({re.fullmatch(r"(alternate-futures/backups/\d{8}T\d{6}Z)/.*", key)[1] for key in texts}) == 1
    assert {key.rpartition("/")[2]: text for key, text in texts.items()} == {
        "sealing-keys.enc": "sealed\n",
        "database.sql": "-- a dump\n",
        "etcd-snapshot": "a snapshot\n",
    }
    assert (folder / "database.sql").stat().st_mode & 0o077 == 0
    assert any("etcd-snapshot save --name by-hand" in call for call in calls(folder))


def test_what_was_backed_up_last_is_brought_back(run, bucket, tmp_path):
    run(DUMP)
    (tmp_path / "old").write_text("-- an old dump\n")
    bucket.put("alternate-futures/backups/20200101T000000Z/database.sql", tmp_path / "old")
    folder = run(CLIENT)
    assert (folder / "restored").read_text() == "-- a dump\n"
    made = [call for call in calls(folder) if call.startswith(("tofu", "make"))]
    assert [call.split()[-1] for call in made if "restore" in call] == ["restore-keys"]
    # Keys come before the controller, which a deployment starts.
    assert made[-1] == "make restore-keys" and any("apply" in call for call in made)


def test_etcd_is_restored_on_the_first_server_which_then_starts_the_cluster(run):
    run(DUMP)
    folder = run("--cluster-reset")
    assert (folder / "server" / "etcd-snapshot").read_text() == "a snapshot\n"
    assert (folder / "server" / "way").read_text() == "start\n"
    said = calls(folder)
    assert any("Name=tag:Name,Values=alternate-futures-production-control-plane-1" in call for call in said)
    orders = [call for call in said if call.startswith(("systemctl", "k3s server"))]
    stop, restore, start = orders
    assert stop == "systemctl stop k3s-node k3s" and start == "systemctl start k3s-node"
    assert "--cluster-reset-restore-path=" in restore and "/server/k3s-token" in restore.partition("--token-file ")[2]


def test_a_second_operator_fetches_the_kubeconfig_and_sees_when_it_ends(run, tmp_path):
    (tmp_path / "source").write_text(kubeconfig(200))
    data = kubeconfig(200).rpartition(": ")[2].strip()
    answers = f"""#!/bin/sh
case "$*" in
*"get nodes"*) for node in 1 2 3 4 5 6 7; do echo node-$node Ready; done ;;
*"config view"*) printf %s {data} ;;
esac
"""
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "kubectl").write_text(answers)
    (tmp_path / "fake" / "kubectl").chmod(0o755)
    path = f"{tmp_path / 'fake'}:{tmp_path}:{os.environ['PATH']}"
    run(
        "fetch-kubeconfig.sh", PATH=path, KUBECONFIG_SOURCE=str(tmp_path / "source"), XDG_STATE_HOME=str(tmp_path / "s")
    )
    made = tmp_path / "s" / "alternate-futures" / "production" / "kubeconfig"
    assert made.read_text() == (tmp_path / "source").read_text()
    assert made.stat().st_mode & 0o077 == 0


def test_a_release_of_k3s_goes_server_by_server_and_then_to_drained_workers(run, tmp_path):
    (tmp_path / "kubectl").write_text('#!/bin/sh\necho "kubectl $*" >>"$CALLS"\necho node/some etcd ok\n')
    said = calls(run("replace control_plane"))
    replaced = [found[1] for call in said if (found := re.search(r'-replace=.*\["(.*)"\]', call))]
    assert replaced == [*(f"control-plane-{n}" for n in (1, 2, 3)), *(f"worker-{n}" for n in (1, 2, 3, 4))]
    for machine in replaced:
        place = next(n for n, call in enumerate(said) if f'["{machine}"]' in call)
        # Nobody goes on before it is back.
        assert any(f"machine={machine} --for=condition=Ready" in call for call in said[place : place + 3])
        if machine.startswith("worker"):
            assert "drain" in said[place - 1]
            assert any("rollout status statefulset/yb-tserver" in call for call in said[place : place + 5])


def test_what_argocd_reads_with_and_what_signs_webhooks_is_replaced(run, tmp_path):
    (tmp_path / "home" / ".config" / "alternate-futures").mkdir(parents=True)
    text = "export AF_GIT_READ_PASSWORD=a-token AF_WEBHOOK_SECRET=a-secret\n"
    (tmp_path / "home" / ".config" / "alternate-futures" / "production.env").write_text(text)
    (tmp_path / "kubectl").write_text('#!/bin/sh\necho "$* $(cat patch.json)" >>"$CALLS"\n')
    folder = run("repository-$name", HOME=str(tmp_path / "home"))
    coded = {value: base64.b64encode(value.encode()).decode() for value in ("a-token", "a-secret")}
    *repositories, webhook = calls(folder)
    assert [call.split()[4] for call in repositories] == [
        f"repository-{name}" for name in ("platform", "demo", "demo-polled")
    ]
    assert all(f'"password": "{coded["a-token"]}"' in call for call in repositories)
    assert "argocd-secret" in webhook and f'"webhook.github.secret": "{coded["a-secret"]}"' in webhook
    assert not (folder / "patch.json").exists()


@pytest.fixture
def server(tmp_path):
    """The folder of a server's files, with programs that rotate."""
    for name, text in {"k3s": ROTATING, "aws": STORE, "kubectl": '#!/bin/sh\necho "kubectl $*" >>"$CALLS"\n'}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "server" / "node.env").write_text("AWS_REGION=x SECRET_SERVER=some/server-token\n")
    (tmp_path / "server" / "k3s-token").write_text("old\n")
    return tmp_path / "server"


def test_a_new_token_of_k3s_is_stored_before_servers_take_it_one_by_one(run, server):
    said = calls(run("k3s token rotate", SERVER=str(server)))
    token = (server / "token").read_text()
    assert re.fullmatch(r"K10::server:[0-9a-f]{64}\n", token)
    assert (server / "k3s-token").read_text() == (server / "stored").read_text() == token
    # No token is an argument, which every process on the machine could read.
    assert not [call for call in said if token.strip()[-64:] in call]
    order = [call for call in said if call.startswith(("k3s", "systemctl", "kubectl wait"))]
    assert order[0] == "k3s token rotate"
    assert [call.split()[0] for call in order[1:]] == ["systemctl", "kubectl"] * 3


def test_a_new_encryption_key_is_in_use_before_servers_restart_one_by_one(run, server):
    said = calls(run("secrets-encrypt rotate-keys", SERVER=str(server)))
    order = [call for call in said if call.startswith(("k3s", "systemctl", "kubectl wait"))]
    assert order[:2] == ["k3s secrets-encrypt rotate-keys", "k3s secrets-encrypt status"]
    assert [call.split()[0] for call in order[2:]] == ["systemctl", "kubectl"] * 3


def test_every_call_of_tofu_gives_the_variables_that_the_states_encryption_takes():
    calls = [line for block in BLOCKS for line in block.splitlines() if "tofu " in line]
    assert calls
    assert all("-var-file=environments/production.tfvars" in call for call in calls)
    readme = (ROOT / "infrastructure" / "aws" / "README.md").read_text()
    calls = re.findall(r"^tofu (?:init|apply|output|state)[^&\n]*$", readme.partition("## Provision")[2], re.MULTILINE)
    assert len(calls) >= 2
    assert all("-var-file=" in call for call in calls)
