"""Admission webhooks that are shown Secrets, or change pods."""

import pytest

from acceptance.drivers.security import admission_webhooks


def rule(*resources, groups=("",)):
    """A webhook's rule."""
    return {"apiGroups": [*groups], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [*resources]}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (rule("secrets"), True),
        (rule("*"), True),
        (rule("*/*", groups=["*"]), True),
        (rule("pods", "configmaps"), True),
        (rule("pods/*"), True),
        (rule("*/exec"), True),
        (rule("*/scale"), False),
        (rule("configmaps"), False),
        (rule("secrets", groups=["example.org"]), False),
        (rule("*", groups=["apps"]), False),
    ],
)
def test_what_a_webhook_is_shown(found, shown):
    configuration = {"metadata": {"name": "hook"}, "webhooks": [{"name": "a.example.org", "rules": [found]}]}
    assert admission_webhooks.told([configuration], []) == (["hook: a.example.org"] if shown else [])
    assert admission_webhooks.told([configuration], ["hook"]) == []
