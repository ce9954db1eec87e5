"""Secret values that reach pods otherwise than from a Secret are found; production's manifests have none."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.secrets import sealed_secret_status, secret_use
from acceptance.platform import secrets

KEYS = {"jwt-secret": ["JWT_SECRET"], "database-credentials": ["POSTGRES_USER", "POSTGRES_PASSWORD", "DATABASE_URL"]}


def workload(*environment):
    """A Deployment whose container has these variables."""
    containers = [{"name": "a", "env": list(environment)}]
    return {"metadata": {"name": "auth"}, "spec": {"template": {"spec": {"containers": containers}}}}


def reference(name, secret, key):
    """A variable that comes from a Secret."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


@pytest.mark.parametrize(
    "variable",
    [
        {"name": "JWT_SECRET", "value": "in clear"},
        {"name": "DATABASE_URL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "DATABASE_URL"}}},
        reference("JWT_SECRET", "jwt-secret", "JWT_SECRET_2"),
        reference("JWT_SECRET", "jwt-secret-copy", "JWT_SECRET"),
        reference("JWT_SECRET", "database-credentials", "POSTGRES_PASSWORD"),
    ],
)
def test_a_secret_value_from_elsewhere_is_seen(variable):
    assert secret_use.not_by_reference(workload(variable), KEYS)


def test_references_and_other_settings_are_left_alone():
    settings = reference("JWT_SECRET", "jwt-secret", "JWT_SECRET"), {"name": "PORT", "value": "3001"}
    assert secret_use.not_by_reference(workload(*settings, {"name": "POSTGRES_USER", "value": "platform"}), KEYS) == []


def test_a_value_under_another_name_is_seen():
    values = {"jwt-secret/JWT_SECRET": "correct-horse"}
    assert secret_use.in_clear(workload({"name": "SIGNING_KEY", "value": "correct-horse"}), values)
    assert secret_use.in_clear(workload({"name": "SIGNING_KEY", "value": "another"}), values) == []


CONTAINERS = [{"name": "a", "env": [{"name": "JWT_SECRET", "value": "in clear"}]}]


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": CONTAINERS},
        {"initContainers": CONTAINERS, "containers": []},
        {"template": {"spec": {"containers": CONTAINERS}}},
        {"jobTemplate": {"spec": {"template": {"spec": {"containers": CONTAINERS}}}}},
    ],
)
def test_pods_and_jobs_are_looked_at_like_deployments(spec):
    assert secret_use.not_by_reference({"metadata": {"name": "backup"}, "spec": spec}, KEYS)


def config_map(**data):
    """A ConfigMap, which has no containers."""
    return {"kind": "ConfigMap", "metadata": {"name": "auth-config"}, "data": data}


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ({"RATE_LIMIT": "20"}, 0),
        ({"JWT_SECRET": "another"}, 1),
        ({"SIGNING_KEY": "correct-horse"}, 1),
        ({"script": "curl -H 'key: correct-horse'"}, 1),
    ],
)
def test_a_secret_in_a_config_map_is_seen(data, count):
    values = {"jwt-secret": {"JWT_SECRET": "correct-horse"}}
    assert len(secret_use.otherwise([config_map(**data)], values)) == count


def sealed(status="True", generation=1, **metadata):
    """A SealedSecret as the API has it."""
    conditions = [{"type": "Synced", "status": status, "message": "no key could decrypt secret"}]
    found = {"conditions": conditions, "observedGeneration": generation}
    return {"metadata": {"name": "a", "namespace": "default", "generation": 1, **metadata}, "spec": {}, "status": found}


@pytest.mark.parametrize(
    ("item", "word"),
    [
        (sealed(), "unsealed"),
        (sealed(status="False"), "no key could decrypt"),
        (sealed(generation=0), "not processed"),
        (sealed(annotations={sealed_secret_status.WIDE[0]: "true"}), "other names"),
        (
            {**sealed(), "spec": {"template": {"metadata": {"annotations": {sealed_secret_status.WIDE[1]: "true"}}}}},
            "other names",
        ),
    ],
)
def test_the_state_of_a_sealed_secret(item, word):
    assert word in sealed_secret_status.state_of_sealed(item)


def test_sealed_secrets_of_scenarios_are_not_the_platforms():
    items = [sealed(), sealed(namespace="scenario-1", status="False")]
    custom = SimpleNamespace(list_cluster_custom_object=lambda *_: {"items": items})
    seen = sealed_secret_status.states_of_sealed(SimpleNamespace(custom=custom))
    assert {name for name, state in seen.items() if state == "unsealed"} == {"default/a"}
    assert {name for name, state in seen.items() if state != "unsealed"} == {f"default/{name}" for name in secrets.KEYS}


def workload_of(**spec):
    """A workload as the API's client has it."""
    return SimpleNamespace(metadata=SimpleNamespace(name="redis"), spec=SimpleNamespace(**spec))


def strategy(kind="RollingUpdate", partition=0):
    """How a StatefulSet replaces its pods."""
    return SimpleNamespace(type=kind, rolling_update=SimpleNamespace(partition=partition))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (workload_of(paused=None), []),
        (workload_of(update_strategy=strategy()), []),
        (workload_of(update_strategy=SimpleNamespace(type="RollingUpdate", rolling_update=None)), []),
        (workload_of(min_ready_seconds=30), []),
        (workload_of(min_ready_seconds=86400), ["redis waits 86400 s after each replaced pod"]),
        (workload_of(paused=True), ["redis is paused"]),
        (
            workload_of(update_strategy=strategy("OnDelete")),
            ["redis replaces pods only after they are deleted by hand (OnDelete)"],
        ),
        (workload_of(update_strategy=strategy(partition=1)), ["redis replaces only the pods with ordinal 1 or higher"]),
    ],
)
def test_what_keeps_a_restart_from_pods_is_named(item, words):
    assert sealed_secret_status.held_back(item) == words
