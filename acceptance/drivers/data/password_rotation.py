"""Whether a rotated password reaches the services' role, by the script that each sync of the database runs.

The script runs twice, for a role of the scenario's own and in a transaction that is rolled back. Source: 6.5, 25.7.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Iterable

from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import consistently, when_reachable
from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import main_container
from acceptance.cluster.workloads import pod_of
from acceptance.drivers.argocd.sync_hooks import runs_each_time
from acceptance.drivers.argocd.sync_options import SYNC, hooks, options
from acceptance.drivers.data.database import PORT, Database
from acceptance.drivers.data.database_logins import is_password
from acceptance.platform.platform import Platform

SCRIPT, FILE = "yugabytedb-init", "init.sql"
"""The ConfigMap with the script, and its key; its Job passes it user and password in variables."""
TAKES = ("POSTGRES_USER", "POSTGRES_PASSWORD")
CONNECTS = re.compile(r"^\s*\\(connect|c)\b.*$", re.MULTILINE)
"""A change of the database, which would end the transaction."""
ENDS = re.compile(r"^\s*(commit|end|rollback|abort)\b", re.IGNORECASE | re.MULTILINE)
APPLICATION = "database"
IN_SYNCS = {"PreSync", "Sync", "PostSync", "pre-install", "pre-upgrade", "post-install", "post-upgrade"}
"""The hooks, of Argo CD or of Helm, that run in each sync."""
RECREATES = {"Force=true", "Replace=true"}
"""The options with which Argo CD makes an object anew in each sync."""
WRITTEN = Deadline(1, "the suite: what a server logs is in its pod's log a moment later")
LOOK_BACK = 60
"""Seconds of a log in which what was just done is looked for."""
VERIFIER = re.compile(r"^(SCRAM-SHA-256\$\S+|md5[0-9a-f]{32})$", re.MULTILINE)
RUN = f"""command -v psql >/dev/null && [ "${{PATRONI_SUPERUSER_PASSWORD:-}}" ] || {{ echo cannot; exit; }}
printf %s "$1" | PGPASSWORD=$PATRONI_SUPERUSER_PASSWORD psql --no-psqlrc --quiet --tuples-only --no-align \\
  --set ON_ERROR_STOP=1 --host 127.0.0.1 --port {PORT} --username "$2" --dbname postgres --file -"""
"""Runs a script in a member's pod, which has psql and the administrator's password in a variable."""


def lost_on_rotation(db: Database) -> str:
    """Why the role would not get a rotated password, in words; empty if it would, or if nothing can be judged.

    Only the platform's own script is judged, under PostgreSQL: one that takes user and password from TAKES and ends no
    transaction itself.
    """
    text = script(db)
    if db.is_yugabytedb or ENDS.search(text) or not all(name in text for name in TAKES):
        return ""
    role, passwords = f"scenario_{secrets.token_hex(4)}", [secrets.token_hex(12) for _ in range(2)]
    leader = db.leader()
    try:
        printed = db.namespace.execute(leader, "sh", "-ec", RUN, "sh", twice(text, role, passwords), db.admin.user)
    except AssertionError as error:
        return f"it fails: {str(error).strip().splitlines()[-1]}"
    return judged(printed, role, passwords) or shown_in_log(db, leader, passwords)


def shown_in_log(db: Database, member: str, passwords: list[str]) -> str:
    """Why whoever reads a member's log learns the passwords that were just set, in words; empty if nobody does."""
    read = functools.partial(
        db.namespace.cluster.core.read_namespaced_pod_log, member, db.namespace.name,
        container=main_container(db.namespace.pod(member).spec).name, since_seconds=LOOK_BACK,
    )  # fmt: skip

    def hidden() -> bool:
        text = str(when_reachable(read))
        return not any(word in text for word in passwords)

    try:
        consistently(hidden, during=WRITTEN, what=f"no password in the log of {member}")
    except AssertionError:
        return f"the log of {member} shows it (log_statement?)"
    return ""


def uses_script(job: Manifest) -> bool:
    """Whether the pods of a job mount the script."""
    volumes = (pod_of(job).get("spec") or {}).get("volumes") or []
    parts = [part for item in volumes for part in (item, *((item.get("projected") or {}).get("sources") or []))]
    return any((part.get("configMap") or {}).get("name") == SCRIPT for part in parts)


def runs_in_each_sync(job: Manifest) -> bool:
    """Whether Argo CD runs a job in each sync, not only in the first one."""
    if {*options(job, SYNC)} >= RECREATES:
        return True
    return bool({*hooks(job)} & IN_SYNCS) and runs_each_time(job)


def once(manifests: Iterable[Manifest]) -> list[str]:
    """The jobs with the script that run once, so that it sets no later password; one of a CronJob's runs again."""
    jobs = [item for item in manifests if item["kind"] == "Job" and uses_script(item)]
    return [item["metadata"]["name"] for item in jobs if not runs_in_each_sync(item)]


def once_everywhere(platform: Platform, argocd: ArgoCD) -> list[str]:
    """What `once` finds in what Argo CD renders of the database, and in what production renders, in words."""
    places = {"": argocd.manifests(APPLICATION), "production's ": platform.rendering.production(APPLICATION)}
    return [f"{place}{name} runs in the first one alone" for place, items in places.items() for name in once(items)]


def script(db: Database) -> str:
    """The script in the cluster; empty if there is none."""
    try:
        found = db.namespace.cluster.core.read_namespaced_config_map(SCRIPT, db.namespace.name)
    except ApiException as error:
        if error.status == 404:
            return ""
        raise
    return str((found.data or {}).get(FILE, ""))


def twice(text: str, role: str, passwords: list[str]) -> str:
    """What psql runs: the script with each of the passwords, then the role's verifier, and a rollback."""
    quiet = CONNECTS.sub("", text)
    runs = [f"\\setenv {TAKES[0]} {role}\n\\setenv {TAKES[1]} {password}\n{quiet}" for password in passwords]
    asks = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}';"
    return "\n".join(["BEGIN;", *runs, asks, "ROLLBACK;", ""])


def judged(printed: str, role: str, passwords: list[str]) -> str:
    """What is wrong after the script ran with each of the passwords, given what psql printed; empty if nothing is."""
    if printed.strip() == "cannot":
        return ""
    found = [str(verifier) for verifier in VERIFIER.findall(printed)]
    if not found:
        return "the role has no password"
    if is_password(found[-1], role, passwords[-1]):
        return ""
    return "the role keeps its first password" if is_password(found[-1], role, passwords[0]) else "it has another one"
