"""`make lock-downloads`: digests of the pinned versions, compared with what the tools' projects publish."""

import contextlib
import hashlib
import http.server

import pytest
from tests_support import http_server, reply

from acceptance.__main__ import main
from acceptance.commands.lock_downloads import published
from acceptance.images import download
from acceptance.images.lock import PLATFORMS, read_lock

LOCK = """# Everything.
[other]
use = "node"

[some-tool]
use = "tool"
version = "v1.2"
download = "http://{address}/{{version}}/some-{{os}}-{{arch}}"
sums = "http://{address}/{{version}}/sums"
for = "cluster"

[last]
use = "node"
"""


def sha256(content):
    """A digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def site(monkeypatch):
    """The files of a site by path, and its address; all others are not found."""
    monkeypatch.setattr(download, "AGAIN_AFTER", 0.0)
    files = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            reply(self, files.get(self.path, b""), 200 if self.path in files else 404)

        def log_message(self, *_):
            pass

    with contextlib.ExitStack() as stack:
        yield files, stack.enter_context(http_server(Handler))


def publish(files, version):
    """Put a version's files and their checksums on the site."""
    names = [f"some-{system}-{architecture}" for system, architecture in PLATFORMS]
    files |= {f"/{version}/{name}": f"{name} {version}".encode() for name in names}
    lines = [f"{sha256(files[f'/{version}/{name}'])}  {name}" for name in names]
    files[f"/{version}/sums"] = "\n".join(lines).encode()


@pytest.fixture
def lock(site, tmp_path):
    """A lock with one tool, none of whose digests is known."""
    path = tmp_path / "lock.toml"
    path.write_text(LOCK.format(address=site[1]))
    return path


def test_digests_are_written_and_the_rest_of_the_lock_stays(site, lock, capsys):
    files, address = site
    publish(files, "1.2")
    before = lock.read_text()
    assert main(["lock-downloads", "--lock", str(lock)]) == 0
    assert "4 digests are confirmed, 0 are not" in capsys.readouterr().err
    expected = {f"http://{address}{path}": sha256(content) for path, content in files.items() if "some" in path}
    assert read_lock(lock)["some-tool"].sha256 == expected
    written = lock.read_text()
    assert [line for line in written.splitlines() if not line.startswith(('"', "[some-tool.sha256]"))] == [
        *before.splitlines()[:11], "", *before.splitlines()[11:]
    ]  # fmt: skip
    assert main(["lock-downloads", "--lock", str(lock)]) == 0
    assert lock.read_text() == written


def test_another_version_takes_the_place_of_the_old_one(site, lock):
    files, _ = site
    publish(files, "1.2")
    publish(files, "1.3")
    main(["lock-downloads", "--lock", str(lock)])
    lock.write_text(lock.read_text().replace('"v1.2"', '"v1.3"'))
    del files["/1.3/some-darwin-amd64"]
    assert main(["lock-downloads", "--lock", str(lock)]) == 1
    found = read_lock(lock)["some-tool"].sha256
    assert len(found) == 3
    assert all("/1.3/" in url and "darwin-amd64" not in url for url in found)


@pytest.mark.parametrize("by", ["checksum", "lock"])
def test_a_file_that_is_not_what_it_was_published_to_be_is_named_and_not_written(site, lock, by, capsys):
    files, address = site
    publish(files, "1.2")
    if by == "lock":
        main(["lock-downloads", "--lock", str(lock)])
    files["/1.2/some-linux-arm64"] = b"changed"
    if by == "lock":
        files["/1.2/sums"] = f"{sha256(b'changed')} *some-linux-arm64\n".encode() + files["/1.2/sums"]
    assert main(["lock-downloads", "--lock", str(lock)]) == 1
    said = capsys.readouterr().out
    assert f"http://{address}/1.2/some-linux-arm64: it has the SHA-256 {sha256(b'changed')}" in said
    assert sha256(b"changed") not in lock.read_text()
    assert len(read_lock(lock)["some-tool"].sha256) == (4 if by == "lock" else 3)


def test_without_a_connection_the_lock_stays(site, lock, monkeypatch):
    publish(site[0], "1.2")
    main(["lock-downloads", "--lock", str(lock)])
    before = lock.read_text()

    def get(*_, **__):
        raise download.requests.ConnectTimeout

    monkeypatch.setattr(download, "ask", get)
    assert main(["lock-downloads", "--lock", str(lock)]) == 1
    assert lock.read_text() == before


@pytest.mark.parametrize(
    ("sums", "known"),
    [
        ("{digest}\n", True),
        ("{digest}  some\n", True),
        ("{other}  else\n{digest} *some\n", True),
        ("{digest}  some.sig\n", False),
        ("<html>\n\n</html>", False),
    ],
)
def test_checksums_are_read_in_the_forms_that_projects_use(sums, known):
    digest = sha256(b"some")
    text = sums.format(digest=digest, other=sha256(b"other"))
    assert published(text, "some") == (digest if known else None)
