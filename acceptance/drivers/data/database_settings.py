"""Whether the members run with the settings that Git has, and with no others. Source: 6.4, 6.8.

Patroni reads Git's settings once, when the very first member starts; from then on it has a copy of its own, which
`patronictl edit-config` changes. With some changes a member's loss is noticed only once it happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from acceptance.base.conditions import as_json
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.database import PATRONI_PORT, Database

FILE = "patroni.yaml"
PARAMETERS = "postgresql.parameters."
NEVER = ("pause", "standby_cluster")
"""What only an operator sets, for as long as nobody is to take over from a leader."""
OF_RECOVERY = ("primary_conninfo", "primary_slot_name", "recovery_target_timeline", "restore_command")
"""What a copy of a member may have been given there."""
ALTERED = "select name, setting from pg_file_settings where right(sourcefile, 20) = 'postgresql.auto.conf' order by 1"
"""What ALTER SYSTEM set: it comes after all that Patroni writes, and wins."""
BOUNDS = {"wal_sender_timeout": (1, 30_000), "wal_receiver_timeout": (1, 30_000), "wal_keep_size": (64, None)}
"""From which to which number a setting may be, whoever set it: milliseconds after which a member that is silent is
given up, which a commit waits for; and megabytes of the log for a member that is away."""
BOUND = f"select name, setting from pg_settings where name in ({', '.join(repr(name) for name in BOUNDS)})"


def in_git(manifests: list[Manifest]) -> dict[str, Any]:
    """The settings that Patroni starts with, of what is deployed; none where something else runs the database."""
    texts = [item["data"][FILE] for item in manifests if FILE in (item.get("data") or {})]
    return flat(yaml.safe_load(texts[0])["bootstrap"]["dcs"]) if texts else {}


def in_force(db: Database) -> dict[str, Any]:
    """The settings that Patroni has now, as the leader says."""
    address = db.namespace.pod(db.leader()).status.pod_ip
    answer = as_json(db.client("http", "GET", f"http://{address}:{PATRONI_PORT}/config"))
    return flat(as_json(answer["body"]))


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their whole names, as in `postgresql.parameters.wal_keep_size`; those that are null are none."""
    return dict(leaves(settings))


def leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting with its whole name."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", value


def unlike(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """The settings that are not as Git has them, and those that PostgreSQL or Patroni was given besides."""
    wrong = [(key, value) for key, value in wanted.items() if not same(value, seen.get(key))]
    besides = [key for key in seen if key not in wanted and key.startswith((PARAMETERS, *NEVER))]
    found = [f"{key} is {seen.get(key)}, not {value}" for key, value in wrong]
    found += [f"{key} is {seen[key]}, and Git has none" for key in besides]
    return [text for text in found if not text.startswith("pause is False")]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same; a number may have become text on its way."""
    return one == other or (not isinstance(one, bool) and str(one) == str(other))


def altered(db: Database) -> list[str]:
    """What was set on a member alone, past Patroni."""
    rows = [(name, *row) for name in db.names() for row in db.ask(name, ALTERED, login=db.admin)]
    return [f"{key} is {value} on {name} by ALTER SYSTEM" for name, key, value in rows if key not in OF_RECOVERY]


def out_of_bounds(db: Database) -> list[str]:
    """The settings of each member with which the loss of another would be felt, though they may be Git's own."""
    rows = [(name, *row) for name in db.names() for row in db.ask(name, BOUND, login=db.admin)]
    return [f"{key} is {value} on {name}" for name, key, value in rows if not within(int(value), *BOUNDS[key])]


def within(value: int, least: int, most: int | None) -> bool:
    """Whether a number is between two, the second of which there may not be."""
    return least <= value and (most is None or value <= most)


def differences(db: Database, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """All that is wrong with the settings of the members, where Git has `wanted` and Patroni has `seen`."""
    return [*unlike(wanted, seen), *altered(db), *out_of_bounds(db)] if wanted else []
