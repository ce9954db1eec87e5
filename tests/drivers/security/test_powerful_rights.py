"""Which rules of roles lead to Secrets or to syncs."""

import pytest

from acceptance.drivers.security.powerful_rights import (
    BY_ARGOCD,
    BY_TRAFFIC,
    SIGNS,
    TO_SECRETS,
    TO_SYNCS,
    allows,
    leads,
)

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


@pytest.mark.parametrize("verb", ["patch", "update", "delete", "deletecollection", "watch", "create"])
def test_what_a_secret_is_answered_to(verb):
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": [verb]}
    assert any(leads([rule], way) for way in TO_SECRETS) is (verb != "create")


@pytest.mark.parametrize(
    ("group", "resource", "verb", "told"),
    [
        ("", "services", "patch", True),
        ("", "services", "list", False),
        ("", "services/status", "patch", True),
        ("", "endpoints", "create", True),
        ("discovery.k8s.io", "endpointslices", "update", True),
        ("discovery.k8s.io", "endpointslices", "watch", False),
        ("", "configmaps", "update", False),
    ],
)
def test_who_may_lead_traffic_elsewhere(group, resource, verb, told):
    rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
    assert any(leads([rule], way) for way in BY_TRAFFIC) is told


@pytest.mark.parametrize(
    ("group", "resource", "names", "verb", "told"),
    [
        ("argoproj.io", "appprojects", [], "patch", True),
        ("argoproj.io", "applications", [], "create", True),
        ("argoproj.io", "applications", [], "list", False),
        ("", "configmaps", [], "patch", True),
        ("", "configmaps", ["argocd-rbac-cm"], "update", True),
        ("", "configmaps", ["argocd-gpg-keys-cm"], "update", False),
        ("", "configmaps", [], "create", False),
    ],
)
def test_who_may_have_argo_cd_deploy_anything(group, resource, names, verb, told):
    rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb], "resourceNames": names}
    assert any(leads([rule], way) for way in BY_ARGOCD) is told
