"""Host tools: from the PATH if the version fits, else downloaded if the lock has the SHA-256, else built."""

import dataclasses
import hashlib
import io
import tarfile
import zipfile

import pytest
import requests
from download_site import PROGRAM, entry, site

from acceptance.base.errors import UserError
from acceptance.images import build as builder
from acceptance.images import download
from acceptance.images.lock import PLATFORMS, Entry


@pytest.fixture
def maker(tmp_path):
    """Where images and tools come from, with a cache of the test's own and no registry."""
    return lambda mode: builder.Images(mode, upstream="127.0.0.1:9", cache=tmp_path / "cache")


@pytest.fixture(autouse=True)
def _one_platform_and_no_pauses(monkeypatch):
    monkeypatch.setattr(download, "this_platform", lambda: ("linux", "amd64"))
    monkeypatch.setattr(builder, "this_platform", lambda: ("linux", "amd64"))
    monkeypatch.setattr(download, "AGAIN_AFTER", 0.0)


def left_over(images):
    """What is in the cache of tools beside whole folders."""
    return [path.name for path in (images.cache / "tool").iterdir() if not path.name.startswith("some-tool-")]


def test_a_tool_is_downloaded_and_may_be_run(maker, capsys):
    images = maker("auto")
    with site() as (address, asked):
        tool = entry(address)
        assert images.take_tools([tool]) == {}
    assert asked == ["/v1.2.3/some-linux-amd64"]
    assert images.is_there(tool)
    program = images.folder(tool) / "some"
    assert program.read_bytes() == PROGRAM
    assert program.stat().st_mode & 0o111 == 0o111
    assert left_over(images) == []
    assert "downloaded some" in capsys.readouterr().err


def test_a_file_with_another_digest_is_refused_and_neither_kept_nor_built(maker, capsys):
    images = maker("auto")
    with site(b"something else") as (address, asked):
        tool = entry(address)
        with pytest.raises(UserError) as refused:
            images.take_tools([tool])
    said = str(refused.value)
    assert f"some: http://{address}/v1.2.3/some-linux-amd64" in said
    for content in (PROGRAM, b"something else"):
        assert hashlib.sha256(content).hexdigest() in said
    assert "Remedy" in said and "make lock-downloads" in said
    assert len(asked) == 1
    assert not images.is_there(tool)
    assert left_over(images) == []
    assert "building" not in capsys.readouterr().err


def test_what_is_not_there_is_said_and_left_to_the_build(maker, capsys):
    images = maker("auto")
    with site(statuses=[404]) as (address, asked):
        assert images.take_tools([entry(address)]) == {"some": "127.0.0.1 answers 404"}
    assert len(asked) == 1
    assert "some cannot be downloaded (127.0.0.1 answers 404): building it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"statuses": [429, 200]}, ""),
        ({"statuses": [429]}, "127.0.0.1: too many requests (429)"),
        ({"lost": 1}, ""),
        ({"lost": 9}, "127.0.0.1: the connection failed (ChunkedEncodingError)"),
    ],
)
def test_what_may_pass_is_tried_once_more(maker, trouble, reason):
    images = maker("auto")
    with site(**trouble) as (address, asked):
        tool = entry(address)
        assert images.take_tools([tool]) == ({"some": reason} if reason else {})
    assert len(asked) == 2
    assert images.is_there(tool) is not bool(reason)


@pytest.mark.parametrize(
    ("error", "attempts", "reason"),
    [
        (requests.ConnectTimeout, 1, "127.0.0.1: no connection within 5 s"),
        (requests.ConnectionError, 2, "127.0.0.1: the connection failed (ConnectionError)"),
    ],
)
def test_once_there_is_no_connection_no_other_is_tried_in_the_run(maker, monkeypatch, error, attempts, reason):
    tried = []

    def ask(method, url, *, timeout, **_):
        tried.append(timeout[0])
        raise error

    monkeypatch.setattr(download, "ask", ask)
    images = maker("auto")
    tools = [entry("127.0.0.1:9"), entry("127.0.0.1:9", name="other")]
    assert images.take_tools(tools) == {"some": reason, "other": reason}
    assert images.take_tools(tools) == {"some": reason, "other": reason}
    assert tried == [5.0] * attempts


def zipped(member):
    """A ZIP archive with the program."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("LICENSE", "free")
        archive.writestr(member, PROGRAM)
    return output.getvalue()


def tarred(member):
    """A compressed tar archive with the program."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for name, content in (("LICENSE", b"free"), (member, PROGRAM)):
            information = tarfile.TarInfo(name)
            information.size = len(content)
            archive.addfile(information, io.BytesIO(content))
    return output.getvalue()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_the_program_is_taken_from_an_archive_alone(maker, pack):
    images, content = maker("auto"), pack("deep/some")
    with site(content) as (address, _):
        tool = entry(address, content, member="deep/some")
        images.take_tools([tool])
        assert images.is_there(tool)
        assert sorted(path.name for path in images.folder(tool).iterdir()) == [".sha256", "some"]
        assert (images.folder(tool) / "some").read_bytes() == PROGRAM
        with pytest.raises(UserError, match="no file 'other'"):
            images.take_tools([entry(address, content, name="else", member="other")])


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", ("linux", "amd64")),
        ("Linux", "aarch64", ("linux", "arm64")),
        ("Darwin", "arm64", ("darwin", "arm64")),
        ("Linux", "riscv64", ("linux", "riscv64")),
    ],
)
def test_each_machine_has_a_file_of_its_own(maker, monkeypatch, system, machine, expected):
    monkeypatch.undo()
    monkeypatch.setattr(download.platform, "system", lambda: system)
    monkeypatch.setattr(download.platform, "machine", lambda: machine)
    assert download.this_platform() == expected
    with site() as (address, asked):
        maker("auto").take_tools([entry(address)])
    # Nothing is downloaded for a machine that the lock does not know.
    assert asked == ([f"/v1.2.3/some-{'-'.join(expected)}"] if expected in PLATFORMS else [])


def test_a_fitting_tool_on_the_path_is_preferred(maker, monkeypatch, tmp_path):
    program = tmp_path / "some"
    program.write_bytes(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    images = maker("auto")
    with site() as (address, asked):
        tool = entry(address, asks="some version")
        images.take_tools([tool])
        assert asked == []
        assert images.is_there(tool)
        # The one on the PATH is v1.2.3.
        images.take_tools([entry(address, name="other", asks="some version", version="v1.2.4")])
    assert asked == ["/v1.2.4/other-linux-amd64"]


def test_nothing_is_downloaded_without_a_digest_of_its_version(maker):
    with site() as (address, asked):
        tool = entry(address)
        assert maker("auto").take_tools([dataclasses.replace(tool, version="v1.2.4")]) == {}
        assert maker("auto").take_tools([dataclasses.replace(tool, sha256={})]) == {}
        assert maker("auto").take_tools([Entry("plain-tool", "tool", recipe="registry")]) == {}
    assert asked == []


def test_pull_names_all_that_cannot_be_had(maker):
    images = maker("pull")
    images.lock["one"] = Entry("one", "node", upstream="docker.io/library/one:1")
    with site(statuses=[404]) as (address, _), pytest.raises(UserError) as refused:
        images.pull([images.lock["one"], entry(address), entry(address, name="other")])
    said = str(refused.value)
    assert "3 images and tools are unavailable" in said
    for name in ("127.0.0.1:9/library/one:1: ", "some: 127.0.0.1 answers 404", "other: 127.0.0.1 answers 404"):
        assert name in said


@pytest.mark.parametrize(("mode", "built", "requested"), [("build", ["some-tool"], 0), ("auto", [], 1)])
def test_build_downloads_nothing_and_auto_needs_no_registry_to_download(maker, monkeypatch, mode, built, requested):
    made = []
    monkeypatch.setattr(builder.engine, "client", lambda: "docker")
    monkeypatch.setattr(builder.docker, "docker", lambda *_: "")
    monkeypatch.setattr(builder, "start_registry", lambda image: None)
    images = maker(mode)
    monkeypatch.setattr(images, "build", lambda entries: made.extend(item.name for item in entries))
    monkeypatch.setattr(images, "link_tools", lambda wanted: images.cache)
    with site() as (address, asked):
        images.lock = {"registry": images.lock["registry"], "some-tool": entry(address, components=("some",))}
        images.lock["registry"] = dataclasses.replace(images.lock["registry"], components=())
        images.ensure({"some"})
    assert made == built
    assert len(asked) == requested
