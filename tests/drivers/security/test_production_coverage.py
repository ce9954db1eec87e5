"""Pods behind production's Services that no policy lets anybody in to."""

import copy
from types import SimpleNamespace

import pytest
from tests_support import kustomized

from acceptance.base.labels import NAME_LABEL
from acceptance.drivers.security.production_coverage import closed, closed_in_production

DATABASE = kustomized("database/overlays/production")


def found(change):
    """What is said of production's database after a change, which gets each of its objects."""
    items = copy.deepcopy(DATABASE)
    for item in items:
        change(item)
    return closed(items)


def without_label(name):
    """Takes the label of the Application from the pods of a workload."""

    def change(item):
        if item["metadata"]["name"] == name and item["kind"] == "StatefulSet":
            del item["spec"]["template"]["metadata"]["labels"][NAME_LABEL]

    return change


def policy(**spec):
    """Changes the spec of the database's policy."""
    return lambda item: item["spec"].update(spec) if item["kind"] == "NetworkPolicy" else None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: None, []),
        (policy(podSelector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}), []),
        (without_label("yb-tserver"), ["StatefulSet yb-tserver"]),
        (without_label("yb-master"), ["StatefulSet yb-master"]),
        (policy(podSelector={"matchLabels": {NAME_LABEL: "yugabytedb"}}), ["yb-master", "yb-tserver"]),
        (policy(ingress=[]), ["yb-master", "yb-tserver"]),
    ],
    ids=range(6),
)
def test_pods_that_nobody_reaches_are_told(change, said):
    texts = sorted(found(change))
    assert len(texts) == len(said) and all(word in text for word, text in zip(said, texts, strict=True))


def test_production_itself_is_open_to_somebody():
    rendering = SimpleNamespace(production=lambda name: kustomized(f"{name}/overlays/production"))
    assert closed_in_production(SimpleNamespace(rendering=rendering)) == []


def test_no_service_is_no_pass():
    rendering = SimpleNamespace(production=lambda _: [])
    with pytest.raises(AssertionError, match="saw none"):
        closed_in_production(SimpleNamespace(rendering=rendering))
