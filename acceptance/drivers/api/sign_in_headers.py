"""Headers that browsers and client libraries send with sign-ins, and that simple test clients omit. Source: 8.7.

The backend gets the same ones (`graphql.clients`).
"""

from __future__ import annotations

FROM_PAGE = "a good message on a page of the site"
WITH_CHARSET = "a good message with the fewest fields"
"""The Examples' names of the sign-ins that have these headers."""


def of_page(site: str) -> dict[str, str]:
    """What a browser says of a request by a page of a site's host to another host of its domain."""
    return {"Origin": f"https://{site}", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}


def before(kind: str, site: str) -> dict[str, str]:
    """The headers of the request for a nonce or challenge of a sign-in that the Examples name."""
    return of_page(site) if kind == FROM_PAGE else {}


def of(kind: str, site: str) -> dict[str, str]:
    """The headers of a sign-in that the Examples name, in addition to those of every other.

    A charset changes nothing about JSON (RFC 8259, 11), so a service may not refuse a request that has one.
    """
    charset = {"Content-Type": "application/json; charset=utf-8"} if kind == WITH_CHARSET else {}
    return before(kind, site) | charset
