"""What the members' configuration files say now, whether or not a member has read them. Source: 6.4, 6.8.

All members are to behave alike, whichever of them leads. A file that was changed on one member shows at its next
reload or start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acceptance.base.deadlines import REPLICATED
from acceptance.base.waiting import eventually
from acceptance.drivers.data.database import Database
from acceptance.drivers.data.member_loss import HINT

OF_RECOVERY = ("primary_conninfo", "primary_slot_name", "recovery_target_timeline", "restore_command")
"""Settings that a copied member may have."""
OF_ROLE = ("synchronous_standby_names", "archive_cleanup_command", "promote_trigger_file", *OF_RECOVERY)
"""Settings that differ between the leader and those that follow it, as do all whose name begins with RECOVERY."""
RECOVERY = "recovery_"
FILED = "select name, setting, applied, error from pg_file_settings order by seqno"
"""Selects the lines of a member's files; of two lines of one name, the last one counts."""
PENDING = "setting could not be applied"
"""What a line gets whose value needs a restart, or is overridden by the server's command line."""


def lasting(look: Callable[[], list[str]], what: str) -> list[str]:
    """What a look finds, in words, once it found something for as long as REPLICATED; nothing if it once did not."""

    def nothing() -> bool:
        found = look()
        assert not found, "; ".join(found)
        return True

    try:
        eventually(nothing, within=REPLICATED, what=what, hint=HINT)
    except AssertionError:
        return look()
    return []


def unlike_each_other(db: Database) -> list[str]:
    """The settings that not all members' files have alike, and unreadable lines; Patroni may be writing them."""
    return lasting(lambda: unlike_now(db), "the members' configuration files to agree")


def unlike_now(db: Database) -> list[str]:
    """The settings that not all members' files have alike, and the lines that a member cannot read, in words."""
    found: list[str] = []
    said: dict[str, dict[str, str]] = {}
    for name in db.names():
        rows = db.ask(name, FILED, login=db.admin)
        wrong = [(key, error) for key, _, _, error in rows if error and error != PENDING]
        found += [f"the files of {name} have an error{f' in {key}' if key else ''}: {error}" for key, error in wrong]
        own = (name, str(db.namespace.pod(name).status.pod_ip))
        said[name] = {
            str(key).lower(): str(value)
            for key, value, applied, error in rows
            if key and (applied or error == PENDING) and not any(text in str(value) for text in own)
        }
    # Where a line is wrong, none counts as applied.
    return found or different(said)


def different(said: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The settings, by member, that differ between members, in words; those of a member's role may."""
    names = sorted({key for settings in said.values() for key in settings})
    names = [key for key in names if key not in OF_ROLE and not key.startswith(RECOVERY)]
    seen = {key: {member: settings.get(key, "not set") for member, settings in said.items()} for key in names}
    return [
        f"the files of the members differ in {key}: {', '.join(f'{value} on {name}' for name, value in values.items())}"
        for key, values in seen.items()
        if len(set(values.values())) > 1
    ]
