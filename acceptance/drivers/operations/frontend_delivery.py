"""A change of the frontend's home page: its image built and pushed, its tag committed, the result seen by users."""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from acceptance.base.deadlines import ROLLED_OUT, ROUTE_READY
from acceptance.base.environment import Environment
from acceptance.base.paths import ROOT
from acceptance.base.waiting import eventually
from acceptance.base.yaml_text import edited
from acceptance.drivers.operations.service_under_change import ServiceUnderChange
from acceptance.images.build import Images

IMAGE = "alternate-futures/frontend"
ASKED = 20
"""Requests that must all show the new text."""
VALIDATORS = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
"""The headers with which a browser revalidates a cached page, and the headers of the page whose values they repeat."""


@dataclass
class NewPage:
    """A text that only the changed page has, and the tag of the image that contains it."""

    text: str
    tag: str
    seconds: float
    """How long building and pushing took."""


def build_changed_page(images: Images, environment: Environment, folder: Path, run_id: str, log: Path) -> NewPage:
    """Build and push an image of the frontend that is judged, whose home page has a new text."""
    text = f"Text of run {run_id} {secrets.token_hex(3)}"
    source = folder / "frontend"
    found = ROOT / environment.images.services / "frontend"
    shutil.copytree(found, source, ignore=shutil.ignore_patterns("node_modules", "out"))
    page = source / environment.services.home_page
    assert page.is_file(), f"expected the home page's source at {page} (home_page in [services]), saw none"
    changed = page.read_text().replace("</h1>", f"</h1><p>{text}</p>", 1)
    assert text in changed, f"expected a heading (</h1>) in {page}, after which to insert the new text, saw none"
    page.write_text(changed)
    redraw(source, environment.services.logo_path)
    tag, began = f"run-{secrets.token_hex(4)}", time.monotonic()
    images.build_and_push(source, "frontend", tag, log=log)
    return NewPage(text, tag, round(time.monotonic() - began, 1))


def redraw(source: Path, logo: str) -> None:
    """Change the file of the logo, if there is one in the source, without changing what it draws."""
    found = source.rglob(logo.lstrip("/")) if logo.endswith(".svg") else ()
    for file in found:
        file.write_text(f"{file.read_text().rstrip()}\n<!-- {secrets.token_hex(3)} -->\n")


def with_tag(kustomization: str, tag: str) -> str:
    """The overlay with this tag for the frontend's image, as `kustomize edit set image` would write it."""

    def change(document: Any) -> None:
        images = document.setdefault("images", [])
        entry = next((image for image in images if image["name"] == IMAGE), None)
        if entry is None:
            images.append(entry := {"name": IMAGE})
        entry["newTag"] = tag
        # A digest would override the tag.
        entry.pop("digest", None)

    return edited(kustomization, change)


def commit_tag(service: ServiceUnderChange, tag: str) -> str:
    """Commit the tag to the service's overlay in Git; return the commit's SHA."""
    files: dict[str, str | None] = {service.path: with_tag(service.overlay, tag)}
    service.pushed = service.repository.commit(files, f"frontend-service: image {tag}")
    return service.pushed


def wait_page(service: ServiceUnderChange, web: requests.Session, url: str, text: str) -> float:
    """Wait until users see the text and its sync is recorded; return the seconds until the first page with it."""
    began = time.monotonic()

    def shown() -> bool:
        answer = web.get(url)
        assert answer.status_code == 200 and text in answer.text, (
            f"GET {url}: {answer.status_code}, expected 200 with {text!r}"
        )
        return True

    eventually(shown, within=ROLLED_OUT, what="the new text on the home page", hint=service.hint)
    took = time.monotonic() - began
    service.wait_deployed(service.pushed, None)

    def everywhere() -> bool:
        # Each uses a new connection, since the route may choose another pod each time.
        answers = [web.get(url, headers={"Connection": "close"}) for _ in range(ASKED)]
        old = [answer.status_code for answer in answers if text not in answer.text]
        assert not old, f"{len(old)} of {ASKED} answers lack the new text, with the statuses {old}"
        return True

    # A terminating old pod serves until Traefik notices.
    eventually(everywhere, within=ROUTE_READY, what=f"{ASKED} answers with the new text", hint=service.hint)
    return took


def stale(web: requests.Session, url: str, kept: requests.Response, text: str) -> list[str]:
    """How clients with a cached older answer miss the new text when they revalidate it, in words.

    With both validators, as browsers do, and with each alone. A page that has none is requested again in any case.
    """
    said = {name: kept.headers[of] for name, of in VALIDATORS.items() if of in kept.headers}
    ways = [said, *({name: value} for name, value in said.items())] if said else []
    answers = [(way, web.get(url, headers={"Connection": "close", **way})) for way in ways]
    return [f"{answer.status_code} with {way}" for way, answer in answers if text not in answer.text]
