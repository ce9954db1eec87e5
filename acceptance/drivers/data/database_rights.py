"""Rights of an administrator that the services' role was granted one by one, or finds kept for it. Source: 6.6.

What its memberships and the functions of others give it, `database_logins` and `ruling_functions` judge.
"""

from __future__ import annotations

from dataclasses import replace

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.database_logins import SHORTEST, passwords_in, secret_values

SECRETS = """select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'pg_catalog'::regnamespace and (c.relname, a.attname) in (('pg_authid', 'rolpassword'),
    ('pg_shadow', 'passwd'), ('pg_user_mapping', 'umoptions'), ('pg_subscription', 'subconninfo'))
    and has_column_privilege(%s::name, c.oid, a.attnum, 'SELECT') order by 1"""
"""Selects the columns with everybody's passwords or verifiers that a role may read."""
FUNCTIONS = """select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace and p.proname in ('pg_read_file', 'pg_read_binary_file',
    'pg_ls_dir', 'lo_import', 'lo_export', 'pg_file_write', 'pg_file_unlink', 'pg_file_rename')
    and has_function_privilege(%s::name, p.oid, 'EXECUTE') order by 1"""
"""Selects the functions that use files of the database's machine and that a role may call; by default, none may."""
HAS_PARAMETERS = "select to_regclass('pg_catalog.pg_parameter_acl')::text"
PARAMETERS = """select parname from pg_parameter_acl where has_parameter_privilege(%s::name, parname, 'ALTER SYSTEM')
    order by 1"""
"""Selects the settings that a role may change for the whole server; PostgreSQL has such a right from its release 15."""
KINDS = {SECRETS: "who may read {}", FUNCTIONS: "who may call {}"}
MAPPINGS = """select srvname, unnest(umoptions) from pg_user_mappings
    where umuser = 0 or umuser = (select oid from pg_roles where rolname = %s)"""
"""Selects the options by which a foreign server logs a role in elsewhere, and which it may read."""


def given(db: Database) -> list[str]:
    """What the services' role was granted of an administrator's rights, in each database, in words."""
    leader, user = db.leader(), db.login.user
    found = []
    for database in db.databases():
        login = replace(db.admin, database=database)
        for query, words in KINDS.items():
            rows = db.ask(leader, query, user, login=login)
            found += [f"{words.format(name)} in {database}" for (name,) in rows]
    if db.ask(leader, HAS_PARAMETERS, login=db.admin)[0][0]:
        rows = db.ask(leader, PARAMETERS, user, login=db.admin)
        found += [f"who may set {name} by ALTER SYSTEM" for (name,) in rows]
    return found + kept_for_it(db)


def kept_for_it(db: Database) -> list[str]:
    """The foreign servers that hold another role's password of the platform's Secrets where the services read it."""
    leader, user = db.leader(), db.login.user
    known = {word for word in passwords_in(secret_values(db)) if len(word) >= SHORTEST} - {db.login.password, user}
    return [
        f"whose password the foreign server {server} in {database} has"
        for database in db.databases()
        for server, option in db.ask(leader, MAPPINGS, user, login=replace(db.admin, database=database))
        if option.startswith("password=") and option.partition("=")[2] in known
    ]
