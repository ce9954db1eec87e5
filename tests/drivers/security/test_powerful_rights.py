"""Which rules of roles lead to Secrets or to syncs."""

import pytest

from acceptance.drivers.security.powerful_rights import SIGNS, TO_SECRETS, TO_SYNCS, allows, leads

ADMIN = {"apiGroups": [""], "resources": ["pods/attach", "secrets"], "verbs": ["get", "list", "watch"]}
VIEW = {"apiGroups": ["", "apps", "batch"], "resources": ["pods", "pods/log", "deployments"], "verbs": ["get", "list"]}
ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}

APPROVAL = {
    "apiGroups": ["certificates.k8s.io"],
    "resources": ["certificatesigningrequests/approval"],
    "verbs": ["update"],
}


@pytest.mark.parametrize(("names", "opens"), [([], True), (["kubernetes.io/kubelet-serving"], False)])
def test_who_approves_certificates_of_the_apis_clients_has_a_way(names, opens):
    signers = {"apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "verbs": ["approve"]}
    signers["resourceNames"] = names
    assert leads([signers, APPROVAL], SIGNS) is opens
    assert not leads([signers], SIGNS) and not leads([APPROVAL], SIGNS)


@pytest.mark.parametrize(
    ("rule", "leads"),
    [
        (ADMIN, True), (ALL, True), (VIEW, False),
        ({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["jwt-secret"], "verbs": ["get"]}, True),
        ({"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}, True),
        ({"apiGroups": [""], "resources": ["*/exec"], "verbs": ["create"]}, True),
        ({"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}, True),
        ({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["escalate"]}, True),
        ({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}, True),
        ({"apiGroups": [""], "resources": ["replicationcontrollers"], "verbs": ["create"]}, True),
        ({
            "apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"],
            "verbs": ["create"],
        }, True),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "delete"]}, False),
        ({"apiGroups": ["apps"], "resources": ["secrets"], "verbs": ["get"]}, False),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, False),
    ],
)  # fmt: skip
def test_which_rights_lead_to_secrets(rule, leads):
    assert any(allows(rule, way) for way in TO_SECRETS) is leads


@pytest.mark.parametrize("verb", ["create", "patch", "update", "get"])
@pytest.mark.parametrize("resource", ["applications", "applicationsets"])
def test_which_rights_lead_to_syncs(resource, verb):
    rule = {"apiGroups": ["argoproj.io"], "resources": [resource], "verbs": [verb]}
    assert any(leads([rule], way) for way in TO_SYNCS) is (verb != "get")
