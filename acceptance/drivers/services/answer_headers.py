"""What the headers of an answer let a client do with it. Source: 8.7, 9.7, 10.5, 12.1."""

from __future__ import annotations

import contextlib
import re
from email.utils import parsedate_to_datetime

import requests


def compressed_against_wish(answer: requests.Response) -> str:
    """How an answer is compressed although its client accepts no compression, in words (RFC 9110, 12.5.3); or empty."""
    form = answer.headers.get("Content-Encoding", "identity")
    unwanted = answer.request.headers.get("Accept-Encoding") == "identity" and form != "identity"
    return f", compressed ({form})" if unwanted else ""


def kept_for(answer: requests.Response) -> float:
    """Seconds for which an answer lets a browser show it before it has asked again. Sources: RFC 9111, RFC 5861.

    Zero for an answer that does not say, which browsers request again soon.
    """
    control = answer.headers.get("Cache-Control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return 0
    if found := re.search(r"(?<![\w-])max-age=\"?(\d+)", control):
        meanwhile = re.search(r"stale-while-revalidate=\"?(\d+)", control)
        return float(found[1]) + (float(meanwhile[1]) if meanwhile else 0)
    # Anything that is not a date, such as `0` or `-1`, counts as a past one.
    with contextlib.suppress(KeyError, TypeError, ValueError):
        began, ends = (parsedate_to_datetime(answer.headers[name]) for name in ("Date", "Expires"))
        return max(0.0, (ends - began).total_seconds())
    return 0
