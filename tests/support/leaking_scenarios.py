"""Scenarios that leak secrets into every channel of a run, and end in every way."""

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
