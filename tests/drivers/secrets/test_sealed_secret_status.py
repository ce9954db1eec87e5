"""A Secret has the type and the labels with which it was sealed, and another one would be admitted."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.secrets import sealed_secret_status as status
from acceptance.drivers.secrets.sealing import TYPED, values_of_all_kinds


@pytest.mark.parametrize(
    ("kind", "labels", "said"),
    [
        (TYPED["type"], {**TYPED["labels"], "more": "are no harm"}, []),
        ("Opaque", TYPED["labels"], ["its type is Opaque, not kubernetes.io/basic-auth"]),
        (TYPED["type"], None, ["its label sealed-as is None, not 'basic-auth'"]),
    ],
)
def test_type_and_labels_of_a_secret_are_compared(kind, labels, said):
    seen = Thing(type=kind, metadata=Thing(labels=labels))
    cluster = Thing(core=Thing(read_namespaced_secret=lambda *_: seen))
    assert status.unlike_sealed(cluster, "sealed", "scenario-1") == said


def test_values_of_all_kinds_have_lines_and_letters_beyond_ascii():
    values = values_of_all_kinds()
    assert "\n" in values["file"] and not values["password"].isascii() and values["VALUE"].isascii()
    assert all(values[key] != other for key, other in values_of_all_kinds().items())


def test_the_controllers_users_are_tried(monkeypatch):
    pods = [Thing(spec=Thing(service_account_name="controller"))] * 2
    cluster = Thing(core=Thing(list_namespaced_pod=lambda *_, **__: Thing(items=pods)))
    monkeypatch.setattr(status, "refused_secret", lambda _, namespace, user: [f"{namespace} {user}"])
    monkeypatch.setattr(status, "refused_sealed_secret", lambda _, namespace: [f"sealed {namespace}"])
    assert status.new_secret_refused(cluster) == [
        "default system:serviceaccount:sealed-secrets:controller",
        "sealed default",
    ]
