"""The rules of pg_hba.conf: which clients a member lets in, and what it asks them for. Source: 6.4, 6.6."""

from __future__ import annotations

from acceptance.drivers.data.database import Database, Rows
from acceptance.drivers.data.database_logins import VERIFIERS

HASHED = "md5"
ASKS = {"scram-sha-256", "cert", "reject", HASHED, "ldap", "radius", "pam", "gss", "sspi"}
"""The methods of pg_hba.conf that grant no access without credentials. For md5, a verifier in md5 is a password itself;
for one in SCRAM, it is another name of scram-sha-256."""
RULES = """select type, array_to_string(database, ','), array_to_string(user_name, ','), coalesce(address, ''),
    coalesce(auth_method, ''), coalesce(error, '') from pg_hba_file_rules order by line_number"""


def rules(db: Database) -> dict[str, Rows]:
    """The rules in each member's pg_hba.conf; none for YugabyteDB, which has flags instead."""
    if db.is_yugabytedb:
        return {}
    return {name: db.ask(name, RULES, login=db.admin) for name in db.names()}


def unasked(seen: dict[str, Rows]) -> list[str]:
    """The rules that require no credentials or could not be parsed, with their member."""
    return [
        f"{member}: {' '.join(str(part) for part in rule if part)}"
        for member, rows in seen.items()
        for rule in rows
        if rule[4] not in ASKS or rule[5]
    ]


def sent_as_md5(db: Database, seen: dict[str, Rows]) -> list[str]:
    """The roles with a verifier in md5 where a member's rules have that method: whoever sees it can log in with it."""
    if not any(rule[4] == HASHED for rows in seen.values() for rule in rows):
        return []
    verifiers = db.ask(db.leader(), VERIFIERS, login=db.admin)
    return [f"{role} logs in by md5" for role, verifier in verifiers if not verifier.startswith("SCRAM-SHA-256$")]
