"""Whether a rotated password reaches the services' role, by the script that each sync of the database runs.

The script runs twice, for a role of the scenario's own and in a transaction that is rolled back. Source: 6.5, 25.7.
"""

from __future__ import annotations

import re
import secrets

from kubernetes.client import ApiException

from acceptance.drivers.data.database import PORT, Database
from acceptance.drivers.data.database_logins import is_password

SCRIPT, FILE = "yugabytedb-init", "init.sql"
"""The ConfigMap with the script, and its key; its Job passes it user and password in variables."""
TAKES = ("POSTGRES_USER", "POSTGRES_PASSWORD")
CONNECTS = re.compile(r"^\s*\\(connect|c)\b.*$", re.MULTILINE)
"""A change of the database, which would end the transaction."""
ENDS = re.compile(r"^\s*(commit|end|rollback|abort)\b", re.IGNORECASE | re.MULTILINE)
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
    try:
        printed = db.namespace.execute(db.leader(), "sh", "-ec", RUN, "sh", twice(text, role, passwords), db.admin.user)
    except AssertionError as error:
        return f"it fails: {str(error).strip().splitlines()[-1]}"
    return judged(printed, role, passwords)


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
