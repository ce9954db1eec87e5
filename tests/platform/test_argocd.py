"""The settings and credentials that Argo CD is given."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.environment import load_environment
from acceptance.platform import argocd


@pytest.mark.parametrize(("given", "password"), [("a-token-that-reads", "a-token-that-reads"), (None, None)])
def test_argocd_is_not_given_the_password_for_pushing(given, password, monkeypatch):
    if given:
        monkeypatch.setenv("AF_GIT_READ_PASSWORD", given)
    else:
        monkeypatch.delenv("AF_GIT_READ_PASSWORD", raising=False)
    platform = Thing(
        environment=load_environment("production"), wait_for=lambda _: {"password": "a-password-for-pushing"}
    )
    made = argocd.repository_secrets(platform)
    assert {item["stringData"].get("password") for item in made} == {password}
    assert len(made) == 3
