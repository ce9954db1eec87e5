"""What a line of a service's log says, in any format. Source: 8.8, 11.4, 15.4."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from acceptance.drivers.services.service import debug_level, fields, level

WRITERS = {
    "logger", "name", "service", "module", "component", "caller", "pathname", "filename", "file", "funcname", "line",
    "exc_info", "exception", "stack", "stack_info", "stacktrace", "traceback",
}  # fmt: skip
"""Fields that say which code wrote a line, not what happened."""
AWAY = re.compile(
    r"reach|connect|timed?.?out|refused|unavailable|abort|network|no answer|not answer|\bdown\b"
    r"|econnreset|\breset by\b|hang.?up|hung.?up|broken pipe|\bEOF\b",
    re.IGNORECASE,
)
"""How lines say that there was no answer, including a reset of a kept connection, as Node.js and Go report it."""
SERIOUS = ("WARN", "WARNING", "ERROR", "ERR", "CRITICAL", "FATAL")
SERIOUS_TEXT = re.compile(rf"(?<![\w.])({'|'.join(SERIOUS)})(?![\w.])")
"""The level in a line that is not JSON: a word in capitals, or in any case in brackets or before a colon."""
IN_ANY_CASE = re.compile(rf"\[({'|'.join(SERIOUS)})\]|^({'|'.join(SERIOUS)}):", re.IGNORECASE)
NAMED_LEVEL = re.compile(r"(?<!\w)(?:level|lvl|severity)=\"?(\w+)", re.IGNORECASE)
"""The level in a line of logfmt."""
LEVEL = re.compile(
    r"(?<![\w.])(trace|debug|info|information|notice|warn|warning|error|err|critical|fatal|severe)(?![\w.])"
    r"|^[TDIWEF]\d{4} ",
    re.IGNORECASE,
)
"""The level in a line of plain text, as loggers write it: a word, or a letter before the date (klog)."""
MOMENT = re.compile(r"^\W*(\d{4}[-/]\d\d[-/]\d\d|\d\d[:/.]\d\d[:/.]\d\d)|\[\d\d/\w{3}/\d{4}:")
MOMENTS = {"time", "timestamp", "@timestamp", "ts", "t", "date", "datetime"}
"""What says in a line, or in the fields of one of JSON, when it was written; in access logs not at its beginning."""
REQUEST = re.compile(r"\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S*/|\bHTTP/\d")
"""What says that a line is of an access log, which may have neither a level nor a time."""
OF_ERROR = re.compile(
    r"\s|Traceback\b|(\w+\.)*\w*(Error|Exception|Warning)\b|During handling|The above exception|Caused by"
)
"""The beginning of lines that belong to the one before them, or to an error that nobody caught."""
NO_ID = r"(?!\s*(?:true|false|on|off|yes|no|\d+|[0-9a-f-]{16,})\b)"
"""What follows a word and a colon is no setting's value, and no number of a trace."""
FOR_DEVELOPERS = re.compile(rf"\W*(?:(?:debug|dbg)\b|trace[:\]]{NO_ID}|(?-i:TRACE)\b{NO_ID})", re.IGNORECASE)
"""The beginning of a line for developers, whatever its level; `Trace:` is that of console.trace in Node.js."""
VERBOSE = re.compile(
    r"(?<!\w)(?:level|lvl|severity)=\"?(?:verbose|silly|trace)\b|\[(?:verbose|silly|trace)\]"
    rf"|^(?:verbose|silly):{NO_ID}|^\W*\d[\dTZ:./,+ -]*\s\W?(?-i:TRACE|VERBOSE|SILLY)\b",
    re.IGNORECASE,
)
"""The same by its level in plain text: logfmt, in brackets, before a colon, or in capitals after the time."""
OPENS, CLOSES = re.compile(r"[\[{(]+\s*$"), re.compile(r"[\])}]+[,;]?\s*$")
"""The first and the last line of a value that is printed over several lines."""
TELLING = 30
"""Characters at the end of a credential that show it."""


def said(line: str) -> str:
    """What a line of JSON says happened, without the names of the code that wrote it; any other line unchanged."""
    if not fields(line):
        return line
    found = {key: value for key, value in fields(line).items() if key.lower() not in WRITERS}
    return json.dumps(found) if found else ""


def is_serious(line: str) -> bool:
    """Whether a line is of level WARN or above, in JSON or in plain text."""
    if fields(line):
        return level(line) in SERIOUS
    named = NAMED_LEVEL.search(line)
    is_named = bool(named and named[1].upper() in SERIOUS)
    return is_named or bool(SERIOUS_TEXT.search(line) or IN_ANY_CASE.search(line))


def says_unreachable(line: str, name: str) -> bool:
    """Whether a line of level WARN or above says that `name` cannot be reached."""
    text = said(line)
    # A database's refusal of a password ("authentication failed") says nothing about a service called auth.
    named = re.search(rf"(?<![a-z]){name}(?!entication failed)", text.lower())
    return is_serious(line) and bool(named and AWAY.search(text))


def traces(token: str) -> tuple[str, str]:
    """What gives a token or a signature away: its end, as it is and in hexadecimal digits.

    What is before it may be the same for all. A shorter hint, by which people tell their tokens apart, is none.
    """
    end = token[-TELLING:]
    return end, end.encode().hex()


def shown_in(line: str, credentials: Iterable[str]) -> bool:
    """Whether a line shows a credential: a token itself, or the signature that makes a JWT valid."""
    return any(text in line for token in credentials for text in traces(token.rpartition(".")[2]))


def showing(logs: Mapping[str, list[str]], credentials: Collection[str]) -> dict[str, int]:
    """How many lines of each pod's log show one of these credentials; pods without such a line are left out."""
    counts = {name: sum(shown_in(line, credentials) for line in lines) for name, lines in logs.items()}
    return {name: count for name, count in counts.items() if count}


def is_record(line: str) -> bool:
    """Whether a line comes from a logger: it has a level or a time. A leftover print statement has neither."""
    if found := fields(line):
        return bool(level(line)) or any(name.lower() in MOMENTS for name in found)
    return bool(LEVEL.search(line) or MOMENT.search(line))


def prints(line: str, mark: str) -> bool:
    """Whether a line shows a mark from a client's request without coming from a logger, as request logs do."""
    return mark in line and not is_record(line)


def is_plain(line: str) -> bool:
    """Whether a line is complete in itself, and neither a logger's nor an access log's."""
    is_whole = bool(re.search(r"\w", line)) and not OF_ERROR.match(line)
    return is_whole and not (is_record(line) or REQUEST.search(line))


def whole(lines: Sequence[str]) -> list[str]:
    """The lines, in which each value that was printed over several lines is one."""
    found: list[str] = []
    opened: list[str] = []
    for line in lines:
        # Where another line comes in between, the rest of the value is taken for what belongs to that line.
        is_more = bool(opened) and (line[:1].isspace() or bool(CLOSES.match(line)))
        if opened and not is_more:
            found, opened = [*found, " ".join(opened)], []
        if is_more or OPENS.match(line):
            opened.append(line.strip())
        else:
            found.append(line)
        if is_more and CLOSES.match(line):
            found, opened = [*found, " ".join(opened)], []
    return [*found, " ".join(opened)] if opened else found


def printed(lines: Sequence[str], first: int) -> list[str]:
    """The lines from number `first` on that were printed beside the log; none if plain lines are the service's log.

    They are where half of the lines before are plain, or all of them are missing.
    """
    before = [line for line in lines[:first] if re.search(r"\w", line) and not OF_ERROR.match(line)]
    is_logged = sum(map(is_plain, before)) * 2 < len(before)
    return [line for line in whole(lines[first:]) if is_plain(line)] if is_logged else []


def printed_while_serving(lines: Sequence[str]) -> list[str]:
    """The lines since a request that were printed beside the log; none if half of the log is plain.

    What a server prints at its start may be plain, and a log without requests does not say when that is over.
    """
    first = next((number for number, line in enumerate(lines) if REQUEST.search(line)), len(lines))
    since = [line for line in lines[first:] if re.search(r"\w", line) and not OF_ERROR.match(line)]
    found = [line for line in whole(lines[first:]) if is_plain(line)]
    return found if len(found) * 2 < len(since) else []


def for_developers(line: str, credentials: Iterable[str] = ()) -> bool:
    """Whether a line is meant for developers: by its level, by its beginning, or because it shows a credential."""
    found = fields(line)
    message = str(found.get("message") or found.get("msg") or "") if found else line
    by_text = bool(FOR_DEVELOPERS.match(message) or (not found and VERBOSE.search(line)))
    return shown_in(line, credentials) or debug_level(line) or by_text
