"""Secrets in etcd. Source: plan 27.2."""

import base64
import re
import secrets

from pytest_bdd import given, then, when

from acceptance.base.conditions import as_json
from acceptance.drivers import benchmark
from acceptance.drivers.etcd import DATA, etcd_pod, etcdctl

# Encryption at rest.

SNAPSHOT = f"{DATA}/hardening.db"
ENCRYPTED = re.compile(rb"k8s:enc:(?!identity)[a-z]+:v\d+:[^:]+:")


def stored(cluster, prefix):
    """What etcd holds below a key: bytes, by key."""
    found = as_json(etcdctl(cluster, "get", prefix, "--prefix", "--write-out", "json")).get("kvs", [])
    return {base64.b64decode(item["key"]).decode(): base64.b64decode(item["value"]) for item in found}


@given("a Secret and a ConfigMap, each with a value of its own", target_fixture="marks")
def secret_and_config_map(namespace):
    marks = {kind: f"mark-{secrets.token_hex(16)}" for kind in ("Secret", "ConfigMap")}
    for kind, mark in marks.items():
        data = {"stringData" if kind == "Secret" else "data": {"value": mark}}
        namespace.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": "marked"}, **data})
    return marks


@when("a snapshot of etcd is taken", target_fixture="snapshot")
def take_snapshot(cluster, namespace, marks):
    node = etcd_pod(cluster).spec.node_name
    # What is read from a member, it has: a member may be a moment behind what the API acknowledged.
    held = stored(cluster, f"/registry/configmaps/{namespace.name}/marked")
    assert any(marks["ConfigMap"].encode() in value for value in held.values()), f"etcd holds {sorted(held)}"
    try:
        etcdctl(cluster, "snapshot", "save", SNAPSHOT)
        yield node
    finally:
        cluster.on_node(node, "rm", "-f", SNAPSHOT, check=False)


@then("the ConfigMap's value is in it in clear, and the Secret's is not")
def secret_not_in_clear(cluster, namespace, marks, snapshot, evidence):
    def found(text):
        # grep ends with 1 where it finds nothing, and prints 0.
        count = cluster.on_node(snapshot, "grep", "--count", "--text", "--fixed-strings", text, SNAPSHOT, check=False)
        assert count.isdigit(), f"the snapshot on {snapshot} cannot be searched: {count!r}"
        return int(count) > 0

    secret = stored(cluster, f"/registry/secrets/{namespace.name}/marked")
    assert list(secret) == [f"/registry/secrets/{namespace.name}/marked"], f"etcd holds {list(secret)} of the Secret"
    coded = base64.b64encode(marks["Secret"].encode()).decode()
    seen = {
        "the ConfigMap's value": found(marks["ConfigMap"]),
        "the Secret's key": found(f"/registry/secrets/{namespace.name}/marked"),
        "the Secret's value": found(marks["Secret"]) or found(coded),
    }
    (value,) = secret.values()
    evidence.add("found in the snapshot", {**seen, "what is stored of the Secret": repr(value[:60])})
    assert seen["the ConfigMap's value"], "the ConfigMap's value is not found either: the search proves nothing"
    assert seen["the Secret's key"], "the Secret is not in the snapshot: the search proves nothing"
    assert not seen["the Secret's value"], "the Secret's value is in the snapshot of etcd in clear"


@then("etcd holds no Secret of the cluster but encrypted")
def all_secrets_encrypted(cluster, evidence):
    values = stored(cluster, "/registry/secrets/")
    ways = {key: match[0].decode() for key, value in values.items() if (match := ENCRYPTED.match(value))}
    evidence.add(
        "Secrets by the way they are stored", {way: list(ways.values()).count(way) for way in {*ways.values()}}
    )
    clear = sorted(set(values) - set(ways))
    assert values and not clear, f"expected every Secret encrypted in etcd, {len(clear)} are not: {clear[:10]}"


@then("all API servers have the same key, in a file that only root may read")
def key_is_private(cluster, outputs, evidence):
    servers = benchmark.facts(cluster)[benchmark.API]
    paths = {found.get("encryption-provider-config") for found in servers.values()}
    assert len(paths) == 1 and None not in paths, f"expected one --encryption-provider-config, saw {paths}"
    (path,) = paths
    modes, digests = {}, set()
    for machine in outputs.control_planes:
        # The owner is whoever made the cluster, on whose machine the node's root is root.
        modes[machine.name] = cluster.on_node(machine.name, "stat", "--format", "%a", path)
        digests.add(cluster.on_node(machine.name, "sha256sum", path).split()[0])
    evidence.add(f"mode of {path}", modes)
    assert set(modes.values()) == {"600"}, f"expected mode 600 of {path} on every control plane, saw {modes}"
    assert len(digests) == 1, f"the API servers have {len(digests)} different keys: one cannot read what another wrote"
