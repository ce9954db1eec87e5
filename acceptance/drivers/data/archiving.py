"""Archiving that archives nothing: every file of the log then stays on the leader's volume. Source: 6.4, 6.8."""

from __future__ import annotations

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.member_files import lasting

WAITING = 3
"""Files of the log that may wait to be archived: the next attempt may succeed."""
READY = "(select count(*) from pg_ls_archive_statusdir() where right(name, 6) = '.ready')"
ARCHIVES = "current_setting('archive_mode') <> 'off'"
UNARCHIVED = f"""select last_failed_wal from pg_stat_archiver
    where {ARCHIVES} and last_failed_time > coalesce(last_archived_time, '-infinity') and {READY} > {WAITING}"""
"""Selects the file of the log whose archiving fails, so that all later ones stay on the volume."""
NOWHERE = f"""select current_setting('archive_mode') where {ARCHIVES} and current_setting('archive_command') = ''
    and coalesce(current_setting('archive_library', true), '') = ''"""
"""Selects `on` from a member that archives and has no way to: that fails nothing, and each file waits for ever."""
PROGRESS = f"select archived_count, {READY} from pg_stat_archiver where {ARCHIVES}"
SEGMENT = "select pg_logical_emit_message(false, 'scenario', 'a file of the log'), pg_switch_wal()"
"""Ends a file of the log, which is then to be archived."""


def unarchived(db: Database) -> list[str]:
    """What keeps the members' log from being archived, in words: no command, one that fails, or one that hangs."""
    found: list[str] = []
    for name in db.names():
        nowhere = db.ask(name, NOWHERE, login=db.admin)
        found += [f"{name} has archive_mode {mode}, and no command to archive with" for (mode,) in nowhere]
        found += [f"{name} fails to archive {file}" for (file,) in db.ask(name, UNARCHIVED, login=db.admin)]
    return found or hanging(db)


def hanging(db: Database) -> list[str]:
    """That the leader archives none of several files of its log, in words; a command that hangs never fails."""
    leader = db.leader()
    if not db.ask(leader, PROGRESS, login=db.admin):
        return []
    for _ in range(WAITING + 1):
        db.ask(leader, SEGMENT, login=db.admin)
    before = int(db.ask(leader, PROGRESS, login=db.admin)[0][0])

    def none_archived() -> list[str]:
        count, waiting = db.ask(leader, PROGRESS, login=db.admin)[0]
        stands = int(count) == before and int(waiting) > WAITING
        return [f"{leader} archives nothing while {waiting} files of its log wait"] if stands else []

    return lasting(none_archived, "a file of the leader's log to be archived")
