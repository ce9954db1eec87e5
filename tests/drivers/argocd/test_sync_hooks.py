"""What makes each sync wait for health, and what only looks as if it did."""

import pytest

from acceptance.cluster.manifests import HOOK
from acceptance.drivers.argocd.sync_hooks import KEPT, is_hook


@pytest.mark.parametrize(
    ("notes", "metadata", "waits"),
    [
        ({HOOK: "PostSync"}, {"name": "synced"}, True),
        ({HOOK: "PostSync,SyncFail"}, {"name": "synced"}, True),
        ({HOOK: "PostSync", KEPT: "BeforeHookCreation,HookSucceeded"}, {"name": "synced"}, True),
        ({HOOK: "PostSync", KEPT: "HookSucceeded,HookFailed"}, {"name": "synced"}, True),
        ({HOOK: "PostSync", KEPT: "HookSucceeded"}, {"generateName": "synced-"}, True),
        ({HOOK: "PostSync", KEPT: "HookSucceeded"}, {"name": "synced"}, False),
        ({HOOK: "PostSync", KEPT: "HookFailed"}, {"name": "synced"}, False),
        ({HOOK: "PreSync"}, {"name": "synced"}, False),
        ({}, {"name": "synced"}, False),
    ],
)
def test_a_hook_that_every_sync_runs(notes, metadata, waits):
    assert is_hook({"kind": "Job", "metadata": {**metadata, "annotations": notes}}) is waits
