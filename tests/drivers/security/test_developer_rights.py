"""A developer's attempts, and the search for Secrets in what they may read, without a cluster."""

import base64
from types import SimpleNamespace

import pytest
from tests_support import kustomized

from acceptance.cluster.probe import Probe
from acceptance.drivers.argocd.projects import too_wide
from acceptance.drivers.security import developer_rights, developer_secrets
from acceptance.drivers.security.developer_rights import LEADS_ON, READ_ONLY

DISCOVERED = {
    "/api": {"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [
        {"resource": "secrets", "scope": "Namespaced", "verbs": ["create", "delete", "list", "patch"]},
        {"resource": "pods", "scope": "Namespaced", "verbs": ["create", "list"]},
        {"resource": "nodes", "scope": "Cluster", "verbs": ["list", "delete"]},
    ]}]}]},
    "/apis": {"items": [{"metadata": {"name": "apps"}, "versions": [
        {"version": "v1", "resources": [{"resource": "deployments", "scope": "Namespaced", "verbs": ["list"]}]},
        {"version": "v1beta1", "resources": [{"resource": "old", "scope": "Namespaced", "verbs": ["list"]}]},
    ]}, {"metadata": {"name": "authorization.k8s.io"}, "versions": [{"version": "v1", "resources": [
        {"resource": "selfsubjectaccessreviews", "scope": "Cluster", "verbs": ["create"]},
    ]}]}]},
}  # fmt: skip


@pytest.fixture
def kinds():
    def ask(method, path, body, headers):
        return SimpleNamespace(status_code=200, json=lambda: DISCOVERED[path])

    return developer_rights.resources(ask)


def test_every_kind_of_object_is_tried(kinds):
    assert [kind.full_name for kind in kinds][:4] == ["secrets", "pods", "nodes", "deployments.apps"]
    elsewhere = developer_rights.reads_elsewhere(kinds)
    assert elsewhere["list pods everywhere"] == ("GET", "/api/v1/pods")
    assert elsewhere["list secrets in default"] == ("GET", "/api/v1/namespaces/default/secrets")
    assert "list pods in default" not in elsewhere and "list deployments.apps in default" not in elsewhere
    assert "list nodes everywhere" in elsewhere and "list nodes in default" not in elsewhere


def test_reading_is_more_than_listing(kinds):
    by_name, watches = developer_rights.closer(kinds)
    assert by_name["get pods"] == ("GET", "/api/v1/namespaces/default/pods/none-such")
    assert set(by_name) == {"get pods", "get deployments.apps"}
    assert set(watches) == {"watch pods", "watch deployments.apps"}


def test_nothing_that_is_tried_does_anything(kinds):
    attempts = developer_rights.writes(kinds)
    assert set(attempts) == {"create secrets", "change secrets", "delete secrets", "create pods", "delete nodes"}
    for _, path, *_ in [*attempts.values(), *developer_rights.changes(Probe("probe:1"), "some-pod").values()]:
        assert path.endswith("?dryRun=All"), path


@pytest.mark.parametrize(
    ("verbs", "resources", "beyond"),
    [
        (["get", "list"], ["pods"], False),
        (["create"], ["selfsubjectreviews"], False),
        (["create"], ["pods"], True),
        (["get"], ["pods", "secrets"], True),
        (["get"], ["*"], True),
        (["*"], ["pods"], True),
    ],
)
def test_rights_beyond_reading_are_told(verbs, resources, beyond):
    assert bool(developer_rights.beyond_reading([{"verbs": verbs, "resources": resources}])) is beyond


def test_a_value_in_sight_is_found_in_each_form_and_never_named():
    value = 'a "long" value that nobody guesses'
    coded = base64.b64encode(value.encode()).decode()
    texts = {
        "as it is": value,
        "in JSON": r"{\"x\": \"a \"}" + value.replace('"', r"\""),
        "in base64": coded,
        "no": "a",
    }
    answers = {what: SimpleNamespace(text=text) for what, text in texts.items()}
    found = developer_secrets.leaks(answers, {"jwt-secret/JWT_SECRET": value})
    assert found == [f"jwt-secret/JWT_SECRET in {what}" for what in ("as it is", "in JSON", "in base64")]
    assert not any("nobody guesses" in text for text in found)


PLATFORM = {
    "sourceRepos": ["https://github.com/alternatefutures/platform.git"],
    "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "default"}],
    "namespaceResourceWhitelist": [{"group": "", "kind": "Service"}],
}


@pytest.mark.parametrize(
    ("changes", "wide"),
    [
        ({}, False),
        ({"sourceRepos": ["*"]}, True),
        ({"sourceRepos": ["https://*/platform.git"]}, True),
        ({"destinations": [{"server": "https://kubernetes.default.svc", "namespace": "*"}]}, True),
        ({"destinations": [{"server": "https://kubernetes.default.svc", "namespace": "kube-system"}]}, True),
        ({"destinations": [{"server": "*", "namespace": "default"}]}, True),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, True),
        ({"namespaceResourceWhitelist": []}, True),
        ({"namespaceResourceWhitelist": [{"group": "", "kind": "Secret"}]}, True),
        ({"sourceNamespaces": ["default"]}, True),
    ],
)
def test_a_project_that_allows_more_is_told(changes, wide):
    assert bool(too_wide("alternate-futures", {**PLATFORM, **changes})) is wide


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["/api", "/api/*", "/healthz", "/version/", "/.well-known/openid-configuration/", "/openid/v1/jwks"], []),
        (["/metrics", "/apis"], ["/metrics"]),
        (["*"], ["*"]),
        (["/logs/*", "/debug/pprof/*"], ["/debug/pprof/*", "/logs/*"]),
    ],
)
def test_paths_of_the_api_that_not_everybody_may_ask_for_are_told(paths, told):
    assert developer_rights.paths_beyond([{"verbs": ["get"], "nonResourceURLs": paths}]) == told


@pytest.fixture(scope="module")
def build():
    """Builds a kustomization as Argo CD does: its objects."""
    return kustomized


def test_developers_read_and_see_no_secrets(build):
    objects = {(item["kind"], item["metadata"]["name"]): item for item in build("access")}
    assert not [kind for kind, _ in objects if kind.startswith("Cluster")]
    for rule in objects["Role", "developer"]["rules"]:
        assert set(rule["verbs"]) <= READ_ONLY
        assert not set(rule["resources"]) & LEADS_ON
        assert "*" not in rule["apiGroups"]
    may = {resource for rule in objects["Role", "developer"]["rules"] for resource in rule["resources"]}
    assert {"pods", "pods/log", "services", "events", "deployments"} <= may
    binding = objects["RoleBinding", "developer"]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "developer"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "developer", "namespace": "default"}]
    for name in ("developer", "default"):
        assert objects["ServiceAccount", name]["automountServiceAccountToken"] is False


def test_an_api_server_that_is_overloaded_for_a_moment_is_asked_again(monkeypatch):
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    answers = iter([429, 503, 403])
    seen = developer_rights.statuses(
        lambda *_: SimpleNamespace(status_code=next(answers)), {"list pods": ("GET", "/api/v1/pods")}
    )
    assert seen == {"list pods": 403}
