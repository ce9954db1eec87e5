"""Headers that browsers and client libraries send with sign-ins, and that simple test clients omit. Source: 8.7.

The backend gets the same ones (`graphql.clients`).
"""

from __future__ import annotations

FROM_PAGE = "a good message on a page of the site"
WITH_CHARSET = "a good message with the fewest fields"
"""The Examples' names of the sign-ins that have these headers."""

BY_OTHER_PAGES = (
    "a message for another domain",
    "a message for a domain that ends like its own",
    "a message for a domain that begins like its own",
)
"""The Examples' names of the messages that pages of other sites ask for."""

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""How a browser names itself."""


def of_page(site: str) -> dict[str, str]:
    """What a browser says of a request by a page of a site's host to another host of its domain.

    The cookie is one that a page may set for its whole domain, as programs that count visitors do.
    """
    return {
        "Origin": f"https://{site}",
        "Referer": f"https://{site}/",
        "User-Agent": BROWSER,
        "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
        "Cookie": "_ga=GA1.1.1234567890.1790000000",
        "Sec-Fetch-Site": "same-site",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    }


def of_page_of(message: str) -> dict[str, str]:
    """The headers with which the browser of who visits a page of a message's own domain sends it.

    A service that takes the domain to expect from them accepts what any page had its visitors sign.
    """
    domain = message.split(" ", 1)[0]
    return {"Origin": f"https://{domain}", "Referer": f"https://{domain}/", "X-Forwarded-Host": domain}


def before(kind: str, site: str) -> dict[str, str]:
    """The headers of the request for a nonce or challenge of a sign-in that the Examples name."""
    return of_page(site) if kind == FROM_PAGE else {}


def of(kind: str, site: str) -> dict[str, str]:
    """The headers of a sign-in that the Examples name, in addition to those of every other.

    A charset changes nothing about JSON (RFC 8259, 11), so a service may not refuse a request that has one.
    """
    charset = {"Content-Type": "application/json; charset=utf-8"} if kind == WITH_CHARSET else {}
    return before(kind, site) | charset
