"""When a new kind of object can be used, and which differences count."""

from types import SimpleNamespace

import pytest
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


@pytest.mark.parametrize(
    ("looks", "counts"),
    [
        pytest.param(["-status: Running\n", ""], "", id="a-status-written-between-reading-and-asking"),
        pytest.param(["", "-replicas: 1\n"], "", id="nothing-at-the-first-look"),
        pytest.param(
            ["-status: Running\n", "-replicas: 1\n", "-replicas: 1\n"], "-replicas: 1\n", id="there-each-time"
        ),
    ],
)
def test_only_a_difference_that_stays_counts(monkeypatch, looks, counts):
    answers = iter(looks)

    def diff(command, **_):
        text = next(answers)
        return SimpleNamespace(returncode=1 if text else 0, stdout=text, stderr="")

    monkeypatch.setattr(manifests, "run", diff)
    assert manifests.differences(SimpleNamespace(kubectl_command=["kubectl"]), []) == counts
