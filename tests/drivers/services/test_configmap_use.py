"""Values that pods do not take from their ConfigMap are found."""

import contextlib
from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.drivers.services import configmap_use
from acceptance.drivers.services.configmap_use import elsewhere

CONFIG = "auth-config"


def spec(env=(), names=(CONFIG,), prefix=None):
    """A pod's spec that takes ConfigMaps and variables."""
    sources = [
        client.V1EnvFromSource(config_map_ref=client.V1ConfigMapEnvSource(name=name), prefix=prefix) for name in names
    ]
    container = client.V1Container(name="auth", env=list(env) or None, env_from=sources or None)
    return client.V1PodSpec(containers=[container])


def reference(key, name=CONFIG):
    """A variable that comes from a key of a ConfigMap."""
    source = client.V1ConfigMapKeySelector(name=name, key=key)
    return client.V1EnvVar(name="LIMIT", value_from=client.V1EnvVarSource(config_map_key_ref=source))


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec([client.V1EnvVar(name="PORT", value="3001")]),
        spec([reference("LIMIT")], []),
        spec(names=("other", CONFIG)),
    ],
)
def test_the_whole_configmap_or_its_key(good):
    assert elsewhere({"auth": good}, ["LIMIT"], CONFIG) == {}


@pytest.mark.parametrize(
    ("bad", "way"),
    [
        (spec(names=()), "nowhere"),
        (spec(names=("other",)), "nowhere"),
        (spec(prefix="AUTH_"), "nowhere"),
        (spec([client.V1EnvVar(name="LIMIT", value="20")], []), "an entry of its own in env"),
        (spec([client.V1EnvVar(name="LIMIT", value="20")]), "an entry of its own in env"),
        (spec([reference("LIMIT", "other")]), "an entry of its own in env"),
        (spec([reference("LOWEST")]), "an entry of its own in env"),
    ],
)
def test_values_from_elsewhere_are_seen(bad, way):
    assert elsewhere({"auth": bad, "other": spec()}, ["LIMIT"], CONFIG) == {"auth": {"LIMIT": way}}


def test_what_a_service_mesh_puts_first_is_passed_over():
    pod = spec()
    pod.containers.insert(0, client.V1Container(name="linkerd-proxy"))
    assert elsewhere({"auth": pod}, ["LIMIT"], CONFIG) == {}


@pytest.mark.parametrize(
    ("data", "immutable", "wrong"), [({"A": "1"}, None, ""), ({"A": "1"}, True, "immutable"), (None, None, "empty")]
)
def test_values_are_there_and_can_be_changed(data, immutable, wrong):
    found = client.V1ConfigMap(data=data, immutable=immutable)
    cluster = SimpleNamespace(core=SimpleNamespace(read_namespaced_config_map=lambda name, namespace: found))
    with pytest.raises(AssertionError, match=wrong) if wrong else contextlib.nullcontext():
        assert configmap_use.values_of(cluster, "auth-config", "default") == {"A": "1"}


HASHED = "auth-config-5h2km7t89f"


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        (spec(), CONFIG),
        (spec(names=("other", HASHED)), HASHED),
        (spec([reference("LIMIT", HASHED)], []), HASHED),
        (spec(names=("auth-config-of-others",)), CONFIG),
        (spec(names=()), CONFIG),
    ],
)
def test_a_generated_name_is_the_one_that_the_pod_names(pod, name):
    assert configmap_use.called(pod, CONFIG) == name


def test_what_is_replaced_with_each_change_may_be_immutable():
    found = client.V1ConfigMap(data={"A": "1"}, immutable=True)
    cluster = SimpleNamespace(core=SimpleNamespace(read_namespaced_config_map=lambda name, namespace: found))
    assert configmap_use.values_of(cluster, HASHED, "default") == {"A": "1"}
