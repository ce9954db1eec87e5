"""Times of tokens as services write them: timestamps, texts and numbers, in seconds or milliseconds. Source: 8.8."""

from __future__ import annotations

import datetime

MILLISECONDS = 10**11
"""From here on a numeric time is in milliseconds: in seconds it would be three thousand years away."""
NUMBERS = """
    select attname from pg_attribute where attrelid = to_regclass(%s)
    and format_type(atttypid, null) in ('integer', 'bigint', 'numeric', 'double precision')
"""
"""The columns of a table that have numbers."""


def told(text: str | float) -> float:
    """The Unix time that an answer gives as text (UTC without a time zone) or as a number."""
    if isinstance(text, int | float):
        return text / 1000 if text >= MILLISECONDS else float(text)
    found = datetime.datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()


def stored_time(value: str | float) -> float:
    """The Unix time that a column has, as JSON: a timestamp as text, or a number, also one in a text."""
    try:
        return told(float(value))
    except ValueError:
        return told(str(value))


def set_back(column: str, *, is_number: bool) -> str:
    """The SQL that sets the time in a column back by a parameter, in seconds.

    Numbers are times if they are so many seconds or milliseconds after 1970 as times from 2001 to 2286 are.
    """
    if not is_number:
        return f'"{column}" = "{column}" - make_interval(secs => %s)'
    kinds = f'when "{column}" between 1e9 and 1e10 then 1 when "{column}" between 1e12 and 1e13 then 1000'
    # Whole numbers are subtracted: as a float, a large number that is no time would change, too.
    return f'"{column}" = "{column}" - (%s::float8 * case {kinds} else 0 end)::bigint'
