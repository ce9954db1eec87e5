"""The settings of an external Git server."""

from types import SimpleNamespace as Thing

from acceptance.base.environment import load_environment
from acceptance.platform import git


def test_what_signs_webhooks_is_what_the_operator_gives(monkeypatch):
    platform = Thing(environment=load_environment("production"))
    monkeypatch.setenv("AF_GIT_PASSWORD", "a-password-for-git")
    monkeypatch.setenv("AF_WEBHOOK_SECRET", "a-secret-for-webhooks")
    assert git.credentials(platform)["webhook-secret"] == "a-secret-for-webhooks"
