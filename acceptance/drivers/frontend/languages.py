"""Visitors of every language: each is tried at one page of the site at least. Source: 10.5 to 10.8, 12.1."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from acceptance.drivers.frontend.site import Opened, heading_of, text_of
from acceptance.drivers.frontend.visitors import missing

CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
    ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
"""The codes of ISO 639-1."""
ALL = (*CODES.split(),)


def of_page(address: str, headings: Mapping[str, str]) -> tuple[str, ...]:
    """The languages that a page is asked for: every fourth, if the site has four pages. `headings`: by path."""
    paths = [*headings]
    return ALL[paths.index(urlsplit(address).path) :: len(paths)]


def turned_away(web: requests.Session, opened: Opened, headings: Mapping[str, str]) -> list[str]:
    """The readers of the page's languages who do not get it, and what they got instead, in words.

    A site may have the page in their language, also at another address, but not another page instead.
    Raises requests.RequestException if there is no answer.
    """
    own = heading_of(text_of(opened.answer))
    found = []
    for code in of_page(opened.url, headings):
        who, answer = f"who reads {code}", web.get(opened.url, headers={"Accept-Language": f"{code},en;q=0.5"})
        heading = heading_of(text_of(answer))
        found += missing(who, [answer])
        if heading == "none" or heading in {*headings.values()} - {own}:
            found.append(f"a visitor {who}: GET {answer.url}: {answer.status_code}, heading {heading!r}")
    return found
