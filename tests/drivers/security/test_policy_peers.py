"""Policies name the Applications that they admit; other labels let in whoever has them."""

from types import SimpleNamespace

import pytest
from tests_support import deployed_objects

from acceptance.base.labels import NAME_LABEL, SCENARIO_LABEL
from acceptance.cluster.namespace import new_namespace
from acceptance.drivers.security import policy_peers

NAMESPACES = {name: {"kubernetes.io/metadata.name": name} for name in ("default", "traefik", "argocd")}
PLATFORM = {"app.kubernetes.io/part-of": "alternate-futures"}
PODS = [
    *({NAME_LABEL: name, "app": name, **PLATFORM} for name in ("auth-service", "backend-service", "redis")),
    {NAME_LABEL: "database", "app": "yb-tserver", **PLATFORM},
]


def policy(name, **peer):
    """The policies of an Application that admits one peer."""
    rule = {"from": [peer]}
    return {
        name: {"podSelector": {"matchLabels": {NAME_LABEL: name}}, "ingress": [rule]},
        "default-deny": {"podSelector": {}},
    }


@pytest.mark.parametrize("place", ["kind", "production"])
def test_the_platforms_policies_name_their_callers(place):
    objects = deployed_objects(place)
    specs = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "NetworkPolicy"}
    pods = policy_peers.started_by(item for item in objects if item["kind"] != "Service")
    assert {pod[NAME_LABEL] for pod in pods} == set(policy_peers.CALLERS)
    assert policy_peers.beyond_callers(specs, pods, NAMESPACES) == []


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("redis", PLATFORM),
        ("redis", {"app": "backend-service"}),
        ("redis", {NAME_LABEL: "backend-service"}),
        ("auth-service", {"debug": "true"}),
        ("database", {"app": "redis"}),
        ("database", {}),
    ],
)
def test_a_peer_that_was_added_is_told(name, labels):
    (said,) = policy_peers.beyond_callers(policy(name, podSelector={"matchLabels": labels}), PODS, NAMESPACES)
    assert said.startswith(f"{name}: pods")
    inside = {"matchLabels": NAMESPACES["default"]}
    there = policy(name, podSelector={"matchLabels": labels}, namespaceSelector=inside)
    assert policy_peers.beyond_callers(there, PODS, NAMESPACES) == [said]


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("redis", {"podSelector": {"matchLabels": {NAME_LABEL: "auth-service", "debug": "true"}}}),
        ("auth-service", {"podSelector": {"matchLabels": {"app": "backend-service"}}}),
        ("database", {"podSelector": {"matchLabels": {"app": "yb-tserver"}}}),
        ("database", {"podSelector": {"matchExpressions": [
            {"key": NAME_LABEL, "operator": "In", "values": ["auth-service", "backend-service"]}]}}),
        ("auth-service", {"podSelector": {"matchLabels": {"app": "traefik"}},
                          "namespaceSelector": {"matchLabels": NAMESPACES["traefik"]}}),
        ("redis", {"podSelector": {"matchLabels": {"a": "b"}},
                   "namespaceSelector": {"matchLabels": {SCENARIO_LABEL: "true"}}}),
        ("redis", {"ipBlock": {"cidr": "10.0.0.0/8"}}),
    ],
)  # fmt: skip
def test_a_peer_that_names_a_caller_is_right(name, peer):
    assert policy_peers.beyond_callers(policy(name, **peer), PODS, NAMESPACES) == []


def test_expressions_that_leave_some_out_name_nobody():
    others = {"matchExpressions": [{"key": NAME_LABEL, "operator": "NotIn", "values": ["frontend-service"]}]}
    assert policy_peers.beyond_callers(policy("redis", podSelector=others), PODS, NAMESPACES)


def test_a_namespace_that_somebody_may_make_later_is_told():
    traefik = {
        "podSelector": {"matchLabels": {"app": "t"}},
        "namespaceSelector": {"matchLabels": NAMESPACES["traefik"]},
    }
    assert (
        policy_peers.beyond_callers(policy("auth-service", **traefik), PODS, {"default": NAMESPACES["default"]}) == []
    )
    peer = {"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "tools"}}}
    (said,) = policy_peers.beyond_callers(policy("redis", **peer), PODS, NAMESPACES)
    assert "which none has" in said


def test_labels_of_pods_of_every_kind_of_workload():
    template = {"metadata": {"labels": {"app": "a"}}}
    cron = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}}
    assert policy_peers.labels_of_pods({"kind": "Deployment", "spec": {"template": template}}) == {"app": "a"}
    assert policy_peers.labels_of_pods(cron) == {"app": "a"}
    assert policy_peers.labels_of_pods({"kind": "Pod", "metadata": {"labels": {"app": "b"}}}) == {"app": "b"}
    assert policy_peers.labels_of_pods({"kind": "ConfigMap", "data": {}}) == {}


def test_a_namespace_that_calls_itself_a_scenarios_is_told():
    run, label = {"alternate-futures.dev/run": "20261127T211438Z-88f5"}, {SCENARIO_LABEL: "true"}
    namespaces = {
        "default": {}, "tools": label, "scenario-tools": {**label, **run}, "scenario-0a1b2c": {**label, **run},
        "scenario-ffffff": label, "other": {**label, **run},
    }  # fmt: skip
    assert policy_peers.not_scenarios(namespaces) == ["other", "scenario-ffffff", "scenario-tools", "tools"]


def test_names_are_those_that_the_suite_gives():
    made = []
    core = SimpleNamespace(create_namespace=made.append, read_namespaced_service_account=lambda *_: True)
    cluster = SimpleNamespace(core=core, run_id="20261127T211438Z-88f5", is_attached=False)
    new_namespace(cluster)
    (metadata,) = [item["metadata"] for item in made]
    assert policy_peers.not_scenarios({metadata["name"]: metadata["labels"]}) == []


def test_a_workload_that_waits_for_its_hour_is_told():
    def workload(kind, name, labels):
        template = {"metadata": {"labels": labels}}
        spec = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
        return {"kind": kind, "metadata": {"name": name}, "spec": spec}

    found = [
        workload("Deployment", "auth-service", PODS[0]), workload("Job", "auth-synced", PODS[0]),
        {"kind": "ConfigMap", "metadata": {"name": "auth-config"}, "data": {}},
        workload("CronJob", "tidy", {"app": "auth-service"}),
    ]  # fmt: skip
    assert policy_peers.of_no_application(found) == ["CronJob tidy"]


def test_whom_policies_of_production_let_in_is_told_as_well(monkeypatch):
    specs = {"redis": {"ingress": [{}]}}
    monkeypatch.setattr(policy_peers, "of_production", lambda _: (specs, []))
    namespaces = {"default": {"kubernetes.io/metadata.name": "default"}}
    assert policy_peers.from_elsewhere_everywhere(None, {}, namespaces) == ["production's redis: any source"]
    assert policy_peers.from_elsewhere_everywhere(None, specs, namespaces)[0] == "redis: any source"
