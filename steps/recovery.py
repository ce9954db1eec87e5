"""Destruction and recreation of the platform from its backups. Source: task 24."""

import json
import secrets
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from pytest_bdd import given, then, when

from acceptance.base.waiting import API_ANSWERS, COMPONENT_READY, SETTLED, SYNCED, eventually
from acceptance.clients.docker import docker
from acceptance.clients.process import run as run_program
from acceptance.clients.web import url
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import kubectl
from acceptance.drivers.etcd import DATA, etcd_pod, etcdctl
from acceptance.platform.application_status import summary
from acceptance.platform.applications import APPLICATIONS, application
from acceptance.platform.git import PLATFORM
from acceptance.platform.platform import Platform
from acceptance.platform.sealing_keys import decrypt, encrypt, export
from acceptance.platform.secrets import KEYS, read_secret
from acceptance.platform.secrets import NAMESPACE as SEALED_SECRETS

SNAPSHOT = f"{DATA}/snapshot.db"
TABLE = "backend.recovery"
ACCOUNT = (
    "export PGHOST=127.0.0.1 PGPORT=5433 "
    'PGUSER="$PATRONI_SUPERUSER_USERNAME" PGPASSWORD="$PATRONI_SUPERUSER_PASSWORD"; '
)
DATABASE = "alternatefutures"
SQL = f"{ACCOUNT} psql --set ON_ERROR_STOP=1 --quiet --tuples-only --no-align {DATABASE}"
DUMP = f"{ACCOUNT} pg_dump --clean --if-exists {DATABASE}"


@dataclass
class Backup:
    """What is taken before, and what came of it."""

    folder: Path
    row: str
    passphrase: str
    values: dict = field(default_factory=dict)
    head: str = ""
    times: dict = field(default_factory=dict)
    began: float = 0.0
    platform: object = None


def leading_member(cluster):
    """The pod that takes writes."""

    def leader():
        pods = cluster.core.list_namespaced_pod(
            "default", label_selector="app=yb-tserver,role in (master,primary)"
        ).items
        assert len(pods) == 1, f"{len(pods)} pods lead"
        return pods[0].metadata.name

    return eventually(leader, within=COMPONENT_READY, what="a leading member of the database")


def in_database(cluster, script, stdin=None):
    """Run a shell command in the leading member's pod."""
    pod = leading_member(cluster)
    return kubectl(cluster, "exec", "-i", pod, "--", "sh", "-c", script, stdin=stdin or "")


def all_answer(platform, environment):
    """Raise AssertionError unless every service answers over HTTPS."""
    web = platform.get("web")
    for host, path in (("www", "/"), ("api", "/health"), ("auth", environment.services.auth_health_path)):
        code = web.get(url(environment.domain, host, path)).status_code
        assert code == 200, f"{host} answers HTTP {code}"
    return True


@given("the platform answers over HTTPS and its database holds a row", target_fixture="backup")
def platform_with_row(
    platform, cluster, environment, routes, repository, backend_service, frontend_service, auth_service, tmp_path
):
    eventually(lambda: all_answer(platform, environment), within=COMPONENT_READY, what="every service over HTTPS")
    backup = Backup(tmp_path, secrets.token_hex(8), secrets.token_urlsafe(18))
    in_database(
        cluster,
        SQL,
        f"create table {TABLE} (row text); insert into {TABLE} values ('{backup.row}');",
    )
    return backup


@when("etcd, the sealing keys, the Git repository and the database are backed up")
def back_up(backup, cluster, repository, evidence):
    backup.began = time.monotonic()
    backup.values = {name: read_secret(cluster, name, "default") for name in KEYS}
    (backup.folder / "keys.enc").write_text(
        encrypt(export(cluster.kubectl_path, cluster.kubeconfig_path), backup.passphrase)
    )
    repository.fetch()
    repository.git("bundle", "create", str(backup.folder / "platform.bundle"), "main")
    backup.head = repository.head()
    (backup.folder / "database.sql").write_text(in_database(cluster, DUMP))
    etcdctl(cluster, "snapshot", "save", SNAPSHOT)
    docker("cp", f"{etcd_pod(cluster).spec.node_name}:{SNAPSHOT}", backup.folder / "snapshot.db")
    backup.times["backup"] = round(time.monotonic() - backup.began, 1)
    evidence.add("backups, in bytes", {path.name: path.stat().st_size for path in sorted(backup.folder.glob("*.*"))})


@when("the infrastructure is destroyed and nothing of it is left")
def destroy(backup, platform, infrastructure):
    began = time.monotonic()
    platform.close()
    infrastructure.destroy()
    infrastructure.destroyed = False
    shutil.rmtree(platform.clones, ignore_errors=True)
    found = infrastructure.leftovers()
    assert not found, f"destroy left something behind: {found}. Try: make down"
    backup.times["destroy"] = round(time.monotonic() - began, 1)


@when("the infrastructure is created again")
def create_again(backup, platform, infrastructure, run):
    began = time.monotonic()
    infrastructure.provisioned = infrastructure.apply()
    cluster = Cluster(infrastructure.provisioned, platform.cluster.tools, run_id=platform.cluster.run_id)
    eventually(cluster.answers, within=API_ANSWERS, what="the API to answer")
    eventually(cluster.settled, within=SETTLED, what="all nodes Ready")
    backup.platform = Platform(
        run, cluster, infrastructure.provisioned, platform.environment, platform.images, platform.state
    )
    platform.closing.callback(backup.platform.close)
    backup.times["create"] = round(time.monotonic() - began, 1)


@when("the sealing keys are restored before the controller starts, and the repository from its bundle")
def restore(backup):
    again = backup.platform
    keys = decrypt((backup.folder / "keys.enc").read_text(), backup.passphrase)
    kubectl(again.cluster, "create", "namespace", SEALED_SECRETS)
    kubectl(again.cluster, "apply", "-f", "-", stdin=keys)
    again.start(["sealed-secrets", "git", "argocd", "traefik"])
    git = again.get("git").repository(PLATFORM)
    clone = backup.folder / "clone"
    run_program(["git", "clone", "--quiet", "--branch", "main", backup.folder / "platform.bundle", clone], timeout=60)
    git.folder = clone
    git.push()
    again.get("sealed-secrets")
    kubectl(again.cluster, "apply", "-f", str(clone / "k8s" / "secrets"))


@then("the sealed secrets of that repository open to the values from before")
def old_values(backup):
    def opened():
        for name, values in backup.values.items():
            assert read_secret(backup.platform.cluster, name, "default") == values, f"{name} is not as before"
        return True

    hint = f"kubectl -n {SEALED_SECRETS} logs deploy/sealed-secrets-controller"
    eventually(opened, within=COMPONENT_READY, what="every Secret with its value from before", hint=hint)
    # Only now may components look: they find all Secrets there, and make none anew.
    backup.platform.start([*APPLICATIONS, "routes", "web", "repository"])


@then("the platform's five Applications are Synced and Healthy again")
def applications_again(backup, evidence):
    for name in APPLICATIONS:
        backup.platform.get(name)

        def well(name=name):
            seen = summary(application(backup.platform, name).get("status", {}))
            assert seen[:2] == ("Synced", "Healthy"), f"it is {'/'.join(seen)}"
            return True

        hint = f"kubectl -n argocd describe application {name}"
        eventually(well, within=SYNCED, what=f"{name} Synced and Healthy", hint=hint)
    head = (
        backup.platform.get("repository")
        .git("ls-remote", backup.platform.get("repository").remote(), "main")
        .split()[0]
    )
    assert head == backup.head, f"the repository is at {head[:8]}, its bundle was at {backup.head[:8]}"
    evidence.add("commit", head)


@then("every service answers over HTTPS")
def answers_again(backup, environment, evidence):
    backup.platform.get("routes")
    what = "every service over HTTPS"
    eventually(lambda: all_answer(backup.platform, environment), within=COMPONENT_READY, what=what)
    backup.times["all of it"] = round(time.monotonic() - backup.began, 1)
    evidence.add("seconds", backup.times)


@then("the database has the row again, from its backup")
def row_again(backup):
    in_database(backup.platform.cluster, SQL, (backup.folder / "database.sql").read_text())
    seen = in_database(backup.platform.cluster, SQL, f"select row from {TABLE}; drop table {TABLE};")
    assert seen.split() == [backup.row], f"expected the row {backup.row}, saw {seen!r}"


@then("the backup of etcd opens and holds an object")
def etcd_opens(backup, images, evidence):
    name, image = f"alternate-futures-scratch-etcd-{secrets.token_hex(3)}", images.tag(images.lock["etcd"])
    volume = f"{backup.folder}:/backup"
    restore = ["etcdutl", "snapshot", "restore", "/backup/snapshot.db", "--data-dir", "/backup/restored"]
    docker("run", "--rm", "--network", "none", "--volume", volume, image, *restore)
    docker(
        "run",
        "--detach",
        "--network",
        "none",
        "--name",
        name,
        "--volume",
        volume,
        image,
        "etcd",
        "--data-dir",
        "/backup/restored",
    )
    try:

        def read():
            key = "/registry/namespaces/kube-system"
            text = docker("exec", name, "etcdctl", "get", key, "--write-out", "json", check=False)
            assert text, "it does not answer yet"
            return json.loads(text)

        found = eventually(read, within=API_ANSWERS, what="the restored etcd to answer")
        evidence.add(
            "kube-system in the backup", {"count": found.get("count"), "revision": found["header"]["revision"]}
        )
        assert found.get("count") == 1, f"the backup of etcd does not hold the namespace kube-system: {found}"
    finally:
        docker("rm", "--force", name)
