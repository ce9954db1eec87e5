"""Rules of argocd-cm count if they concern what the platform deploys."""

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.argocd.argocd_settings import excuses, hides

HEALTH, IGNORE = "resource.customizations.health.", "resource.customizations.ignoreDifferences."
UPDATES = "resource.customizations.ignoreResourceUpdates."
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
        (hides, f"{UPDATES}apps_Deployment", "jsonPointers: [/spec]", True),
        (hides, f"{UPDATES}apps_Deployment", "jsonPointers: [/spec/template/]", True),
        (hides, f"{UPDATES}all", "jqPathExpressions: ['.data[]']", True),
        (hides, f"{UPDATES}ConfigMap", "jsonPointers: ['']", True),
        (hides, f"{UPDATES}apps_Deployment", "{no", True),
        (hides, f"{UPDATES}all", "jsonPointers: [/status, /specials]", False),
        (hides, f"{UPDATES}ConfigMap", "jqPathExpressions: ['.metadata.annotations.\"a/b\"']", False),
        (hides, f"{UPDATES}discovery.k8s.io_EndpointSlice", "jsonPointers: [/metadata, /ports]", False),
        (hides, f"{UPDATES}argoproj.io_Application", "jsonPointers: [/spec]", False),
        (hides, OLD, "apps/Deployment: {ignoreDifferences: x}", True),
    ],
)
def test_a_rule_counts_for_kinds_that_are_deployed(judge, key, value, is_told):
    assert bool(judge({"data": {key: value}})) is is_told


@pytest.mark.parametrize(
    ("entry", "is_told"),
    [
        ("{kinds: ['Stateful*'], apiGroups: [apps]}", True),
        ("{kinds: ['*']}", True),
        ("{apiGroups: ['*.k8s.io']}", True),
        ("{kinds: [Service], clusters: ['https://*']}", True),
        ("{apiGroups: [''], kinds: [ConfigMap]}", True),
        ("{kinds: ['*'], apiGroups: [cilium.io]}", False),
        ("{apiGroups: [velero.io]}", False),
        ("{kinds: [Service], clusters: ['https://other.example.com']}", False),
        ("{kinds: [Endpoints, Lease]}", False),
    ],
)
def test_an_exclusion_counts_for_groups_that_are_deployed_here(entry, is_told):
    assert bool(hides({"data": {"resource.exclusions": f"[{entry}]"}})) is is_told


@pytest.mark.parametrize("path", ["install.yaml", "ha/install.yaml"])
def test_the_releases_own_rules_hide_nothing(path):
    texts = (ROOT / "k8s" / "upstream" / "argocd" / path).read_text().split("\n---\n")
    (settings,) = [yaml.safe_load(text) for text in texts if "kind: ConfigMap" in text and "name: argocd-cm\n" in text]
    assert any("ignoreResourceUpdates" in key for key in settings["data"]) and not hides(settings)
