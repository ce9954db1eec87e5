"""Files that are not there: for how long a browser takes that for granted. Source: 10.2.

While a new build is rolled out, a page of one pod asks another pod for files that only the first has.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import PurePosixPath

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.frontend.site import ask
from acceptance.drivers.frontend.visitors import KEPT, NO_SUCH_PAGE
from acceptance.drivers.services.answer_headers import kept_for

BUILT = "./_next/static/"


def names_of_none(export: Iterable[str]) -> list[str]:
    """The path of a file that is not there, for each folder and ending of an export's built files, and for a page."""
    built = (PurePosixPath(file.removeprefix(".")) for file in export if file.startswith(BUILT))
    kinds = {(str(path.parent), path.suffix) for path in built}
    return [f"{folder}/none-{secrets.token_hex(4)}{suffix}" for folder, suffix in sorted(kinds | {("", "")})]


def taken_for_granted(web: requests.Session, environment: Environment, export: Iterable[str]) -> list[str]:
    """The files that are not there, but are answered otherwise or kept by browsers for over an hour, in words.

    Raises requests.RequestException if there is no answer.
    """
    answers = [ask(web, url(environment.domain, "www", path)) for path in names_of_none(export)]
    found = [f"GET {item.url}: {item.status_code}" for item in answers if item.status_code not in NO_SUCH_PAGE]
    kept = [(item, kept_for(item)) for item in answers if item.status_code in NO_SUCH_PAGE]
    return found + [f"GET {item.url}: kept for {seconds:.0f} s" for item, seconds in kept if seconds > KEPT]
