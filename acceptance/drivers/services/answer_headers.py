"""What the headers of an answer let a client do with it. Source: 8.7, 9.7, 10.5, 12.1."""

from __future__ import annotations

import contextlib
import re
from email.utils import parsedate_to_datetime

import requests

UNCHANGED = 10
"""Browsers take a page to stay as it is for a tenth of the time for which it has been so (RFC 9111, 4.2.2)."""


def compressed_against_wish(answer: requests.Response) -> str:
    """How an answer is compressed although its client accepts no compression, in words (RFC 9110, 12.5.3); or empty."""
    form = answer.headers.get("Content-Encoding", "identity")
    unwanted = answer.request.headers.get("Accept-Encoding") == "identity" and form != "identity"
    return f", compressed ({form})" if unwanted else ""


def kept_for(answer: requests.Response) -> float:
    """Seconds for which an answer lets a browser show it before it has asked again. Sources: RFC 9111, RFC 5861.

    An answer that does not say is kept for a tenth of the time since it was last changed (RFC 9111, 4.2.2), and not
    at all if that is unknown.
    """
    control = answer.headers.get("Cache-Control", "").lower()
    # no-cache="Set-Cookie" is about that header alone (RFC 9111, 5.2.2.4).
    if "no-store" in control or re.search(r"(?<![\w-])no-cache(?!\s*=|[\w-])", control):
        return 0
    if found := re.search(r"(?<![\w-])max-age=\"?(\d+)", control):
        meanwhile = re.search(r"stale-while-revalidate=\"?(\d+)", control)
        return float(found[1]) + (float(meanwhile[1]) if meanwhile else 0)
    if "Expires" in answer.headers:
        return between(answer, "Date", "Expires")
    if "must-revalidate" in control or "no-cache" in answer.headers.get("Pragma", "").lower():
        # Browsers do not guess then.
        return 0
    return between(answer, "Last-Modified", "Date") / UNCHANGED


def between(answer: requests.Response, began: str, ends: str) -> float:
    """Seconds from one header's time to another's; zero if it is in the past, or if either has none.

    Anything that is not a date, such as `0` or `-1`, counts as a past one.
    """
    with contextlib.suppress(KeyError, TypeError, ValueError):
        first, last = (parsedate_to_datetime(answer.headers[name]) for name in (began, ends))
        return max(0.0, (last - first).total_seconds())
    return 0
