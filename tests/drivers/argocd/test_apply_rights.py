"""Kinds that a project or Argo CD's role does not allow it to apply."""

import pytest
from manifest_changes import changed

from acceptance.drivers.argocd import apply_rights

PROJECT = {"spec": {"namespaceResourceWhitelist": [{"group": "", "kind": "Service"}, {"group": "apps", "kind": "*"}]}}


KINDS = {("", "Service"), ("apps", "StatefulSet")}


@pytest.mark.parametrize(
    ("project", "kinds", "found"),
    [
        (PROJECT, KINDS, []),
        (PROJECT, KINDS | {("policy", "PodDisruptionBudget")}, ["PodDisruptionBudget"]),
        (changed(PROJECT, "spec/namespaceResourceBlacklist", [{"group": "*", "kind": "Service"}]), KINDS, ["Service"]),
        (changed(PROJECT, "spec/namespaceResourceWhitelist", None), KINDS, []),
        (changed(PROJECT, "spec/namespaceResourceWhitelist", []), KINDS, ["Service", "StatefulSet"]),
    ],
)
def test_kinds_that_a_project_does_not_list_are_named(project, kinds, found):
    assert apply_rights.forbidden(project, kinds) == found


def test_the_api_calls_kinds_by_their_plural():
    assert [apply_rights.resource_of(kind) for kind in ("NetworkPolicy", "Service")] == ["networkpolicies", "services"]
