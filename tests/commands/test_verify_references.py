"""`make verify-references` queries each reference, and prints what is missing."""

import argparse
import http.server

import pytest
from tests_support import http_server

from acceptance.base.paths import ROOT
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
    code = verify_references.run(argparse.Namespace(upstream=[mirror], env=None, lock_only=True))
    output = capsys.readouterr()
    every = sum(1 for entry in read_lock().values() if entry.upstream)
    assert code == 1
    assert output.out == f"docker.io/library/redis:7.0: {mirror.partition('/')[0]} answers 404\n"
    assert f"{every - 1} of {every} references exist" in output.err


def test_a_registry_that_is_away_is_named(capsys):
    code = verify_references.run(argparse.Namespace(upstream=["127.0.0.1:9"], env=None, lock_only=True))
    assert code == 1
    assert "127.0.0.1:9 does not answer" in capsys.readouterr().out


def test_each_registry_has_its_mirror_as_in_a_run(mirror, tmp_path, monkeypatch, capsys):
    names = ["docker.io/library/redis:7.0", "quay.io/some/image:1"]
    found = {name: verify_references.Reference.of(name) for name in names}
    monkeypatch.setattr(verify_references, "named", lambda _: found)
    table = {"docker.io": mirror, "quay.io": "127.0.0.1:9/quay"}
    given = [f"{registry}={place}" for registry, place in table.items()]
    lines = "".join(f'"{registry}" = "{place}"\n' for registry, place in table.items())
    file = tmp_path / "own.toml"
    file.write_text((ROOT / "environments" / "kind.toml").read_text() + f"\n[images.upstream]\n{lines}")
    expected = [f"{names[0]}: {mirror.partition('/')[0]} answers 404", f"{names[1]}: 127.0.0.1:9 does not answer"]
    for options in ({"upstream": given, "env": None}, {"upstream": [], "env": str(file)}):
        assert verify_references.run(argparse.Namespace(**options, lock_only=True)) == 1
        seen = capsys.readouterr().out.splitlines()
        assert all(line.startswith(text) for line, text in zip(seen, expected, strict=True)), seen


def test_production_is_asked_for_too(monkeypatch):
    class Overlay:
        now = (verify_references.Reference.of("ghcr.io/alternatefutures/auth:1"),)

    monkeypatch.setattr(verify_references, "read_overlays", lambda: [Overlay])
    assert "ghcr.io/alternatefutures/auth:1" in verify_references.named(lock_only=False)
