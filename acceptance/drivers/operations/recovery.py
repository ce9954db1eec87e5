"""The platform's backups, and its recovery from them after it was destroyed. Source: task 24."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from acceptance.base.deadlines import API_ANSWERS, COMPONENT_READY, SETTLED, SYNCED
from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.clients.docker import docker
from acceptance.clients.git import Repository
from acceptance.clients.process import run as run_program
from acceptance.clients.web import url
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import kubectl
from acceptance.criteria.run import Run
from acceptance.drivers.cluster.etcd import DATA, etcd_pod, etcdctl
from acceptance.images.build import Images
from acceptance.infrastructure.contract import Infrastructure
from acceptance.platform.application_deployment import application
from acceptance.platform.application_status import summary
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.components import COMPONENTS
from acceptance.platform.deployed_tree import write_tree
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
LEADING = "app=yb-tserver,role in (master,primary)"


@dataclass
class Backup:
    """What is recorded before the destruction, the recovered platform, and how long each part took (seconds)."""

    folder: Path
    row: str = field(default_factory=lambda: secrets.token_hex(8))
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    values: dict[str, Any] = field(default_factory=dict)
    head: str = ""
    times: dict[str, float] = field(default_factory=dict)
    began: float = 0.0
    again: Platform | None = None

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Record how long a part took."""
        began = time.monotonic()
        self.began = self.began or began
        yield
        self.times[what] = round(time.monotonic() - began, 1)

    @property
    def platform(self) -> Platform:
        """The recovered platform."""
        assert self.again, "the platform has not been created again yet"
        return self.again


def in_database(cluster: Cluster, script: str, stdin: str | None = None) -> str:
    """Run a shell command in the pod of the database's leader; return its output."""

    def leader() -> str:
        pods = cluster.core.list_namespaced_pod("default", label_selector=LEADING).items
        assert len(pods) == 1, f"{len(pods)} pods with {LEADING}"
        return str(pods[0].metadata.name)

    pod = eventually(leader, within=COMPONENT_READY, what="exactly one leader of the database")
    return kubectl(cluster, "exec", "-i", pod, "--", "sh", "-c", script, stdin=stdin or "")


def wait_all_answer(platform: Platform, environment: Environment) -> None:
    """Wait until every service answers over HTTPS."""
    web: requests.Session = platform.get("web")

    def all_answer() -> bool:
        for host, path in (("www", "/"), ("api", "/health"), ("auth", environment.services.auth_health_path)):
            address = url(environment.domain, host, path)
            code = web.get(address).status_code
            assert code == 200, f"GET {address}: {code}, not 200"
        return True

    eventually(all_answer, within=COMPONENT_READY, what="every service to answer over HTTPS")


def write_row(cluster: Cluster, row: str) -> None:
    """Insert a row into a table of its own."""
    in_database(cluster, SQL, f"create table {TABLE} (row text); insert into {TABLE} values ('{row}');")


def back_up(backup: Backup, cluster: Cluster, repository: Repository) -> dict[str, int]:
    """Back up etcd, the sealing keys, the Git repository and the database; return the backups' sizes in bytes."""
    backup.values = {name: read_secret(cluster, name, "default") for name in KEYS}
    keys = encrypt(export(cluster.kubectl_path, cluster.kubeconfig_path), backup.passphrase)
    (backup.folder / "keys.enc").write_text(keys)
    repository.fetch()
    repository.git("bundle", "create", str(backup.folder / "platform.bundle"), "main")
    backup.head = repository.head()
    (backup.folder / "database.sql").write_text(in_database(cluster, DUMP))
    etcdctl(cluster, "snapshot", "save", SNAPSHOT)
    docker("cp", f"{etcd_pod(cluster).spec.node_name}:{SNAPSHOT}", backup.folder / "snapshot.db")
    return {path.name: path.stat().st_size for path in sorted(backup.folder.glob("*.*"))}


def destroy(platform: Platform, infrastructure: Infrastructure) -> dict[str, list[str]]:
    """Destroy the infrastructure and the clones of its repositories; return what is left behind."""
    platform.close()
    infrastructure.destroy()
    # It is created again, and has to be destroyed at the end of the session.
    infrastructure.destroyed = False
    shutil.rmtree(platform.clones, ignore_errors=True)
    return infrastructure.leftovers()


def create_again(platform: Platform, infrastructure: Infrastructure, images: Images, run: Run) -> Platform:
    """Recreate the infrastructure with an empty cluster; nothing is deployed on it yet."""
    outputs = infrastructure.provisioned = infrastructure.apply()
    cluster = Cluster(outputs, platform.cluster.tools, run_id=platform.cluster.run_id, probe=platform.cluster.probe)
    eventually(cluster.answers, within=API_ANSWERS, what="the API to answer")
    eventually(cluster.settled, within=SETTLED, what="all nodes to be Ready")
    rendering = write_tree(run.environment, cluster.kubectl_path, images, outputs)
    again = Platform(run, cluster, outputs, rendering, COMPONENTS)
    platform.closing.callback(again.close)
    return again


def restore_keys_and_repository(backup: Backup) -> None:
    """Restore the sealing keys before the controller starts, then the repository from its bundle."""
    again, clone = backup.platform, backup.folder / "clone"
    keys = decrypt((backup.folder / "keys.enc").read_text(), backup.passphrase)
    kubectl(again.cluster, "create", "namespace", SEALED_SECRETS)
    kubectl(again.cluster, "apply", "-f", "-", stdin=keys)
    again.start(["sealed-secrets", "git", "argocd", "traefik"])
    git = again.get("git").repository(PLATFORM)
    run_program(["git", "clone", "--quiet", "--branch", "main", backup.folder / "platform.bundle", clone], timeout=60)
    git.folder = clone
    git.push()
    again.get("sealed-secrets")
    kubectl(again.cluster, "apply", "-f", str(clone / "k8s" / "secrets"))


def wait_old_values(backup: Backup) -> None:
    """Wait until every Secret has its value from before, then start all components. Raises TimedOut."""

    def opened() -> bool:
        for name, values in backup.values.items():
            assert read_secret(backup.platform.cluster, name, "default") == values, f"Secret {name} differs from before"
        return True

    hint = f"kubectl -n {SEALED_SECRETS} logs deploy/sealed-secrets-controller"
    eventually(opened, within=COMPONENT_READY, what="every Secret to have its previous value", hint=hint)
    # Only now do components start: they find all Secrets and generate no new ones.
    backup.platform.start([*APPLICATIONS, "routes", "web", "repository"])


def wait_well(platform: Platform, name: str) -> None:
    """Wait until an Application is Synced and Healthy."""
    platform.get(name)

    def well() -> bool:
        seen = summary(application(platform, name).get("status", {}))
        assert seen[:2] == ("Synced", "Healthy"), f"Application {name} is {'/'.join(seen)}"
        return True

    hint = f"kubectl -n argocd describe application {name}"
    eventually(well, within=SYNCED, what=f"{name} to be Synced and Healthy", hint=hint)


def head_of(platform: Platform) -> str:
    """The last commit of the platform's repository."""
    repository: Repository = platform.get("repository")
    return repository.git("ls-remote", repository.remote(), "main").split()[0]


def row_of_backup(backup: Backup) -> list[str]:
    """Restore the database's backup; return the rows of the table, and drop the table."""
    in_database(backup.platform.cluster, SQL, (backup.folder / "database.sql").read_text())
    return in_database(backup.platform.cluster, SQL, f"select row from {TABLE}; drop table {TABLE};").split()


def open_etcd_backup(folder: Path, image: str) -> dict[str, Any]:
    """The entry of the namespace kube-system in etcd's backup, read from an etcd restored from it."""
    name, volume = f"alternate-futures-scratch-etcd-{secrets.token_hex(3)}", f"{folder}:/backup"
    alone = ("--network", "none", "--volume", volume)
    restored = ("--data-dir", "/backup/restored")
    docker("run", "--rm", *alone, image, "etcdutl", "snapshot", "restore", "/backup/snapshot.db", *restored)
    docker("run", "--detach", "--name", name, *alone, image, "etcd", *restored)

    def read() -> dict[str, Any]:
        key = "/registry/namespaces/kube-system"
        text = docker("exec", name, "etcdctl", "get", key, "--write-out", "json", check=False)
        assert text, f"etcd in {name} does not answer yet"
        return dict(json.loads(text))

    try:
        return eventually(read, within=API_ANSWERS, what="the restored etcd to answer")
    finally:
        docker("rm", "--force", name)
