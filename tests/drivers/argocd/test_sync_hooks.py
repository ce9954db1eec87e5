"""What makes each sync wait for health, and what only seems to."""

import pytest
import yaml
from manifest_changes import BACKEND, changed

from acceptance.base.paths import ROOT
from acceptance.cluster.manifests import HOOK
from acceptance.drivers.argocd import sync_hooks
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


def test_hooks_count_where_they_ended_a_whole_sync_well():
    hook = {"name": "synced", "hookType": "PostSync", "hookPhase": "Succeeded"}
    status = {"operationState": {"operation": {"sync": {}}, "syncResult": {"resources": [hook]}}}
    assert sync_hooks.hooks_that_ran({"status": status}) == ["synced"]
    hook["hookPhase"] = "Failed"
    assert sync_hooks.hooks_that_ran({"status": status}) == []
    # A heal of single objects runs none.
    status["operationState"]["operation"]["sync"]["resources"] = [{"kind": "Service", "name": "redis"}]
    assert sync_hooks.hooks_that_ran({"status": status}) is None


def test_a_sync_that_ended_before_its_hooks_tells_nothing_of_them():
    status = {"operationState": {"operation": {"sync": {}}, "phase": "Failed", "syncResult": {"resources": []}}}
    assert sync_hooks.hooks_that_ran({"status": status}) is None
    status["operationState"]["phase"] = "Succeeded"
    assert sync_hooks.hooks_that_ran({"status": status}) == []


def test_every_component_has_a_hook_in_its_base_and_one_taken_out_is_missed():
    job = yaml.safe_load((ROOT / "k8s" / "redis" / "base" / "synced-job.yaml").read_text())
    assert sync_hooks.hooks_in([job, BACKEND]) == ["redis-synced"]
    assert sync_hooks.hooks_in([changed(job, "metadata/annotations", {HOOK: "PreSync"}), BACKEND]) == []
