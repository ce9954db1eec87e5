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


def keys_of(kind, name):
    """The keys of what a container takes beside its ConfigMap."""
    return {("ConfigMap", "defaults"): {"LIMIT"}, ("Secret", "keys"): {"LIMIT", "LEVEL"}}.get((kind, name), set())


def secret(pod):
    """The spec, which takes all keys of a Secret, last."""
    pod.containers[0].env_from.append(client.V1EnvFromSource(secret_ref=client.V1SecretEnvSource(name="keys")))
    return pod


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec([client.V1EnvVar(name="PORT", value="3001")]),
        spec([reference("LIMIT")], []),
        spec(names=("other", CONFIG)),
        spec(names=("defaults", CONFIG)),
        spec(names=(CONFIG, "other")),
    ],
)
def test_the_whole_configmap_or_its_key(good):
    assert elsewhere({"auth": good}, ["LIMIT"], CONFIG, keys_of) == {}


@pytest.mark.parametrize(
    ("bad", "way"),
    [
        (spec(names=()), "nowhere"),
        (spec(names=("other",)), "nowhere"),
        (spec(prefix="AUTH_"), "nowhere"),
        (spec(names=(CONFIG, "defaults")), "the ConfigMap defaults"),
        (secret(spec()), "the Secret keys"),
        (spec([client.V1EnvVar(name="LIMIT", value="20")], []), "an entry of its own in env"),
        (spec([client.V1EnvVar(name="LIMIT", value="20")]), "an entry of its own in env"),
        (spec([reference("LIMIT", "other")]), "an entry of its own in env"),
        (spec([reference("LOWEST")]), "an entry of its own in env"),
    ],
)
def test_values_from_elsewhere_are_seen(bad, way):
    assert elsewhere({"auth": bad, "other": spec()}, ["LIMIT"], CONFIG, keys_of) == {"auth": {"LIMIT": way}}


def test_what_a_service_mesh_puts_first_is_passed_over():
    pod = spec()
    pod.containers.insert(0, client.V1Container(name="linkerd-proxy"))
    assert elsewhere({"auth": pod}, ["LIMIT"], CONFIG, keys_of) == {}


@pytest.mark.parametrize(
    ("data", "immutable", "wrong"), [({"A": "1"}, None, ""), ({"A": "1"}, True, "immutable"), (None, None, "empty")]
)
def test_values_are_there_and_can_be_changed(data, immutable, wrong):
    found = client.V1ConfigMap(data=data, immutable=immutable)
    cluster = SimpleNamespace(core=SimpleNamespace(read_namespaced_config_map=lambda name, namespace: found))
    with pytest.raises(AssertionError, match=wrong) if wrong else contextlib.nullcontext():
        assert configmap_use.values_of(cluster, "auth-config", "default") == {"A": "1"}


def test_a_hash_in_the_name_is_found_and_may_be_immutable():
    hashed = f"{CONFIG}-k2h7f9m4bd"
    assert configmap_use.named(spec(names=("other", hashed)), CONFIG) == hashed
    assert configmap_use.named(spec([reference("LIMIT", hashed)], []), CONFIG) == hashed
    assert configmap_use.named(spec(names=(f"{CONFIG}-old",)), CONFIG) == CONFIG
    found = client.V1ConfigMap(data={"A": "1"}, immutable=True)
    cluster = SimpleNamespace(core=SimpleNamespace(read_namespaced_config_map=lambda name, namespace: found))
    assert configmap_use.values_of(cluster, hashed, "default") == {"A": "1"}


def test_keys_are_read_once_and_none_of_what_is_missing():
    asked = []

    def read(name, namespace):
        asked.append(name)
        if name == "missing":
            raise client.ApiException(status=404)
        return client.V1ConfigMap(data={"A": "1"})

    core = SimpleNamespace(read_namespaced_config_map=read, read_namespaced_secret=read)
    keys = configmap_use.keys_in(SimpleNamespace(core=core), "default")
    assert keys("ConfigMap", "a") == keys("ConfigMap", "a") == {"A"} and keys("Secret", "missing") == set()
    assert asked == ["a", "missing"]
