"""A secret that passed through every channel is in nothing that a run leaves or prints, in any form."""

import base64
import gzip
import html
import json
import signal
import urllib.parse
import zipfile

import pytest
from leaking_scenarios import FEATURE, STEPS
from planted_secrets import SECRETS, letters

from acceptance.base import secrecy
from acceptance.clients.process import run

VARIABLE, SESSION = "v4ri4ble-0f-the-start", letters(900)


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Register no secrets, and forget those of this test afterwards."""
    monkeypatch.setattr(secrecy, "REGISTER", secrecy.Register())


def needles():
    """What is searched for, made here by other means than the code under test."""
    found = {}
    for name, value in {**SECRETS, "variable": VARIABLE, "session": SESSION}.items():
        value = value.strip()
        lines = value.splitlines()
        texts = {value, *lines[1:-1]}
        texts |= {json.dumps(value)[1:-1], html.escape(value), html.escape(value, quote=False), repr(value)[1:-1]}
        texts |= {urllib.parse.quote(value), urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value)}
        texts |= {value.encode().hex()}
        for user in ("", "u", "us", "user"):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                # The characters before and after, which hold bits of something else, are left out.
                text = encode(f"{user}:{value}".encode()).decode().rstrip("=")
                texts.add(text[(len(user) + 1) * 4 // 3 + 1 : -1])
        if name == "jwt":
            texts |= {value[at : at + 16] for at in range(len(value) - 15)}
        found[name] = {text for text in texts if len(text) >= 6}
    return found


def everything_written(folder):
    """The texts of all files below a folder, by name, archives opened."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".gz":
            yield path.name, gzip.decompress(path.read_bytes()).decode(errors="replace")
        elif path.suffix == ".zip":
            archive = zipfile.ZipFile(path)
            for name in archive.namelist():
                yield f"{path.name}/{name}", archive.read(name).decode(errors="replace")
        elif path.is_file():
            yield path.name, path.read_bytes().decode(errors="replace")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-rA", "-vv", "--showlocals", "--tb=long", "--log-cli-level=INFO"],
        ["-rA", "--showlocals", "--tb=long", "--color=yes"],
        ["-s", "--tb=native", "--junitxml=reports/own.xml", "--log-file=reports/own.log"],
        ["--tb=short", "--full-trace", "--capture=sys"],
    ],
    ids=" ".join,
)
def test_a_secret_in_every_channel_is_in_none_of_the_files_and_not_on_the_console(project, monkeypatch, arguments):
    (project.pytester.path / "secrets.json").write_text(json.dumps(SECRETS))
    monkeypatch.setenv("TF_VAR_some_password", VARIABLE)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    project.feature(FEATURE, STEPS)
    result, verdicts = project.run(*arguments)
    outcomes = {identity: verdict["outcome"] for identity, verdict in verdicts.items() if verdict["scenario"]}
    assert outcomes == {
        "2.1": "passed", "2.3": "failed", "2.4": "error", "2.5": "error", "2.6": "error", "2.7": "error",
        "2.8": "failed", "1.3": "unverifiable", "3.1": "failed", "3.2": "failed",
    }, result.stdout.str()  # fmt: skip
    texts = dict(everything_written(project.reports))
    names = {name.rpartition("-")[2] for name in texts}
    assert {"verdicts.json", "traceability.html", "junit.xml", "journal.jsonl", "progress.log", "tofu.log", "other.log",
            "kept.txt", "kept.bin", "result.json", "container.json", "attachment.txt"} <= names  # fmt: skip
    assert "[redacted]" in texts["tofu.log"] and "[redacted]" in result.stdout.str()
    hold_no_secret(texts | {"standard output": result.stdout.str(), "standard error": result.stderr.str()})


def hold_no_secret(texts):
    found = [
        f"{name} in {file}: ...{text[max(0, text.index(needle) - 60) : text.index(needle) + len(needle) + 20]!r}"
        for name, wanted in needles().items()
        for needle in wanted
        for file, text in texts.items()
        if needle in text
    ]
    assert not found, "\n".join(found[:20])


def test_what_is_on_disk_when_a_run_is_killed_holds_none_either(project, monkeypatch):
    (project.pytester.path / "secrets.json").write_text(json.dumps(SECRETS))
    monkeypatch.setenv("TF_VAR_some_password", VARIABLE)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    killed = "\n  @ac-9.1\n  Scenario: Killed\n    When the run is killed\n"
    project.feature(FEATURE.replace("    And something else keeps them in files\n", "") + killed, STEPS)
    result, _ = project.run("--showlocals")
    assert result.ret == -signal.SIGKILL
    texts = dict(everything_written(project.reports))
    assert len([name for name in texts if name.endswith("-result.json")]) == 10
    assert "MANIFEST.sha256" not in texts and texts["journal.jsonl"].count("\n") == 10
    hold_no_secret(texts)


def test_the_sums_are_those_of_the_files_that_stay(project):
    project.feature(FEATURE, STEPS)
    (project.pytester.path / "secrets.json").write_text(json.dumps(SECRETS))
    project.run()
    (folder,) = project.reports.iterdir()
    done = run(["sha256sum", "--check", "--quiet", "MANIFEST.sha256"], cwd=folder, check=False)
    assert done.returncode == 0, done.stdout
