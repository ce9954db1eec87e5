"""`make preflight`: all problems at once, each with its remedy, and exit code 4; nothing is created."""

import argparse
import subprocess

import pytest

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.clients.registry import NoAnswer, Reference
from acceptance.commands import preflight
from acceptance.images.pins import Overlay

SECRETS = (
    "AF_JWT_SECRET",
    "AF_POSTGRES_PASSWORD",
    "AF_SUPERUSER_PASSWORD",
    "AF_REPLICATION_PASSWORD",
    "AF_REDIS_PASSWORD",
)
DIGEST = "@sha256:" + "0" * 64
PROBE = "ghcr.io/alternatefutures/probe:latest"


def told(problems):
    """Problems as people read them."""
    return "\n".join(str(problem) for problem in problems)


def test_every_secret_without_a_value_is_named(monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, "a-value-long-enough")
    assert not told(preflight.check_secrets(load_environment("production")))
    monkeypatch.delenv("AF_JWT_SECRET")
    monkeypatch.setenv("AF_REDIS_PASSWORD", "short")
    text = told(preflight.check_secrets(load_environment("production")))
    assert "in AF_JWT_SECRET, AF_REDIS_PASSWORD\n" in text and "openssl rand" in text
    assert "short" not in text
    assert not told(preflight.check_secrets(load_environment("kind")))


@pytest.fixture
def gitops(tmp_path, monkeypatch):
    """Production's Git settings, with repositories on this disk, the last of which is empty."""
    urls = {}
    for name in ("platform", "demo", "demo-polled"):
        urls[name] = str(tmp_path / f"{name}.git")
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", urls[name]], check=True)
        if name != "demo-polled":
            clone = str(tmp_path / name)
            git = ["git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.test"]
            subprocess.run(["git", "clone", "--quiet", urls[name], clone], check=True, capture_output=True)
            subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "first"], check=True)
            subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    monkeypatch.setenv("AF_GIT_PASSWORD", "a-password-for-pushing")
    monkeypatch.setenv("AF_WEBHOOK_SECRET", "a-secret-for-webhooks")
    monkeypatch.delenv("AF_GIT_READ_PASSWORD", raising=False)
    return load_environment("production").gitops.model_copy(update={"repositories": urls})


def test_repositories_that_do_not_open_or_are_empty_are_named(gitops):
    empty = f"the repository demo-polled ({gitops.repositories['demo-polled']}), for"
    text = told(preflight.check_git(gitops))
    assert f"{empty} pushing, has no branch main" in text
    assert f"{empty} Argo CD and without a password, has no branch main" in text
    gitops.repositories["demo"] += "-gone"
    text = told(preflight.check_git(gitops))
    assert f"the repository demo ({gitops.repositories['demo']}), for pushing, cannot be read" in text
    assert text.count("Remedy: ") == 4


def test_a_webhook_that_nobody_could_sign_is_told(gitops, monkeypatch):
    monkeypatch.delenv("AF_WEBHOOK_SECRET")
    monkeypatch.delenv("AF_GIT_PASSWORD")
    text = told(preflight.check_git(gitops))
    assert "AF_WEBHOOK_SECRET is not set" in text and "docs/operations.md" in text
    assert "AF_GIT_PASSWORD is not set" in text
    assert not told(preflight.check_git(load_environment("kind").gitops))


@pytest.fixture
def registries(monkeypatch):
    """What production's overlays name, and how registries answer."""
    named = [f"docker.io/library/redis:7.0{DIGEST}", "ghcr.io/alternatefutures/auth:latest", f"quay.io/x/y:1{DIGEST}"]
    references = [Reference.of(text) for text in named]
    bare = [Reference.of(text.partition("@")[0]) for text in named]
    bare[0] = Reference.of("docker.io/library/redis:7.2")
    monkeypatch.setattr(preflight, "upstream", lambda images: set())
    monkeypatch.setattr(preflight, "read_overlays", lambda: [Overlay(None, references, bare)])

    def check(self, reference):
        if reference.host == "quay.io":
            raise NoAnswer(f"{reference}: quay.io does not answer")
        if "auth" in reference.name:
            raise UserError(f"{reference}: ghcr.io answers 401; it cannot be read without an account", "fix the name")

    monkeypatch.setattr(preflight.Registries, "check", check)


def test_images_are_pinned_and_shown_to_nodes_without_an_account(registries):
    text = told(preflight.check_images(load_environment("production")))
    assert "1 images have no digest: ghcr.io/alternatefutures/auth:latest\n  Remedy: make pin" in text
    assert "docker.io/library/redis: 7.0 is pinned, but the base has 7.2" in text
    assert "ghcr.io answers 401" in text and "make its package public" in text
    assert "quay.io (1 images) does not answer" in text
    assert "probe" not in text


def test_all_problems_are_told_at_once_and_it_is_4(monkeypatch, capsys):
    def breaks():
        yield UserError("the first", "repair it")
        raise UserError("could not look", "look elsewhere")

    checks = [("good", list), ("bad", breaks), ("this machine", lambda: ["no tool\n  Remedy: install it"])]
    monkeypatch.setattr(preflight, "checks_of", lambda environment: iter(checks))
    assert preflight.run(argparse.Namespace(environment="production")) == 4
    output = capsys.readouterr()
    assert output.out.split("\n\n") == [
        "the first\n  Remedy: repair it", "could not look\n  Remedy: look elsewhere", "no tool\n  Remedy: install it\n"
    ]  # fmt: skip
    assert "ok       good" in output.err and "2 wrong  bad" in output.err
    assert "3 to fix; nothing was created." in output.err
    monkeypatch.setattr(preflight, "checks_of", lambda environment: iter(checks[:1]))
    assert preflight.run(argparse.Namespace(environment="kind")) == 0


@pytest.mark.parametrize(("environment", "names"), [("kind", {"this machine"}), ("production", {"secrets", "images"})])
def test_each_environment_is_looked_at_for_what_it_takes(environment, names, monkeypatch):
    monkeypatch.setattr(preflight, "find_tool", lambda name: None)
    found = {name for name, _ in preflight.checks_of(load_environment(environment))}
    assert names <= found and "this machine" in found
    assert ("secrets" in found) is (environment == "production")
