"""Attempts to log in to the database, with right and wrong credentials, everywhere. Source: 6.5, 6.6."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import psycopg

from acceptance.base.conditions import as_json
from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import eventually
from acceptance.clients.sql import Connection, Login, LoginRefused
from acceptance.cluster.workloads import taking
from acceptance.drivers.data.database import SERVICE, Database, Rows
from acceptance.drivers.secrets.common_passwords import guesses
from acceptance.drivers.workloads.pods import PodClient

REPLICATION = "replication"
"""Stands for a database: a connection like a standby's, for which pg_hba.conf has lines of its own."""
TURNED_AWAY = ("no pg_hba.conf entry", "authentication failed", "pg_hba.conf rejects")
LET_IN = "let in"
KNOWN = Deadline(5, "the suite: network policies know a new pod a moment later than it starts")
URL = "DATABASE_URL"
POOL = 5
"""Connections that a busy pod of a service holds: max_size of the pools in services/*/store.py."""
VERIFIERS = "select rolname, rolpassword from pg_authid where rolcanlogin and rolpassword is not null order by rolname"
"""Selects the password verifier of each role that may log in."""
SHORTEST = 8
"""Characters from which on a value of any key may be a password."""
IN_URL = re.compile(r"://[^:/@\s]*:([^@/\s]+)@")
IN_STRING = re.compile(r"\bpassword=(\S+)")
"""Where a connection's URL (`postgresql://user:PASSWORD@host`) or string (`user=... password=...`) has a password."""
SUPERUSERS = """select rolname, rolpassword from pg_authid
    where rolsuper and rolcanlogin and rolpassword is not null and rolname <> %s"""
"""Selects the password verifiers of the other superusers."""
RULING = """select r.rolname from pg_roles r where r.rolname <> %s and pg_has_role(%s::name, r.oid, 'MEMBER')
    and (r.rolsuper or r.rolcreaterole
         or r.rolname in ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files'))
    union select rolname || ' itself' from pg_roles where rolname = %s
    and (rolsuper or rolcreaterole or rolreplication) order by 1"""
"""Selects what gives a role administrator rights: roles that it may become by SET ROLE, and its own attributes.

A superuser is a member of every role; its list is long, but correct. A role with REPLICATION may copy all files."""
ENDING = """select rolname, rolvaliduntil::text from pg_roles where (rolname in (%s, %s) or rolreplication)
    and rolvaliduntil <> 'infinity' order by rolname"""
"""Selects the platform's own login roles whose password expires; null and infinity mean never."""
WHO = "select current_user::text"
LIMITS = """select name, setting from pg_settings where name in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout')"""
"""Selects the timeouts of a session and its statements, in milliseconds; 0 means no timeout."""


def wrong(login: Login, kind: str) -> Login:
    """A login that must be refused, of a kind that the Examples name."""
    return {
        "a wrong password": login.with_password(secrets.token_urlsafe(16)),
        "an empty password": login.with_password(""),
        "an unknown name": replace(login, user=f"nobody-{secrets.token_hex(3)}"),
    }[kind]


def logins(db: Database) -> Iterator[Login]:
    """Every role that may log in, for every database and for replication, with the password of DATABASE_URL."""
    for database in (*db.databases(), REPLICATION):
        for role in db.roles():
            yield Login(role, db.login.password, database)


def attempt(db: Database, place: str, login: Login) -> str:
    """Connect once; return LET_IN, or what the server said. Raises AssertionError if no server was reached."""
    settings = {"replication": "true"} if login.database == REPLICATION else {}
    try:
        with db.connect(place, replace(login, database="postgres") if settings else login, **settings):
            return LET_IN
    except LoginRefused as refusal:
        return f"refused: {refusal}"
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[-1]
        assert "FATAL" in said, f"expected {place} to answer a login as {login.user}, but it was not reached: {said}"
        # Any other refusal comes after the password was accepted or not asked for.
        return f"refused: {said}" if any(text in said for text in TURNED_AWAY) else f"{LET_IN}, then {said}"


def connections_at_once(deployments: list[Any]) -> int:
    """The most connections that the services hold at once: a pool for each pod with DATABASE_URL, and one client."""
    users = taking(deployments, {URL})
    assert users, f"expected Deployments that take {URL}, saw none. Try: kubectl get deployments"
    return 1 + POOL * sum(int(item.spec.replicas) for item in users)


def turned_away(db: Database, count: int) -> str:
    """Hold `count` connections to the Service open at once; return why one was refused, or nothing if none was."""
    opened: list[Connection] = []
    try:
        with contextlib.ExitStack() as stack:
            while len(opened) < count:
                opened.append(stack.enter_context(db.connect(SERVICE)))
            for connection in opened:
                connection.execute("select 1")
    except (psycopg.Error, LoginRefused) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return f"with {len(opened)} open, there was: {said}"
    return ""


def attempts(db: Database, kind: str) -> dict[str, str]:
    """The outcome of wrong credentials of a kind, for each role and database, at the Service and each member."""
    return {
        f"{login.user} to {login.database} at {place}": attempt(db, place, wrong(login, kind))
        for place in db.places()
        for login in logins(db)
    }


def is_password(verifier: str, role: str, password: str) -> bool:
    """Whether a verifier is that of a role's password. Sources: RFC 5803, pg_authid of PostgreSQL."""
    if not verifier.startswith("SCRAM-SHA-256$"):
        return verifier == "md5" + hashlib.md5(f"{password}{role}".encode(), usedforsecurity=False).hexdigest()
    _, salted, keys = verifier.split("$")
    rounds, salt = salted.split(":")
    own = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    stored = hashlib.sha256(hmac.digest(own, b"Client Key", "sha256")).digest()
    return base64.b64encode(stored).decode() == keys.split(":")[0]


def with_other_passwords(verifiers: Rows, passwords: Iterable[str]) -> list[str]:
    """The roles whose password is none of these."""
    known = list(passwords)
    return [str(role) for role, verifier in verifiers if not any(is_password(verifier, role, word) for word in known)]


def passwords_in(values: Iterable[str]) -> list[str]:
    """What may be a password in the values of Secrets: each of them, and the password in a connection's URL or string.

    The key that holds a password may have any name: `password`, or an exporter's DATA_SOURCE_NAME.
    """
    known = dict.fromkeys(values)
    for value in [*known]:
        for found in (IN_URL.search(value), IN_STRING.search(value)):
            known |= {unquote(found[1]): None, found[1]: None} if found else {}
    return [word for word in known if word]


def secret_values(db: Database) -> list[str]:
    """The values of all Secrets in the platform's namespace; scenarios have theirs elsewhere."""
    found = db.namespace.cluster.core.list_namespaced_secret(db.namespace.name).items
    return [base64.b64decode(text).decode(errors="replace") for item in found for text in (item.data or {}).values()]


def unknown_roles(db: Database, values: dict[str, dict[str, str]]) -> list[str]:
    """The roles whose password is in none of the platform's Secrets, given by `values`, nor in one beside them."""
    own = [value for keys in values.values() for key, value in keys.items() if key.endswith("PASSWORD")]
    verifiers = db.ask(db.leader(), VERIFIERS, login=db.admin)
    assert verifiers, "expected roles with a password in the database, saw none"
    # A user name or a port in a Secret does not count, even if a role has it as its password.
    names = {str(role) for role, _ in verifiers}
    beside = [word for word in passwords_in(secret_values(db)) if len(word) >= SHORTEST and word not in names]
    return with_other_passwords(verifiers, [db.login.password, *own, *beside])


def guessable(db: Database) -> list[str]:
    """The roles whose password is one that anybody tries first, even if a Secret of the platform has it."""
    verifiers = db.ask(db.leader(), VERIFIERS, login=db.admin)
    return [str(role) for role, verifier in verifiers if any(is_password(verifier, role, w) for w in guesses(role))]


def superusers_beside(db: Database) -> list[str]:
    """The superusers other than the administrator that have the services' password."""
    verifiers = db.ask(db.leader(), SUPERUSERS, db.admin.user, login=db.admin)
    return [str(role) for role, verifier in verifiers if is_password(verifier, role, db.login.password)]


def rules_by_membership(db: Database) -> list[str]:
    """The roles with rights over the database, its machine or other roles that the services' role is a member of.

    Membership in any other role is not judged.
    """
    rows = db.ask(db.leader(), RULING, db.login.user, db.login.user, db.login.user, login=db.admin)
    return [str(role) for (role,) in rows]


def ending(db: Database) -> list[str]:
    """The roles of the services, the administrator and the members whose password expires.

    However far off that date is, nothing in the platform replaces the password before it.
    """
    rows = db.ask(db.leader(), ENDING, db.login.user, db.admin.user, login=db.admin)
    return [f"the password of {role} expires at {end}" for role, end in rows]


def not_served(clients: Mapping[str, PodClient], user: str) -> dict[str, str]:
    """The machines whose client pod cannot log in with DATABASE_URL as this user, with the error."""
    found = {}
    for node, here in clients.items():
        try:
            ask = functools.partial(served, here, user)
            eventually(ask, within=KNOWN, what=f"a connection as {user} from {node}")
        except AssertionError as error:
            found[node] = str(error)
    return found


def served(here: PodClient, user: str) -> bool:
    """Raise AssertionError unless a pod can log in with DATABASE_URL as this user."""
    rows = as_json(here("sql-query", f"env:{URL}", WHO))
    assert rows == [[user]], f"{rows} as the current user with {URL}"
    return True


def cut_short(db: Database, seconds: int) -> list[str]:
    """The timeouts below `seconds` of sessions and statements of clients that connect with DATABASE_URL."""
    rows = as_json(db.client("sql-query", f"env:{URL}", LIMITS))
    return [f"{name} is {setting} ms" for name, setting in rows if 0 < int(setting) < 1000 * seconds]
