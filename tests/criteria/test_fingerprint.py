"""A fingerprint changes with everything that judges a criterion, and with nothing else."""

import pytest

from acceptance.criteria import fingerprint as module
from acceptance.criteria.fingerprint import fingerprint, judging, scenarios

FILES = {
    "features/07.feature": """Feature: Cache
  @ac-7.1
  Scenario: A pod runs
    Then redis answers within 2 seconds

  @ac-7.2 @disruptive @disturbs-redis
  Scenario: It comes back
    Then it comes back

  @ac-7.3
  Scenario Outline: A client is answered
    Then <who> is told <what> at once

    Examples:
      | who   | what  |
      | a pod | a yes |
      | a job | a no  |
""",
    "steps/cache.py": """from acceptance.drivers import deeper
from acceptance.drivers.cache import HINT, Cache, ask

@then(parsers.parse("redis answers within {seconds:d} seconds"))
def _answers(seconds, cache: Cache):
    \"\"\"It does.\"\"\"
    ask(seconds)
    deeper.look()
    door, what = "a", f"an answer of {deeper.name} " + "in time"
    deeper.look(door)
    eventually(answered, within=2, what=what, hint=HINT)
    eventually(answered, within=2, what=f"{'no' if seconds else 'an'} answer", hint="redis-cli PING")

@then("it comes back")
def _back():
    other()

def other(): ...

TOLD = "a pod is told a yes at once"

@then(TOLD)
def _told(): ...

@then(parsers.re("a job is told (?P<answer>.+) at once"))
def _job_told(answer): ...
""",
    "acceptance/drivers/cache.py": """from acceptance.drivers.deeper import LIMIT

HINT = "kubectl get pods"

class Cache:
    def pods(self):
        return self

    def watch(self):
        self.seen = "down"
        state = "up"
        def look():
            nonlocal state
            state = "down"
        eventually(look, where="node", what=f"a state other than {state}")

def ask(seconds):
    # Waits for it.
    assert seconds, f"no answer within {LIMIT}"
    if seconds > 9:
        raise AssertionError("too late", 504)
    return LIMIT

def neighbour(): ...
""",
    "acceptance/drivers/deeper.py": "LIMIT = 2\n\ndef look(): ...\n\ndef blind(): ...\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    forget()
    yield tmp_path
    forget()


def forget():
    for cached in (module.scenarios, module.read_module, module.step_functions, module.asked):
        cached.cache_clear()


def changed(root, name, old, new, identity="7.1"):
    """Whether a criterion's fingerprint is another after a text of a file was replaced."""
    before, path = fingerprint(identity, root), root / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    forget()
    return fingerprint(identity, root) != before


def test_each_scenario_is_found_by_its_criterion(root):
    assert set(scenarios(root)) == {"7.1", "7.2", "7.3"}
    assert "comes back" not in scenarios(root)["7.1"]


def test_the_functions_classes_and_values_below_a_step_are_found(root):
    names = {name for _, name in judging(scenarios(root)["7.1"], root)}
    assert names == {"_answers", "Cache", "ask", "LIMIT", "look"}


def test_the_steps_of_every_row_are_found_whatever_their_words_are_written_as(root):
    assert {name for _, name in judging(scenarios(root)["7.3"], root)} == {"_told", "_job_told"}


def test_words_that_cannot_be_read_are_refused(root):
    path = root / "steps/cache.py"
    path.write_text(
        path.read_text()
        .replace('TOLD = "a pod is told', 'TOLD = told("a pod is told')
        .replace('once"\n', 'once")\n', 1)
    )
    forget()
    with pytest.raises(ValueError, match="TOLD"):
        fingerprint("7.3", root)


def test_other_words_of_a_step_are_no_other_judgement(root):
    before = fingerprint("7.1", root)
    for path in (root / "features/07.feature", root / "steps/cache.py"):
        path.write_text(path.read_text().replace("redis answers within", "an answer takes at most"))
    forget()
    assert fingerprint("7.1", root) == before


@pytest.mark.parametrize(("old", "new"), [("a yes ", "a maybe"), ("a no ", "a non")])
def test_another_row_is_another_judgement(root, old, new):
    assert changed(root, "features/07.feature", f"| {old}", f"| {new}", "7.3")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("features/07.feature", "2 seconds", "3 seconds"),
        ("steps/cache.py", "ask(seconds)", "ask(seconds + 1)"),
        ("acceptance/drivers/cache.py", "return LIMIT", "return LIMIT + 1"),
        ("acceptance/drivers/cache.py", "return self", "return [self]"),
        ("acceptance/drivers/cache.py", "assert seconds,", "assert not seconds,"),
        ("acceptance/drivers/cache.py", "raise AssertionError", "raise ValueError"),
        ("acceptance/drivers/cache.py", "504", "503"),
        ("acceptance/drivers/cache.py", 'state = "down"', 'state = "up"'),
        ("acceptance/drivers/cache.py", 'self.seen = "down"', 'self.seen = "up"'),
        ("acceptance/drivers/cache.py", 'where="node"', 'where="pod"'),
        ("steps/cache.py", 'door, what = "a"', 'door, what = "b"'),
        ("steps/cache.py", "{deeper.name}", "{deeper.identity}"),
        ("steps/cache.py", "'no' if seconds", "'no' if deeper"),
        ("steps/cache.py", "within=2, what=what", "within=3, what=what"),
        ("acceptance/drivers/deeper.py", "LIMIT = 2", "LIMIT = 3"),
        ("acceptance/drivers/deeper.py", "def look(): ...", "def look(): pass"),
    ],
)
def test_it_changes_with_each_part_of_what_judges(root, name, old, new):
    assert changed(root, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("steps/cache.py", "It does.", "It answers."),
        ("steps/cache.py", "def other(): ...", "def other(): pass"),
        ("acceptance/drivers/cache.py", "def neighbour(): ...", "def neighbour(): pass"),
        ("acceptance/drivers/deeper.py", "def blind(): ...", "def blind(): pass"),
        ("features/07.feature", "It comes back", "It is back"),
        ("acceptance/drivers/cache.py", "Waits for it", "Asks once"),
        ("acceptance/drivers/cache.py", 'f"no answer within {LIMIT}"', '"nothing"'),
        ("acceptance/drivers/cache.py", "too late", "too slow"),
        ("acceptance/drivers/cache.py", "a state other than", "not"),
        ("acceptance/drivers/cache.py", "kubectl get pods", "kubectl get pods -A"),
        ("steps/cache.py", "an answer of", "the answer of"),
        ("steps/cache.py", "in time", "at once"),
        ("steps/cache.py", "'no' if", "'none' if"),
        ("steps/cache.py", "redis-cli PING", "kubectl logs redis-0"),
        ("acceptance/drivers/cache.py", "if seconds > 9:", "if (\n        seconds > 9\n    ):"),
    ],
)
def test_it_stays_with_what_judges_others(root, name, old, new):
    assert not changed(root, name, old, new)


def test_a_tag_of_the_order_judges_nothing(root):
    assert not changed(root, "features/07.feature", " @disturbs-redis", " @disturbs-everything", "7.2")
    assert changed(root, "steps/cache.py", "def other(): ...", "def other(): pass", "7.2")
