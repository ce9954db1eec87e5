"""`make verify-references` queries each reference, and prints what is missing."""

import argparse
import http.server

import pytest
from tests_support import http_server

from acceptance.commands import verify_references
from acceptance.images.lock import read_lock

GONE = "library/redis/manifests/7.0"


@pytest.fixture
def mirror():
    """A registry that lacks one image."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(404 if self.path.endswith(GONE) else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield f"{address}/cache"


def test_what_is_missing_is_printed_and_nothing_else(mirror, capsys):
    code = verify_references.run(argparse.Namespace(upstream=mirror, lock_only=True))
    output = capsys.readouterr()
    every = sum(1 for entry in read_lock().values() if entry.upstream)
    assert code == 1
    assert output.out == f"docker.io/library/redis:7.0: {mirror.partition('/')[0]} answers 404\n"
    assert f"{every - 1} of {every} references exist" in output.err


def test_a_registry_that_is_away_is_named(capsys):
    code = verify_references.run(argparse.Namespace(upstream="127.0.0.1:9", lock_only=True))
    assert code == 1
    assert "127.0.0.1:9 does not answer" in capsys.readouterr().out


def test_production_is_asked_for_too(monkeypatch):
    class Overlay:
        now = (verify_references.Reference.of("ghcr.io/alternatefutures/auth:1"),)

    monkeypatch.setattr(verify_references, "read_overlays", lambda: [Overlay])
    assert "ghcr.io/alternatefutures/auth:1" in verify_references.named(lock_only=False)
