"""A page that a few visits in a hundred do not get. Source: 10.5 to 10.8."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from acceptance.drivers.frontend.site import heading_of, text_of

VISITS = 300
"""Requests for a page: if one in a hundred is answered differently, 300 meet one with 95 percent probability."""
AT_ONCE = 6
"""Connections that they come over, which are kept: a new one for each would take several times as long."""
Look = Callable[[requests.Response], tuple[int, str]]


def exact(answer: requests.Response) -> tuple[int, str]:
    """An answer's status and the digest of its content."""
    return answer.status_code, hashlib.sha256(answer.content).hexdigest()[:12]


def roughly(answer: requests.Response) -> tuple[int, str]:
    """An answer's status and first heading."""
    return answer.status_code, heading_of(text_of(answer))


def odd_visits(web: requests.Session, address: str) -> list[str]:
    """What some of VISITS requests for a page get, other than most of them, in words.

    A page that differs from request to request (a nonce for its scripts) is told by its heading alone. Raises
    requests.RequestException if there is no answer.
    """
    look: Look = exact if exact(web.get(address)) == exact(web.get(address)) else roughly
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = Counter(pool.map(lambda _: look(web.get(address)), range(VISITS)))
    _, *others = seen.most_common()
    return [f"{count} of {VISITS} times {status}, {what}" for (status, what), count in others]
