"""Rules of argocd-cm count if they concern what the platform deploys."""

import pytest

from acceptance.drivers.argocd.argocd_settings import excuses, hides

HEALTH, IGNORE = "resource.customizations.health.", "resource.customizations.ignoreDifferences."
OLD = "resource.customizations"


@pytest.mark.parametrize(
    ("judge", "key", "value", "is_told"),
    [
        (excuses, f"{HEALTH}apps_Deployment", "return {status = 'Healthy'}", True),
        (excuses, f"{HEALTH}Pod", "return {status = 'Healthy'}", True),
        (excuses, f"{HEALTH}_Service", "return {status = 'Healthy'}", True),
        (excuses, f"{HEALTH}argoproj.io_Application", "hs = {}", False),
        (excuses, f"{HEALTH}bitnami.com_SealedSecret", "hs = {}", False),
        (excuses, f"{HEALTH}serving.knative.dev_Service", "hs = {}", False),
        (excuses, OLD, "apps/*: {health.lua: x}", True),
        (excuses, OLD, "'*/*': {health.lua: x}", True),
        (excuses, OLD, "argoproj.io/Application: {health.lua: x}", False),
        (excuses, OLD, "- {no", True),
        (hides, f"{IGNORE}all", "jsonPointers: [/spec]", True),
        (hides, f"{IGNORE}apps_Deployment", "jsonPointers: [/spec]", True),
        (
            hides,
            f"{IGNORE}admissionregistration.k8s.io_MutatingWebhookConfiguration",
            "jsonPointers: [/webhooks]",
            False,
        ),
        (hides, OLD, "apps/Deployment: {ignoreDifferences: x}", True),
    ],
)
def test_a_rule_counts_for_kinds_that_are_deployed(judge, key, value, is_told):
    assert bool(judge({"data": {key: value}})) is is_told
