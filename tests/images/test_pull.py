"""Pulling: mirrors, unavailable references, a registry that rate-limits, tools on the PATH."""

import contextlib
import http.server
import subprocess

import pytest
from tests_support import http_server

from acceptance.base.errors import UserError
from acceptance.images import build as builder
from acceptance.images import pull
from acceptance.images.build_order import in_waves
from acceptance.images.lock import Entry, read_lock


@pytest.mark.parametrize(
    ("mirrors", "expected"),
    [
        (None, "quay.io/argoproj/argocd:v3"),
        ("127.0.0.1:5000", "127.0.0.1:5000/argoproj/argocd:v3"),
        ("harbor.example.test/quay/", "harbor.example.test/quay/argoproj/argocd:v3"),
        ({"quay.io": "harbor.example.test/quay"}, "harbor.example.test/quay/argoproj/argocd:v3"),
        ({"docker.io": "harbor.example.test/hub"}, "quay.io/argoproj/argocd:v3"),
    ],
)
def test_a_mirror_is_asked_in_a_registrys_place(mirrors, expected):
    assert pull.located("quay.io/argoproj/argocd:v3", mirrors) == expected


@contextlib.contextmanager
def registry_that_says(statuses):
    """A registry that answers requests for manifests with these statuses one after another, the last one repeatedly."""
    left, asked = list(statuses), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            status = 200
            if self.path != "/v2/":
                asked.append(self.path)
                status = left.pop(0) if len(left) > 1 else left[0]
            code = {429: "TOOMANYREQUESTS", 404: "MANIFEST_UNKNOWN"}.get(status, "UNKNOWN")
            body = f'{{"errors": [{{"code": "{code}", "message": "{code.lower()}"}}]}}'.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = answer

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address, asked


def entries():
    return [Entry(name, "node", upstream=f"docker.io/library/{name}:1") for name in ("one", "two")]


def maker(mode, mirror):
    images = builder.Images(mode, upstream=mirror)
    images.lock |= {entry.name: entry for entry in entries()}
    return images


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(pull, "AGAIN_AFTER", 0.0)


def test_pull_names_all_that_cannot_be_had():
    with registry_that_says([404]) as (mirror, _), pytest.raises(UserError) as refused:
        maker("pull", mirror).pull(entries())
    assert f"{mirror}/library/one:1" in str(refused.value)
    assert f"{mirror}/library/two:1" in str(refused.value)


def test_auto_says_what_cannot_be_had_and_goes_on(capsys):
    with registry_that_says([404]) as (mirror, _):
        images = maker("auto", mirror)
        images.pull(entries())
    said = capsys.readouterr().err
    assert f"{mirror}/library/one:1 is unavailable (" in said
    assert said.count("building it") == 2
    assert "] pulled" not in said
    assert images.pulls == 0


def test_a_registry_that_does_not_answer_is_not_waited_for(capsys):
    maker("auto", {"docker.io": "127.0.0.1:9"}).pull(entries())
    assert "127.0.0.1:9 does not answer): building it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reasons", "tries", "had"),
    [
        (["toomanyrequests: You have reached your pull rate limit"] * 2, 3, True),
        (["toomanyrequests: You have reached your pull rate limit"] * 9, 3, False),
        (["received unexpected HTTP status: 500 Internal Server Error"], 2, True),
        (["received unexpected HTTP status: 500 Internal Server Error"] * 9, 2, False),
        (["manifest unknown: manifest unknown"] * 9, 1, False),
        (["pull access denied for x, repository does not exist"] * 9, 1, False),
    ],
)
def test_what_may_pass_is_waited_for_and_nothing_else(monkeypatch, reasons, tries, had):
    asked = []

    def docker(command, **_):
        asked.append(command[-1])
        failed = len(asked) <= len(reasons)
        said = f"Error response from daemon: {reasons[len(asked) - 1]}" if failed else ""
        return subprocess.CompletedProcess(command, int(failed), "", said)

    monkeypatch.setattr(pull.subprocess, "run", docker)
    reason = pull.pull_image("127.0.0.1:9/library/one:1", pauses=(0.0, 0.0))
    assert (reason is None) is had
    assert len(asked) == tries
    if reason:
        assert reason == reasons[0]


def test_docker_says_when_a_registry_was_asked_too_often():
    with registry_that_says([429]) as (mirror, _):
        assert pull.is_too_often(pull.pull_image(f"{mirror}/library/one:1", pauses=()))


@pytest.mark.parametrize(("said", "taken"), [("some v1.2.3", True), ("some 1.2.3,", True), ("some v1.2.30", False)])
def test_a_tool_on_the_path_is_taken_in_the_version_of_the_lock_alone(tmp_path, monkeypatch, said, taken):
    program = tmp_path / "some"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    entry = Entry("some-tool", "tool", recipe="some", asks="some version", version="v1.2.3")
    assert (pull.found_on_path(entry) == str(program)) is taken


def test_each_tool_that_may_come_from_the_path_says_how_and_which():
    for entry in read_lock().values():
        assert (entry.asks is None) == (entry.version is None), entry.name


def test_a_program_of_the_path_is_kept_like_one_that_was_built(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    images = builder.Images("auto", cache=tmp_path / "cache")
    entry = Entry("some-tool", "tool", recipe="registry")
    images.lock["some-tool"] = entry
    images.keep(entry, program)
    assert images.is_there(entry)
    assert (images.folder(entry) / "some").is_file()


def test_what_is_needed_is_built_before_what_needs_it():
    lock = {
        "kubernetes": Entry("kubernetes", "part", recipe="kubernetes"),
        "pause": Entry("pause", "node", recipe="kubernetes"),
        "kube-proxy": Entry("kube-proxy", "node", recipe="kubernetes"),
        "node": Entry("node", "engine", recipe="node", needs=("kubernetes",)),
    }
    wanted = [lock["node"], lock["pause"], lock["kube-proxy"]]
    waves = in_waves(wanted, lock, lambda entry: False)
    assert [[entry.name for entry in wave] for wave in waves] == [["pause"], ["kubernetes", "kube-proxy"], ["node"]]
