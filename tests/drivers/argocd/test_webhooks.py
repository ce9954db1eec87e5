"""A repository of the platform whose pushes call no webhook is found."""

import subprocess
from types import SimpleNamespace

import pytest

from acceptance.drivers.argocd import webhooks
from acceptance.drivers.argocd.webhooks import without_webhook

HOOK = "/usr/local/bin/post-receive"


@pytest.mark.parametrize(
    ("server", "hooks", "wrong"),
    [
        ("in-cluster", {"platform": HOOK, "demo": HOOK}, False),
        ("in-cluster", {"platform": HOOK, "demo": HOOK, "demo-polled": HOOK}, True),
        ("in-cluster", {"platform": "", "demo": HOOK}, True),
        ("in-cluster", {"platform": "/bin/true", "demo": HOOK}, True),
        ("external", {"platform": "", "demo": HOOK}, False),
    ],
)
def test_the_platforms_hook_has_to_be_the_one_that_is_tried_and_the_polled_one_has_none(server, hooks, wrong):
    def kubectl(*words):
        return next((f"{hook}\n" for name, hook in hooks.items() if f"/{name}.git " in words[-1]), "\n")

    git = SimpleNamespace(settings=SimpleNamespace(server=server))
    assert bool(without_webhook(SimpleNamespace(kubectl=kubectl), git)) is wrong


@pytest.mark.parametrize(("elsewhere", "is_found"), [(None, True), ("/dev/null", False)])
def test_git_itself_says_where_its_hooks_are(tmp_path, monkeypatch, elsewhere, is_found):
    monkeypatch.setattr(webhooks, "FOLDER", tmp_path)
    for name in ("platform", "demo", "demo-polled"):
        folder = tmp_path / f"{name}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
        if name != webhooks.POLLED:
            (folder / "hooks/post-receive").symlink_to("/bin/true")
    if elsewhere:
        subprocess.run(["git", "-C", tmp_path / "platform.git", "config", "core.hooksPath", elsewhere], check=True)

    def kubectl(*words):
        return subprocess.run(words[-3:], check=True, capture_output=True, text=True).stdout

    seen = webhooks.hooks(SimpleNamespace(kubectl=kubectl))
    assert not seen["demo-polled"] and seen["demo"] and (seen["platform"] == seen["demo"]) is is_found
