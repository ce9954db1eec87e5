"""What the script does that each sync of the database runs: set the role's password, and keep the rows that there are.

The script runs twice, for a role of the scenario's own and in a transaction that is rolled back.
Source: 6.5, 8.8, 9.7, 25.7.
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
from acceptance.drivers.data import kept_rows
from acceptance.drivers.data.database import PORT, Database, Rows
from acceptance.drivers.data.database_logins import is_password
from acceptance.drivers.data.login_rules import rules
from acceptance.platform.platform import Platform
from acceptance.platform.secrets import read_secret

SCRIPT, FILE = "yugabytedb-init", "init.sql"
"""The ConfigMap with the script, and its key; its Job passes it user and password in variables."""
TAKES = ("POSTGRES_USER", "POSTGRES_PASSWORD")
CONNECTS = re.compile(r"^\s*\\(connect|c)\b.*$", re.MULTILINE)
"""A change of the database, which would end the transaction."""
ENDS = re.compile(r"^\s*(commit|end|rollback|abort)\b", re.IGNORECASE | re.MULTILINE)
QUOTED = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
"""The body of a function or of DO, whose END ends no transaction."""
APPLICATION = "database"
IN_SYNCS = {"PreSync", "Sync", "PostSync", "pre-install", "pre-upgrade", "post-install", "post-upgrade"}
"""The hooks, of Argo CD or of Helm, that run in each sync."""
RECREATES = {"Force=true", "Replace=true"}
"""The options with which Argo CD makes an object anew in each sync."""
WRITTEN = Deadline(1, "the suite: what a server logs is in its pod's log a moment later")
LOOK_BACK = 60
"""Seconds of a log in which what was just done is looked for."""
COLLECTED = """select pg_read_binary_file(file, greatest((pg_stat_file(file, true)).size - 200000, 0), 200000, true)
    from pg_current_logfile() file where file is not null"""
"""Selects the end of the file in which a member's logging_collector keeps its log; that is not in its pod's log."""
VERIFIER = re.compile(r"^(SCRAM-SHA-256\$\S+|md5[0-9a-f]{32})$", re.MULTILINE)
SCRAM, OF_MD5 = "scram-sha-256", ("md5", "password")
"""The method of pg_hba.conf that takes no md5 verifier, and those that do."""
RUN = f"""command -v psql >/dev/null && [ "${{PATRONI_SUPERUSER_PASSWORD:-}}" ] || {{ echo cannot; exit; }}
printf %s "$1" | PGPASSWORD=$PATRONI_SUPERUSER_PASSWORD psql --no-psqlrc --quiet --tuples-only --no-align \\
  --set ON_ERROR_STOP=1 --host 127.0.0.1 --port {PORT} --username "$2" --dbname "$3" --file -"""
"""Runs a script in a member's pod, which has psql and the administrator's password in a variable."""


def lost_on_rotation(db: Database) -> str:
    """Why the role would not get a rotated password, or what a sync destroys, in words; empty if nothing can be judged.

    Only the platform's own script is judged, under PostgreSQL: one that takes user and password from TAKES and ends no
    transaction itself.
    """
    text = script(db)
    if db.is_yugabytedb or ENDS.search(QUOTED.sub("", text)) or not all(name in text for name in TAKES):
        return ""
    role, passwords = f"scenario_{secrets.token_hex(4)}", [secrets.token_hex(12) for _ in range(2)]
    leader = db.leader()
    who = (db.admin.user, db.login.database)

    def run(*first: str) -> str:
        return db.namespace.execute(leader, "sh", "-ec", RUN, "sh", twice(text, role, passwords, *first), *who)

    try:
        try:
            printed = run(kept_rows.ROW_IN_EACH)
        except AssertionError:
            # Some other change of the script may not suit those rows, which are not the services'.
            printed = run()
    except AssertionError as error:
        return f"it fails: {str(error).strip().splitlines()[-1]}"
    wrong = judged(printed, role, passwords) or "; ".join(kept_rows.lost(printed))
    return wrong or kept_as_md5(db, printed) or shown_in_log(db, leader, passwords)


def kept_as_md5(db: Database, printed: str) -> str:
    """Why members would refuse a password whose verifier psql printed, in words: it is of a kind that they do not take.

    The session that sets a password decides on the kind, by its password_encryption.
    """
    found = VERIFIER.findall(printed)
    if not found or not found[-1].startswith("md5"):
        return ""
    refusing = [member for member, rows in rules(db).items() if takes_scram_alone(rows, db.login.user)]
    return f"it is kept as md5, and {', '.join(refusing)} ask for {SCRAM}" if refusing else ""


def takes_scram_alone(rows: Rows, user: str) -> bool:
    """Whether the rules of a member's pg_hba.conf that clients with this name meet take no md5 verifier."""
    names = ("all", user)
    methods = [row[4] for row in rows if row[0] != "local" and {*str(row[2]).split(",")} & {*names}]
    return SCRAM in methods and not any(method in OF_MD5 for method in methods)


def of_another_user(db: Database, jobs: Iterable[Manifest]) -> list[str]:
    """The jobs with the script that give the password to another role than that of DATABASE_URL, in words.

    A user that is not found is not judged: a Secret that is missing keeps the job from starting.
    """
    if not all(name in script(db) for name in TAKES):
        return []
    users = {job["metadata"]["name"]: user_of(db, job) for job in jobs if job["kind"] == "Job" and uses_script(job)}
    return [
        f"{name} gives it to {user}, not to {db.login.user}"
        for name, user in users.items()
        if user not in ("", db.login.user)
    ]


def user_of(db: Database, job: Manifest) -> str:
    """The value of the variable of TAKES that names the user, as a job's containers get it; empty if none does."""
    for container in (pod_of(job).get("spec") or {}).get("containers") or []:
        for item in container.get("env") or []:
            if item["name"] == TAKES[0]:
                source = (item.get("valueFrom") or {}).get("secretKeyRef") or {}
                return str(item.get("value") or in_secret(db, source.get("name", ""), source.get("key", "")))
        for item in reversed(container.get("envFrom") or []):
            key = TAKES[0].removeprefix(item.get("prefix") or "")
            if found := in_secret(db, (item.get("secretRef") or {}).get("name", ""), key):
                return found
    return ""


def in_secret(db: Database, name: str, key: str) -> str:
    """The value of a Secret's key; empty if there is none."""
    found = read_secret(db.namespace.cluster, name, db.namespace.name) if name else None
    return (found or {}).get(key, "")


def shown_in_log(db: Database, member: str, passwords: list[str]) -> str:
    """Why whoever reads a member's log learns the passwords that were just set, in words; empty if nobody does."""
    read = functools.partial(
        db.namespace.cluster.core.read_namespaced_pod_log, member, db.namespace.name,
        container=main_container(db.namespace.pod(member).spec).name, since_seconds=LOOK_BACK,
    )  # fmt: skip

    def hidden() -> bool:
        text = str(when_reachable(read)) + of_collector(db, member)
        return not any(word in text for word in passwords)

    try:
        consistently(hidden, during=WRITTEN, what=f"no password in the log of {member}")
    except AssertionError:
        return f"the log of {member} shows it (log_statement?)"
    return ""


def of_collector(db: Database, member: str) -> str:
    """The end of the file that a member logs to itself, with logging_collector; empty without one."""
    rows = db.ask(member, COLLECTED, login=db.admin)
    return "".join(bytes(part or b"").decode(errors="replace") for (part,) in rows)


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


def twice(text: str, role: str, passwords: list[str], *first: str) -> str:
    """What psql runs: the script with each of the passwords, then the role's verifier, and a rollback.

    Before and after, the rows of all tables are counted; `first`: statements before that.
    """
    quiet = CONNECTS.sub("", text)
    runs = [f"\\setenv {TAKES[0]} {role}\n\\setenv {TAKES[1]} {password}\n{quiet}" for password in passwords]
    asks = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}';"
    before, after = kept_rows.count(kept_rows.BEFORE), kept_rows.count(kept_rows.AFTER)
    return "\n".join([kept_rows.BEGIN, *first, before, *runs, after, asks, "ROLLBACK;", ""])


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
