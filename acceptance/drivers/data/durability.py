"""What the database would keep after a power failure, and which members have it. Source: 6.2, 6.7, 6.9."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from kubernetes import client

from acceptance.base.conditions import as_json, is_ready
from acceptance.base.deadlines import REPLICATED
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.workloads import taking
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.data.database import SERVICE, Database, Rows
from acceptance.drivers.data.database_logins import URL
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.secrets.secret_use import running_workloads
from acceptance.drivers.workloads.pods import environment_of

DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
"""Settings with the values that they may have: with any other, a power failure loses acknowledged commits."""
HIDING = ("zero_damaged_pages", "ignore_checksum_failure", "data_sync_retry")
"""Settings that have to be off: with them, a damaged page counts as empty or good, and a failed write as done."""
SOUND = {**DURABLE, "session_replication_role": ("origin", "local"), **dict.fromkeys(HIDING, ("off",))}
"""The same, those of HIDING, and the setting that makes a session enforce foreign keys and fire triggers: `replica`
turns both off."""
SETTINGS = f"select name, setting from pg_settings where name in ({', '.join(repr(name) for name in SOUND)})"
FILED = f"""select lower(name), lower(setting) from pg_file_settings
    where applied and lower(name) in ({", ".join(repr(name) for name in SOUND)})"""
"""Selects what the configuration files say of them now, whether or not the server has read it; overridden lines do not
count."""
PLAIN = {**dict.fromkeys(("on", "true", "yes", "1"), "on"), **dict.fromkeys(("off", "false", "no", "0"), "off")}
"""The ways to write `on` and `off`."""
WEAKLY = {
    "|".join(name for name in SOUND if name not in HIDING): "off|local|remote_write|false|no|0|replica",
    "|".join(HIDING): "on|true|yes|1",
}
"""The names of such settings, and the values that weaken them, as patterns."""
WEAK = [re.compile(rf"\b({names})\W{{1,8}}({values})\b") for names, values in WEAKLY.items()]
"""How such a setting is weakened, in variables, options and configuration files."""
OVERRIDES = """
select coalesce(d.datname, 'every database'), coalesce(r.rolname, 'every role'), unnest(s.setconfig)
from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase left join pg_roles r on r.oid = s.setrole
"""
RELATIONS = """
select n.nspname || '.' || c.relname, c.relkind, c.relpersistence from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by 1
"""
DIGEST = "select count(*), md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) from {table} t"
SYNCS = """select case when left(current_setting('wal_sync_method'), 5) <> 'open_' then wal_sync
    when current_setting('fsync') = 'on' then wal_write else 0 end from pg_stat_wal"""
"""Selects how often a member synced its log. With open_sync and open_datasync each write is a sync; none is counted."""
COMMITS = 10
DISK = "/mnt/disk0"


def weak_settings(db: Database) -> list[str]:
    """Settings that give up durability or foreign keys: of members, the services' sessions, roles and databases."""
    seen = [(name, row) for name in db.names() for row in db.ask(name, SETTINGS, login=db.admin)]
    seen += [("a session of the services", row) for row in db.ask(SERVICE, SETTINGS)]
    # The URL may have options, which a session with only its user and password lacks.
    rows = as_json(db.client("sql-query", f"env:{URL}", SETTINGS))
    seen += [(f"whoever connects with {URL}", (name, value)) for name, value in rows]
    for database, role, text in db.ask(db.leader(), OVERRIDES, login=db.admin):
        seen.append((f"{role} in {database}", tuple(text.split("=", 1))))
    assert len(seen) > len(SOUND), f"expected the settings of all members, saw {seen}"
    return weak_among(seen)


def weak_among(seen: list[tuple[str, Any]]) -> list[str]:
    """The settings, given as (owner, (name, value)), that give up durability or foreign keys."""
    return [
        f"{key}={value} for {who}"
        for who, (key, value) in seen
        if key in SOUND and PLAIN.get(str(value).lower(), value) not in SOUND[str(key)]
    ]


def weak_files(db: Database) -> list[str]:
    """The settings in each member's configuration files that give durability or foreign keys up once it reads them.

    YugabyteDB writes its files at each start.
    """
    names = [] if db.is_yugabytedb else db.names()
    rows = [(name, *row) for name in names for row in db.ask(name, FILED, login=db.admin)]
    found = weak_among([(name, (key, value)) for name, key, value in rows])
    return [f"{text}, from its next reload" for text in found]


def weakly_told(workload: Manifest) -> list[str]:
    """The settings of this kind that a workload or ConfigMap passes to its sessions (libpq's PGOPTIONS, for one)."""
    text = json.dumps({part: workload.get(part) for part in ("spec", "data")})
    told = [found for form in WEAK for found in form.findall(text)]
    return [f"{key}={value} for the sessions of {workload['metadata']['name']}" for key, value in told]


def weak_sessions(db: Database) -> list[str]:
    """The weak settings that running workloads pass to their sessions: the suite's session lacks their variables."""
    found = [text for item in running_workloads(db.namespace.cluster) for text in weakly_told(item)]
    return [*dict.fromkeys(found + weak_processes(db))]


def weak_processes(db: Database) -> list[str]:
    """The weak settings among the variables of the processes that use URL, wherever from: an image sets some, too."""
    space, own = db.namespace, f"!{SCENARIO_LABEL}"
    listed = space.cluster.apps.list_namespaced_deployment(space.name, label_selector=own).items
    seen = []
    for item in taking(listed, {URL}):
        labels = [f"{key}={value}" for key, value in (item.spec.selector.match_labels or {}).items()]
        ready = [pod for pod in space.pods(",".join([*labels, own])) if is_ready(pod)]
        variables = [texts for pod in ready[:1] if (texts := variables_of(space, pod)) is not None]
        seen += [weakly_told({"metadata": {"name": item.metadata.name}, "data": texts}) for texts in variables]
    return [text for found in seen for text in found]


def variables_of(space: Namespace, pod: client.V1Pod) -> dict[str, str] | None:
    """The variables that a pod's process was started with; None if the suite cannot read them.

    On machines that it cannot reach it needs a program in the image, which a right one may lack.
    """
    try:
        return environment_of(space, pod)
    except Unverifiable:
        return None


def syncs_of(db: Database, table: str) -> dict[str, int]:
    """How often the leader had synced its log to disk, before and after commits of the services' role.

    A server with fsync off reports 0 forever, whatever its settings say. Raises TimedOut if the number stays the same.
    """
    leader = db.leader()
    before = db.ask(leader, SYNCS, login=db.admin)[0][0]
    for number in range(COMMITS):
        db.ask(SERVICE, f"insert into {table} (id) values ({5000 + number})")

    def counted() -> int:
        after = int(db.ask(leader, SYNCS, login=db.admin)[0][0])
        assert after > before, f"no sync to disk on {leader} after {COMMITS} commits (wal_sync stays at {after})"
        return after

    what = "commits to reach the leader's disk"
    return {"before": before, "after": eventually(counted, within=REPLICATED, what=what, hint=HINT)}


def who_had_commits(db: Database, table: str) -> list[Rows]:
    """For each of COMMITS commits: the other members, and whether each had it on disk when it was acknowledged.

    One connection is used, so that nothing comes between a commit and the query. Others that read the log are left out.
    """
    names = db.member_names()
    look = "select application_name, sync_state, flush_lsn >= %s::pg_lsn from pg_stat_replication"
    found = []
    with db.connect(db.leader(), db.admin) as connection:
        for number in range(COMMITS):
            with connection.transaction():
                connection.execute(f"insert into {table} (id) values ({1000 + number})")
                position = connection.execute("select pg_current_wal_insert_lsn()::text").fetchall()[0][0]
            rows = connection.execute(look, (position,)).fetchall()
            found.append([row for row in rows if row[0] in names])
    return found


def without_both_replicas(commits: list[Rows]) -> list[Rows]:
    """Of `who_had_commits`, the commits that two synchronous replicas did not have when they were acknowledged."""
    return [rows for rows in commits if len(rows) != 2 or any(row[1] != "sync" or not row[2] for row in rows)]


def relations(db: Database) -> dict[str, Rows]:
    """Every table, index, sequence and view that is not temporary, by database, with its kind and persistence."""
    leader = db.leader()
    found = {name: db.ask(leader, RELATIONS, login=replace(db.admin, database=name)) for name in db.databases()}
    assert found.get(db.login.database), (
        f"expected tables of the services in the database {db.login.database}, saw none in {found}"
    )
    return found


def unlogged(db: Database) -> list[str]:
    """Relations that no other member has, because writes to them are not logged."""
    return [f"{database}: {name}" for database, rows in relations(db).items() for name, _, kept in rows if kept != "p"]


def digests(db: Database, member: str) -> dict[str, Any]:
    """Row count and content digest of each table of the services' database, on one member."""
    tables = [name for name, kind, _ in relations(db)[db.login.database] if kind in ("r", "m")]
    login = replace(db.admin, database=db.login.database)
    return {name: db.ask(member, DIGEST.format(table=quoted(name)), login=login)[0] for name in tables}


def quoted(name: str) -> str:
    """A name with its schema, quoted."""
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'


def same_everywhere(db: Database) -> dict[str, Any]:
    """Raise AssertionError unless all members have the same rows in every table of the services' database.

    A table that was written to meanwhile is not compared: the members were looked at one after the other.
    """
    leader = db.leader()
    before = digests(db, leader)
    members = {member: digests(db, member) for member in db.names() if member != leader}
    after = digests(db, leader)
    expected = {name: row for name, row in before.items() if after.get(name) == row}
    for member, seen in members.items():
        different = {name: (row, seen.get(name)) for name, row in expected.items() if seen.get(name) != row}
        assert not different, f"{member} differs from {leader} in (rows, digest): {different}"
    return expected


def files_of(db: Database, member: str, table: str) -> dict[str, str]:
    """The paths where a member stores data, by purpose: the table's file, the log, the tablespaces."""
    if db.is_yugabytedb:
        return {"tablets": f"{DISK}/yb-data/tserver/data/rocksdb", "log": f"{DISK}/yb-data/tserver/wals"}
    if member == db.leader():
        db.ask(member, "checkpoint", login=db.admin)
    relation = db.ask(db.leader(), "select pg_relation_filepath(%s)", table)[0][0]
    directory = db.ask(member, "show data_directory", login=db.admin)[0][0]
    spaces = "select spcname, pg_tablespace_location(oid) from pg_tablespace where pg_tablespace_location(oid) <> ''"
    extra = {f"tablespace {name}": str(path) for name, path in db.ask(member, spaces, login=db.admin)}
    return {"the table": f"{directory}/{relation}", "log": f"{directory}/pg_wal", **extra}
