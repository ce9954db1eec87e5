"""The platform's secrets as the cluster has them, also where a Secret outlived its SealedSecret."""

from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException

from acceptance.platform import secrets


@pytest.mark.parametrize("missing", ["", "jwt-secret"])
def test_a_secret_without_its_sealed_secret_has_its_values(monkeypatch, missing):
    def get(*where):
        if where[-1] == missing:
            raise ApiException(status=404)
        return {"spec": {"encryptedData": {}}}

    monkeypatch.setattr(secrets, "read_secret", lambda *_: {"a": "b"})
    cluster = SimpleNamespace(custom=SimpleNamespace(get_namespaced_custom_object=get))
    found = secrets.platform_secrets(SimpleNamespace(cluster=cluster))
    assert found.values.keys() == secrets.KEYS.keys()
    assert found.sealed.keys() == secrets.KEYS.keys() - {missing}


def test_other_answers_of_the_api_are_no_absence():
    def refuse(*_):
        raise ApiException(status=403)

    cluster = SimpleNamespace(custom=SimpleNamespace(get_namespaced_custom_object=refuse))
    with pytest.raises(ApiException):
        secrets.read_sealed(cluster, "jwt-secret")
