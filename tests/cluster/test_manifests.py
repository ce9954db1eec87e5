"""When a new kind of object can be used."""

from types import SimpleNamespace

from kubernetes import client

from acceptance.cluster import manifests


def conditions(*pairs):
    """A custom resource definition as the API shows it; without pairs, as it is when it was just made."""
    found = [SimpleNamespace(type=kind, status=status) for kind, status in pairs] or None
    return SimpleNamespace(status=SimpleNamespace(conditions=found))


def test_a_definition_that_has_no_conditions_yet_is_waited_for(monkeypatch):
    answers = iter([conditions(), conditions(("Established", "False")), conditions(("Established", "True"))])
    api = SimpleNamespace(read_custom_resource_definition=lambda name: next(answers))
    monkeypatch.setattr(client, "ApiextensionsV1Api", lambda _: api)
    manifests.wait_established(SimpleNamespace(api=None), ["applications.argoproj.io"])
    assert next(answers, None) is None
