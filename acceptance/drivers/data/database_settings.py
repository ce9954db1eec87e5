"""Whether the members run with the settings in Git, and with no others. Source: 6.4, 6.8.

Patroni reads Git's settings once, when the very first member starts. From then on it uses a copy of its own, which
`patronictl edit-config` changes. Some changes have no effect until a member is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from acceptance.base.conditions import as_json
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.archiving import unarchived
from acceptance.drivers.data.database import PATRONI_PORT, Database
from acceptance.drivers.data.durability import DISK
from acceptance.drivers.data.member_files import OF_RECOVERY, unlike_each_other
from acceptance.drivers.data.replication_slots import keeps_for_members, unread
from acceptance.drivers.data.vacuuming import never_vacuumed
from acceptance.drivers.workloads.pods import capacity_at

FILE = "patroni.yaml"
ALTERED = "select name, setting from pg_file_settings where right(sourcefile, 20) = 'postgresql.auto.conf' order by 1"
"""Selects what ALTER SYSTEM set: it overrides everything that Patroni writes."""
KEPT = "wal_keep_size"
BOUNDS = {"wal_sender_timeout": (1, 30_000), "wal_receiver_timeout": (1, 30_000), KEPT: (64, None)}
"""The lowest and highest value of a setting, wherever it was set. Timeouts: milliseconds after which a silent member is
given up, for which a commit waits. wal_keep_size: megabytes of the log that are kept for an absent member."""
SLOWEST = {"ttl": (20, 30), "primary_start_timeout": (300, 300), "master_start_timeout": (300, 300)}
"""The highest value of Patroni's settings of failover, and what counts where one is not set, in seconds. ttl: until a
leader that is gone is replaced. The others, which are its new and its old name: how long a crashed leader may take to
start."""
TIMING = {"ttl": 30.0, "loop_wait": 10.0, "retry_timeout": 10.0}
"""Patroni's timing and its defaults, in seconds: a leader renews its key in each loop, and tries twice."""
FAILSAFE = "failsafe_mode"
BOUND = f"select name, setting from pg_settings where name in ({', '.join(repr(name) for name in BOUNDS)})"
USUAL = 1024
"""PostgreSQL's own max_wal_size in megabytes, which is let be on a small volume, too."""
LOG = "select name, setting from pg_settings where name in ('max_wal_size', 'min_wal_size') order by 1"
"""Selects the megabytes of log that a member writes between checkpoints, and that it keeps as files for later ones."""


def in_git(manifests: list[Manifest]) -> dict[str, Any]:
    """The settings in the manifests that Patroni starts with; none if something else runs the database."""
    texts = [item["data"][FILE] for item in manifests if FILE in (item.get("data") or {})]
    return flat(yaml.safe_load(texts[0])["bootstrap"]["dcs"]) if texts else {}


def in_force(db: Database) -> dict[str, Any]:
    """Patroni's current settings, as the leader reports them."""
    address = db.namespace.pod(db.leader()).status.pod_ip
    answer = as_json(db.client("http", "GET", f"http://{address}:{PATRONI_PORT}/config"))
    return flat(as_json(answer["body"]))


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their full names, as `postgresql.parameters.wal_keep_size`; null ones are left out."""
    return dict(leaves(settings))


def leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting that is not null, with its full name."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", value


def unlike(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """The settings that differ from Git's, and those that Git does not have.

    Patroni itself adds none: it stores `bootstrap.dcs` as it is (patroni/ha.py, post_bootstrap). Only the end of a
    pause may leave `pause: false` behind.
    """
    wrong = [(key, value) for key, value in wanted.items() if not same(value, seen.get(key))]
    besides = [key for key in seen if key not in wanted]
    found = [f"{key} is {seen.get(key)}, not {value}" for key, value in wrong]
    found += [f"{key} is {seen[key]}, but is not set in Git" for key in besides]
    return [text for text in found if not text.startswith("pause is False")]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same; a number may arrive as text."""
    return one == other or (not isinstance(one, bool) and str(one) == str(other))


def altered(db: Database) -> list[str]:
    """The settings that ALTER SYSTEM made on a member, bypassing Patroni."""
    rows = [(name, *row) for name in db.names() for row in db.ask(name, ALTERED, login=db.admin)]
    return [f"{key} is {value} on {name} by ALTER SYSTEM" for name, key, value in rows if key not in OF_RECOVERY]


def out_of_bounds(db: Database, seen: Mapping[str, Any]) -> list[str]:
    """The settings outside BOUNDS on each member, even if Git has them: clients would notice the loss of a member.

    `seen`: Patroni's settings. Its slots may keep the log for an absent member in place of wal_keep_size.
    """
    rows = [(name, *row) for name in db.names() for row in db.ask(name, BOUND, login=db.admin)]
    found = [row for row in rows if not within(int(row[2]), *BOUNDS[row[1]])]
    if any(key == KEPT for _, key, _ in found) and keeps_for_members(db, seen, BOUNDS[KEPT][0]):
        found = [row for row in found if row[1] != KEPT]
    return [f"{key} is {value} on {name}" for name, key, value in found]


def fills_its_volume(db: Database) -> list[str]:
    """What makes a member's volume fill up until the database stops, even if Git has it, in words."""
    found = never_vacuumed(db) + unread(db) + unarchived(db)
    for name in db.names():
        size = capacity_at(db.namespace, db.namespace.pod(name), DISK) >> 20
        rows = db.ask(name, BOUND, login=db.admin)
        # As much again is needed for data, and for the log between two checkpoints.
        much = [value for key, value in rows if key == KEPT and 2 * int(value) > size > 0]
        found += [f"wal_keep_size is {value} on {name}, whose volume has {size} MB" for value in much]
        rows = [row for row in db.ask(name, LOG, login=db.admin) if size and int(row[1]) > max(size, USUAL)]
        found += [f"{key} is {value} on {name}, whose volume has {size} MB" for key, value in rows]
    return found


def slow(seen: Mapping[str, Any]) -> list[str]:
    """Patroni's settings above SLOWEST, even if Git has them: writes would wait for longer than clients do.

    They also would while the API server does not answer, if the leader does not go on with the members' consent.
    """
    values = {key: seen.get(key, unset) for key, (_, unset) in SLOWEST.items()}
    found = [f"{key} is {value} s, more than {SLOWEST[key][0]}" for key, value in values.items() if above(key, value)]
    goes_on = same(seen.get(FAILSAFE), True) or str(seen.get(FAILSAFE)).lower() in ("true", "on", "1")
    unsafe = [] if goes_on else [f"{FAILSAFE} is {seen.get(FAILSAFE)}: the leader stops without the API server"]
    return found + out_of_proportion(seen) + unsafe


def out_of_proportion(seen: Mapping[str, Any]) -> list[str]:
    """Patroni's timing if the key of a leader may run out while it still tries to renew it, in words.

    Members then change their leader without cause, whenever the API server is slow for a few seconds. Source:
    Patroni's manual (dynamic configuration): loop_wait + 2 * retry_timeout <= ttl. Older releases do not insist on it.
    """
    try:
        ttl, wait, retry = (float(seen.get(key, unset)) for key, unset in TIMING.items())
    except (TypeError, ValueError):
        return []
    taken = wait + 2 * retry
    return [f"loop_wait and twice retry_timeout are {taken:g} s, more than ttl, {ttl:g} s"] if taken > ttl else []


def above(key: str, value: Any) -> bool:
    """Whether a value of a setting in SLOWEST is a number above its limit; it may be written as text."""
    try:
        return float(value) > SLOWEST[key][0]
    except (TypeError, ValueError):
        return False


def within(value: int, least: int, most: int | None) -> bool:
    """Whether a number is in a range; `most` is None if there is no upper bound."""
    return least <= value and (most is None or value <= most)


def differences(db: Database, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """All that is wrong with the members' settings, if Git has `wanted` and Patroni `seen`; nothing if Git has none."""
    if not wanted:
        return []
    of_members = [*altered(db), *unlike_each_other(db), *out_of_bounds(db, seen), *fills_its_volume(db)]
    return [*unlike(wanted, seen), *slow(seen), *of_members]
