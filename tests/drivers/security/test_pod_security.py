"""Which pods are dangerous, what kubectl says about them, and which hold a token, without a cluster."""

from types import SimpleNamespace

import pytest
import yaml
from tests_support import deployed_objects, pod_templates

from acceptance.base.paths import ROOT
from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster.etcd import ways_of_storing
from acceptance.drivers.security import pod_security, unauthenticated_access

SAID = """pod/good created (server dry run)
Error from server (Forbidden): error when creating "STDIN": pods "bad-0" is forbidden: violates PodSecurity "baseline"
Error from server (Invalid): error when creating "STDIN": Pod "bad-1" is invalid: spec
pod/bad-10 created (server dry run)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good", pod_security.ADMITTED),
        ("bad-0", pod_security.REFUSED),
        ("bad-1", pod_security.UNCLEAR),
        ("bad-10", pod_security.ADMITTED),
    ],
)
def test_what_kubectl_says_of_a_pod(name, expected):
    assert pod_security.answer(SAID, name) == expected


def test_one_api_server_that_admits_one_dangerous_pod_is_enough():
    pods = pod_security.dangerous_pods(Probe("probe:1"))
    good = {"good": pod_security.ADMITTED, **dict.fromkeys(pods, pod_security.REFUSED)}
    assert pod_security.misjudged({"one": good, "two": good}) == {}
    wrong = {**good, "bad-0-init": pod_security.ADMITTED}
    assert pod_security.misjudged({"one": good, "two": wrong}) == {"two": ["a pod privileged: admitted"]}
    assert pod_security.misjudged({"one": {**good, "good": pod_security.UNCLEAR}})


def test_init_containers_are_dangerous_too():
    pods = pod_security.dangerous_pods(Probe("probe:1"))
    first = pods["bad-0-init"]["spec"]["initContainers"][0]["securityContext"]
    rest = pods["bad-0-init"]["spec"]["containers"][0]["securityContext"]
    assert first == {"privileged": True} and "privileged" not in rest
    assert pods["bad-0"]["spec"]["containers"][0]["securityContext"] == {"privileged": True}


def pod(namespace, app, *, token=False, labels=None):
    source = SimpleNamespace(service_account_token=SimpleNamespace() if token else None)
    volume = SimpleNamespace(projected=SimpleNamespace(sources=[source]))
    metadata = SimpleNamespace(namespace=namespace, name=f"{app}-1", labels={"app": app, **(labels or {})})
    return SimpleNamespace(metadata=metadata, spec=SimpleNamespace(volumes=[volume]))


@pytest.mark.parametrize(
    ("found", "holders"),
    [
        (pod("default", "redis", token=True), ["default/redis-1"]),
        (pod("default", "redis"), []),
        (pod("default", "yb-tserver", token=True), []),
        (pod("argocd", "anything", token=True), []),
        (pod("git", "git", token=True), ["git/git-1"]),
        (pod("default", "stray", token=True, labels={"alternate-futures.dev/scenario": "true"}), []),
    ],
)
def test_a_token_is_for_those_who_call_the_api(found, holders):
    assert pod_security.needless_tokens([found]) == holders


def test_services_of_which_no_pod_is_there_prove_nothing():
    assert pod_security.lacking([pod("default", name) for name in ("redis", "auth-service")]) == [
        "backend-service", "frontend-service",
    ]  # fmt: skip


def test_health_may_be_told_and_nothing_else():
    seen = {"https://a:6443/livez": "200", "https://a:6443/version": "200", "https://a:6443/api": "401", "/apis": "000"}
    assert unauthenticated_access.told_too_much(seen) == {"https://a:6443/version": "200", "/apis": "000"}


def test_identity_is_no_encryption():
    values = {"a": b"k8s:enc:secretbox:v1:key1:xyz", "b": b"k8s\x00\n\x0c", "c": b"k8s:enc:identity:v1:x:"}
    assert ways_of_storing(values) == {"a": "k8s:enc:secretbox:v1:key1:"}


@pytest.mark.parametrize(
    ("version", "is_old"),
    [
        ("latest", False),
        ("v1.25", False),
        ("v1.33", False),
        ("v2.0", False),
        ("v1.24", True),
        ("v1.8", True),
        ("", True),
    ],
)
def test_an_old_version_of_a_standard_is_told(version, is_old):
    assert pod_security.is_old(version) is is_old


@pytest.mark.parametrize("attached", [False, True])
def test_of_somebody_elses_cluster_the_platforms_namespaces_are_judged(monkeypatch, attached):
    pinned = {"default": "v1.18", "tools": "v1.18", "traefik": "v1.30"}
    monkeypatch.setattr(
        pod_security, "standards", lambda _, name: {"enforce-version": pinned[name]} if name in pinned else {}
    )
    found = pod_security.old_standards(SimpleNamespace(is_attached=attached), [*pinned, "argocd"])
    assert [*found] == (["default"] if attached else ["default", "tools"]) and "v1.18" in found["default"]


PLACES = ("kind", "production")


@pytest.mark.parametrize("place", PLACES)
def test_pods_have_a_token_only_where_they_call_the_api(place):
    holders = {
        name for (_, name), (_, spec) in pod_templates(deployed_objects(place)).items()
        if spec.get("automountServiceAccountToken") is not False
    }  # fmt: skip
    # Patroni keeps its state in the API; YugabyteDB does not.
    assert holders == ({"yb-tserver"} if place == "kind" else set())


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("access", "baseline"),
        *((path, "restricted") for path in ("argocd/base", "sealed-secrets/base", "traefik/base", "git", "pebble")),
    ],
)
def test_namespaces_enforce_a_pod_security_standard(path, level):
    labels = yaml.safe_load((ROOT / "k8s" / path / "namespace.yaml").read_text())["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == level
    if path == "access":
        assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("warn", "audit")} == {"restricted"}
