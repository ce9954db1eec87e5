"""A deleted Secret has to come back as another object with the same values."""

import base64
from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.drivers.secrets import recreated_secrets


class Core:
    """Secrets, of which the controller makes `again` after a deletion."""

    def __init__(self, again):
        self.now, self.again = ("one", "value"), again

    def read_namespaced_secret(self, _name, _namespace):
        if self.now is None:
            raise ApiException(404)
        uid, value = self.now
        data = {"VALUE": base64.b64encode(value.encode()).decode()}
        return SimpleNamespace(metadata=SimpleNamespace(uid=uid), data=data)

    def delete_namespaced_secret(self, _name, _namespace):
        self.now = self.again


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (("two", "value"), ""),
        (None, "404"),
        (("one", "value"), "was not deleted"),
        (("two", "another"), "has other values"),
    ],
)
def test_a_deleted_secret_comes_back(monkeypatch, again, said):
    monkeypatch.setattr(recreated_secrets, "UNSEALED", Deadline(0.2, "a test"))
    namespace = SimpleNamespace(name="scenario-1", cluster=SimpleNamespace(core=Core(again)))
    if not said:
        assert recreated_secrets.delete_and_wait(namespace, "sealed") == "two"
        return
    with pytest.raises(TimedOut, match=said):
        recreated_secrets.delete_and_wait(namespace, "sealed")
