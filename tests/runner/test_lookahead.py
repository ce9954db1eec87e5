"""What selected scenarios will ask for is found before they run, from the definitions of the steps."""

from types import SimpleNamespace

from pytest_bdd import parsers

from acceptance.drivers.argocd.demos import Reservations
from acceptance.runner import lookahead
from acceptance.runner.lookahead import step_calls


def defined(monkeypatch, **steps):
    """An item with these steps: the text of each by its function's name."""
    contexts = {name: SimpleNamespace(step_func=f, parser=p, converters={}) for name, (f, p, _) in steps.items()}
    named = [SimpleNamespace(name=text) for _, _, text in steps.values()]
    by_text = {text: SimpleNamespace(func=name) for name, (_, _, text) in steps.items()}
    monkeypatch.setattr(lookahead, "steps_of", lambda item: named)
    monkeypatch.setattr(lookahead, "step_definitions", lambda item, step: [by_text[step.name]])
    monkeypatch.setattr(lookahead, "step_context", lambda definition: contexts[definition.func])


def test_what_steps_take_is_reserved_without_reading_their_text(monkeypatch):
    ended = []

    def automated(demos, repository):
        demo = demos.take(repository, automated=True)
        yield demo
        ended.append(demo)

    def manual(demos, repository):
        return demos.take(repository, automated=False)

    def other(evidence):
        raise AssertionError("it asks for no demos")

    defined(
        monkeypatch,
        automated=(automated, parsers.parse('a demo of "{repository}"'), 'a demo of "one"'),
        manual=(manual, parsers.parse('one by hand of "{repository}"'), 'one by hand of "two"'),
        other=(other, parsers.parse("something else"), "something else"),
    )
    reserved = Reservations()
    for step in step_calls(object(), "demos"):
        reserved.rehearse(step)
    assert reserved.wanted == [("one", True), ("two", False)]
    assert ended == [], "what a step does after its scenario is not rehearsed"
