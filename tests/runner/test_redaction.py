"""A secret that went through every channel is in nothing that a run leaves or prints, whatever its form there."""

import base64
import gzip
import html
import json
import random
import signal
import string
import urllib.parse
import zipfile
from types import SimpleNamespace

import pytest

from acceptance.base import secrecy
from acceptance.base.errors import UserError
from acceptance.base.secrecy import redact, register_secret
from acceptance.clients.process import run
from steps.tokens import keep_tokens

DICE = random.Random(4711)


def letters(number, alphabet=string.ascii_letters + string.digits + "+/"):
    """Letters that mean nothing."""
    return "".join(DICE.choices(alphabet, k=number))


KEY = "\n".join(
    ["-----BEGIN PRIVATE KEY-----", *(letters(64) for _ in range(9)), letters(22) + "==", "-----END KEY-----"]
)
SECRETS = {
    "plain": "Pl4nted-s3cr3t-xQ7",
    "awkward": "t&r0ub\"l'e+/<é>%s \\4",
    "key": KEY + "\n",
    "jwt": ".".join(("eyJ" + letters(33), letters(220), letters(43))),
    "row": "r0w-0f-3xamples",
}
VARIABLE, SESSION = "v4ri4ble-0f-the-start", letters(900)

FEATURE = """
  Background:
    Given the secrets are known

  @ac-2.1
  Scenario: It goes well
    When they are seen by the steps
    And something else keeps them in files

  @ac-2.3
  Scenario: It does not go well
    When they are seen by the steps
    Then they are in an assertion

  @ac-2.4
  Scenario: Setup breaks
    When setup breaks

  @ac-2.5
  Scenario: Teardown breaks
    When teardown breaks

  @ac-2.6
  Scenario: A program fails
    When a program prints them and fails

  @ac-2.7
  Scenario: A program with a log fails
    When a program writes them to its log and fails

  @ac-2.8
  Scenario: An address has them
    When nobody answers at an address with them

  @ac-1.3
  Scenario: It is not there
    When what is missing has their names

  @ac-3.1
  Scenario Outline: Rows
    When <row> is a value
    Examples:
      | row             |
      | r0w-0f-3xamples |

  @ac-3.2
  Scenario: A long one is compared
    Then the long ones are the same
"""

STEPS = '''
import base64, http.server, json, logging, pathlib, sys, threading, warnings
import requests
from pytest_bdd import parsers, when
from acceptance.clients.process import run as run_program
from acceptance.base.progress import say
from acceptance.base.secrecy import register_secret

SECRETS = json.loads(pathlib.Path("secrets.json").read_text())
# Two programs that show what they are given: `kubectl describe`, and OpenTofu.
DESCRIBE = "import os, sys; print('Name: web'); print(sys.stdin.read()); print(os.environ['TF_VAR_password'])"
PRINTS = [sys.executable, "-c", DESCRIBE]
FAILS = [sys.executable, "-c", DESCRIBE + "; print('Error: refused', file=sys.stderr); sys.exit(1)"]


def everything():
    return "\\n".join(SECRETS.values())


@given("the secrets are known")
def known():
    for value in SECRETS.values():
        register_secret(value)


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.send_header("X-Token", self.headers["X-Token"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@when("they are seen by the steps")
def seen(evidence, run, monkeypatch):
    evidence.add("log of a pod", f"INFO starting with {everything()}")
    evidence.add("event", {"reason": "Failed", "message": f"Error: {everything()}", "values": SECRETS})
    evidence.add(f"title with {SECRETS['plain']}", "nothing")
    secret = {"kind": "Secret", "data": {k: base64.b64encode(v.encode()).decode() for k, v in SECRETS.items()}}
    evidence.add("kubectl get secret", secret)
    for user in ("", "u", "us", "user"):
        for value in SECRETS.values():
            token = base64.b64encode(f"{user}:{value}".encode()).decode()
            evidence.add("header", f"Authorization: Basic {token}")
            print(base64.urlsafe_b64encode(f"{user}:{value}!".encode()).decode())
    server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.handle_request, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    answer = requests.post(
        address, json=SECRETS, params=SECRETS, auth=("user", SECRETS["plain"]), timeout=5,
        headers={"X-Token": SECRETS["jwt"], "Cookie": SECRETS["plain"]},
    )
    evidence.add("exchange", f"{answer.request.url} {answer.request.headers} {answer.headers} {answer.text}")
    evidence.add("answer", {"url": answer.url, "headers": dict(answer.headers), "body": answer.json()})
    monkeypatch.setenv("PASSWORD_OF_STEP", SECRETS["plain"])
    evidence.add("environment", dict(os.environ))
    log = run.folder / "tofu.log"
    given = {"TF_VAR_password": SECRETS["awkward"]}
    run_program(PRINTS, log=log, stdin=everything(), environment=given)
    described = run_program(PRINTS, stdin=everything(), environment=given).stdout
    assert SECRETS["awkward"] in described and "Name: web" in log.read_text()
    evidence.add("kubectl describe", described)
    say(f"progress of {everything()}")
    print(f"printed {everything()}")
    print(f"printed {SECRETS}", file=sys.stderr)
    logging.getLogger("step").warning("logged %s", everything())
    warnings.warn(f"warned of {everything()}")


@when("something else keeps them in files")
def kept(run):
    (run.folder / "kept.txt").write_text(json.dumps(SECRETS))
    (run.folder / "kept.bin").write_bytes(b"\\xff\\xfe" + everything().encode() + b"\\x00\\xff")


@when("the run is killed")
def _killed():
    os.kill(os.getpid(), signal.SIGKILL)


@then("they are in an assertion")
def asserted(evidence):
    local = dict(SECRETS)
    print(f"printed again {everything()}")
    assert local == {}, f"expected nothing, saw {everything()}"


@pytest.fixture
def broken():
    raise RuntimeError(f"refused: {everything()}")


@when("setup breaks")
def _needs(broken):
    pass


@pytest.fixture
def messy():
    yield
    raise RuntimeError(f"left behind: {SECRETS}")


@when("teardown breaks")
def _leaves(messy):
    pass


@when("a program prints them and fails")
def _fails():
    given = {"TF_VAR_password": SECRETS["awkward"]}
    run_program([*FAILS, SECRETS["plain"] * 30], stdin=everything(), environment=given)


@when("a program writes them to its log and fails")
def _fails_with_log(run):
    given = {"TF_VAR_password": SECRETS["awkward"]}
    run_program(FAILS, log=run.folder / "other.log", stdin=everything(), environment=given)


@when("nobody answers at an address with them")
def _nobody():
    requests.get(f"http://user:{SECRETS['plain']}@127.0.0.1:9/{SECRETS['jwt']}", params=SECRETS, timeout=1)


@when("what is missing has their names")
def _missing():
    raise Unverifiable(f"there is no {everything()}")


@when(parsers.parse("{row} is a value"))
def _row(row):
    assert not row


@then("the long ones are the same")
def _compared():
    long = SECRETS["jwt"]
    other = long[:100] + "." + long[101:]
    text = "x" * 90 + long + "x" * 90
    assert long == other
'''


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Know no secrets, and none of this test's afterwards."""
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


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_else_is_taken_out(name):
    register_secret(SECRETS[name])
    text = 'level=info msg="it is" uid=8d0f5c1e-1111-2222-3333-444455556666 -----BEGIN CERTIFICATE-----'
    assert redact(text) == text
    assert redact(f"<{SECRETS[name].strip()}>") == "<[redacted]>"


def test_what_is_too_short_is_no_secret():
    register_secret("abcde")
    register_secret("a\n")
    assert redact("abcde a") == "abcde a"


def test_a_part_of_a_long_value_is_found_and_what_is_around_it_stays():
    long = register_secret(letters(80))
    assert redact(f"'{long[:30]}...{long[-30:]}'") == "'[redacted]...[redacted]'"
    assert redact(f"xyz.{long[20:60]}.xyz") == "xyz.[redacted].xyz"
    other = register_secret(long[:40] + letters(40))
    assert redact(f"{other} {long}") == "[redacted] [redacted]"


def test_base64_that_a_program_wraps_is_found():
    register_secret(KEY)
    for width in (64, 76):
        text = base64.b64encode(KEY.encode()).decode()
        wrapped = [text[at : at + width] for at in range(0, len(text), width)]
        assert not any(line in redact("\n".join(wrapped)) for line in wrapped if len(line) > 16)


def test_a_value_of_several_lines_hides_its_words_but_no_addresses():
    register_secret("server: https://127.0.0.1:6443\npassword: s3cr3t-w0rd\n")
    assert redact("the password is s3cr3t-w0rd") == "the password is [redacted]"
    assert redact("connect to https://127.0.0.1:6443") == "connect to https://127.0.0.1:6443"


def test_a_programs_log_and_its_error_hold_no_secret(tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    register_secret(SECRETS["plain"])
    with pytest.raises(UserError) as error:
        run(["sh", "-c", "echo $0 is; echo wrong; exit 3", SECRETS["plain"]], log=log)
    assert log.read_text() == "before\n[redacted] is\nwrong\n"
    assert SECRETS["plain"] not in str(error.value) and "[redacted] is" in str(error.value)


def test_a_command_is_not_cut_through_a_secret():
    register_secret(SECRETS["plain"])
    with pytest.raises(UserError) as error:
        run(["sh", "-c", "exit 3", "x" * 178, SECRETS["plain"]])
    assert SECRETS["plain"][:6] not in str(error.value)


def test_tokens_of_a_sign_in_that_should_have_been_refused_are_shown_nowhere():
    token, jwt = "af_" + "Av4sQeBaDl3Tjr", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
    for body in ({"personalAccessToken": token, "jwt": jwt, "address": "0x939A91c0"}, ["no", "object"]):
        keep_tokens(SimpleNamespace(json=lambda body=body: body))
    assert redact(f"saw 201: {token} {jwt} of 0x939A91c0") == "saw 201: [redacted] [redacted] of 0x939A91c0"
