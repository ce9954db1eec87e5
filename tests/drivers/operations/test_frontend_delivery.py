"""A client that revalidates an older cached page gets the new one, or is reported."""

import http.server
from pathlib import Path
from types import SimpleNamespace as Thing

import pytest
import requests
from tests_support import http_server, reply

from acceptance.base.environment import known_environments, load_environment
from acceptance.base.paths import ROOT
from acceptance.drivers.operations.frontend_delivery import build_changed_page, stale, with_tag

NEW = "the new text"


OVERLAY = """# Small, because all nodes share one machine.
kind: Kustomization
resources: [../../base]
images:
  # Ours.
  - {name: alternate-futures/frontend, newName: 'ghcr.io/af/home', newTag: latest, digest: 'sha256:0'}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OVERLAY, OVERLAY.replace("newTag: latest, digest: 'sha256:0'", "newTag: run-1")),
        (
            OVERLAY.partition("images:")[0],
            f"{OVERLAY.partition('images:')[0]}images:\n  - name: alternate-futures/frontend\n    newTag: run-1\n",
        ),
    ],
)
def test_a_tag_is_set_as_a_person_would(before, after):
    assert with_tag(before, "run-1") == after


def page(headers):
    """An earlier answer."""
    kept = requests.Response()
    kept.headers.update(headers)
    return kept


@pytest.mark.parametrize(
    ("ignores", "kept", "missed"),
    [
        (None, {"ETag": '"1"', "Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT"}, 0),
        ("If-Modified-Since", {"ETag": '"1"', "Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT"}, 2),
        ("If-None-Match", {"ETag": '"1"', "Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT"}, 2),
        ("If-None-Match", {"ETag": '"1"'}, 2),
        ("If-None-Match", {}, 0),
    ],
)
def test_whoever_is_told_that_nothing_changed_is_found(ignores, kept, missed):
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.headers.get(ignores or "none"):
                reply(self, b"", 304)
            else:
                reply(self, NEW.encode())

        def log_message(self, *_):
            pass

    with http_server(Site) as address, requests.Session() as web:
        found = stale(web, f"http://{address}/", page(kept), NEW)
    assert len(found) == missed and all(text.startswith("304 with") for text in found), found


@pytest.mark.parametrize("name", known_environments())
def test_the_home_page_of_the_services_that_are_judged_gets_a_new_text(tmp_path, name):
    environment, built = load_environment(name), []
    images = Thing(
        build_and_push=lambda folder, *_, **__: built.append(Path(folder) / environment.services.home_page),
    )
    page = build_changed_page(images, environment, tmp_path, "run", tmp_path / "log")
    assert f"</h1><p>{page.text}</p>" in built[0].read_text()
    (logo,) = (tmp_path / "frontend").rglob(environment.services.logo_path.lstrip("/"))
    (before,) = (ROOT / environment.images.services / "frontend").rglob(environment.services.logo_path.lstrip("/"))
    assert logo.read_text().startswith(before.read_text().rstrip()) and logo.read_text() != before.read_text()
