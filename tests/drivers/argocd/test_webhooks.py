"""A repository of the platform whose pushes call no webhook is found."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.argocd.webhooks import without_webhook

HOOK = "/usr/local/bin/post-receive"


@pytest.mark.parametrize(
    ("server", "hooks", "wrong"),
    [
        ("in-cluster", {"platform": HOOK, "demo": HOOK}, False),
        ("in-cluster", {"platform": "", "demo": HOOK}, True),
        ("in-cluster", {"platform": "/bin/true", "demo": HOOK}, True),
        ("external", {"platform": "", "demo": HOOK}, False),
    ],
)
def test_the_platforms_hook_has_to_be_the_one_that_is_tried(server, hooks, wrong):
    def kubectl(*words):
        return next(f"{hook}\n" for name, hook in hooks.items() if f"/{name}.git/" in words[-1])

    git = SimpleNamespace(settings=SimpleNamespace(server=server))
    assert bool(without_webhook(SimpleNamespace(kubectl=kubectl), git)) is wrong
