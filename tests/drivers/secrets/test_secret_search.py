"""Secret values are found in every other object and text, in each form; public values are ignored."""

import base64
import gzip
import json
from types import SimpleNamespace

import pytest

from acceptance.drivers.secrets import secret_search

VALUE = "correct-horse-battery-staple"
LABEL = "shop/mail/password"
KEY = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(letter * 64 for letter in "ABC") + "\n-----END PRIVATE KEY-----\n"


def secret(namespace="shop", labels=None, **data):
    data = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"namespace": namespace, "name": "mail", "labels": labels}, "data": data}


def item(kind="ConfigMap", namespace="shop", owners=None, **parts):
    metadata = {"namespace": namespace, "name": "a", **({"ownerReferences": owners} if owners else {})}
    return {"kind": kind, "metadata": {**metadata, **parts.pop("metadata", {})}, **parts}


@pytest.mark.parametrize(
    ("key", "value", "is_one"),
    [
        ("password", "hunter2hunter2", True),
        ("DATABASE_URL", "postgresql://app:hunter2@db/app", True),
        ("tls.key", KEY, True),
        ("whatever", "Zk3vXo9q-LmP_81TyuWq77", True),
        ("password", "short", False),
        ("POSTGRES_USER", "platform", False),
        ("database", "alternatefutures", False),
        ("tls.crt", "-----BEGIN CERTIFICATE-----\nMII\n", False),
        ("url", "http://git.git.svc.cluster.local/platform.git", False),
        ("admin.passwordMtime", "2026-11-29T01:14:42Z", False),
        ("REDIS_URL", "redis://redis:6379", False),
    ],
)
def test_what_a_secret_has_that_is_one(key, value, is_one):
    assert secret_search.is_secret(key, value) is is_one


def test_scenarios_and_the_nodes_have_secrets_of_their_own():
    others = [secret("scenario-1", password=VALUE), secret("kube-system", password=VALUE)]
    assert secret_search.values_of([*others, secret(password=VALUE)]) == {LABEL: VALUE}


@pytest.mark.parametrize(
    "thing",
    [
        item(data={"notes": f"it is {VALUE}!"}),
        item(data={"notes": base64.b64encode(f"it is {VALUE}!".encode()).decode()}),
        item(binaryData={"dump": base64.b64encode(VALUE.encode()).decode()}),
        item(metadata={"annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"a": VALUE})}}),
        item("Application", spec={"source": {"helm": {"values": f"a: {VALUE}"}}}),
        item("Pod", spec={"containers": [{"args": [f"--x={VALUE}"]}]}),
    ],
)
def test_a_value_is_found_wherever_an_object_has_it(thing):
    assert any(f"holds {LABEL}" in text for text in secret_search.in_clear([thing], {LABEL: VALUE}))


def test_a_key_is_found_by_a_line_of_it():
    found = secret_search.held_in({"a": json.dumps(item(data={"k": "copied:\n  " + "B" * 64}))}, {LABEL: KEY})
    assert found == [f"a holds {LABEL}"]
    assert secret_search.held_in({"a": "A" * 60}, {LABEL: KEY}) == []


def test_other_texts_hold_nothing():
    assert secret_search.in_clear([item(data={"RATE_LIMIT": "20"})], {LABEL: VALUE}) == []


@pytest.mark.parametrize(
    ("thing", "counts"),
    [
        (item(), True),
        (item("Pod", owners=[{"kind": "ReplicaSet"}]), True),
        (item("ReplicaSet", owners=[{"kind": "Deployment"}]), False),
        (item(namespace="kube-system"), True),
        (item(namespace="scenario-1"), False),
        ({"kind": "Namespace", "metadata": {"name": "default"}}, True),
        ({"kind": "Namespace", "metadata": {"name": "scenario-1"}}, False),
    ],
)
def test_whose_objects_are_looked_at(thing, counts):
    said = {
        "api-resources": "configmaps\nsecrets\nevents\ncustomresourcedefinitions.apiextensions.k8s.io\n",
        "get": json.dumps({"items": [thing]}),
    }
    asked = []

    def kubectl(*arguments):
        asked.append(arguments)
        return said[arguments[0]]

    cluster = SimpleNamespace(is_attached=False, kubectl=kubectl)
    assert bool(secret_search.objects(cluster)) is counts
    assert "--namespaced" not in asked[0]
    assert asked[1][1] == "configmaps"


def test_the_nodes_namespaces_may_hold_credentials_of_others_but_no_secrets_value():
    there = item(namespace="kube-public", data={"JWT_SECRET": VALUE, "join.ini": "token=abcdef.0123456789abcdef\n"})
    (told,) = secret_search.in_clear([there], {LABEL: VALUE})
    assert told == f"ConfigMap kube-public/a holds {LABEL}"
    assert secret_search.in_clear([there], {}) == []


ARCHIVE = base64.b64encode(gzip.compress(f"it is {VALUE}!".encode(), mtime=0)).decode()


@pytest.mark.parametrize(
    ("thing", "is_told"),
    [
        (item(binaryData={"b.gz": ARCHIVE}), True),
        (item(data={"b": base64.b64encode(ARCHIVE.encode()).decode()}), True),
        (item(namespace="kube-system", data={"release": ARCHIVE}), False),
        (item(metadata={"labels": {"owner": "helm"}}, data={"release": ARCHIVE}), False),
        (item("SealedSecret", spec={"encryptedData": {"a": ARCHIVE}}), False),
        (item(data={"logo.png": base64.b64encode(bytes(range(64))).decode()}), False),
    ],
    ids=["binary", "twice", "nodes", "helm", "sealed", "picture"],
)
def test_an_archive_that_nobody_can_read_is_told(thing, is_told):
    assert bool(secret_search.in_clear([thing], {LABEL: VALUE})) is is_told


def test_settings_and_manifests_of_git_give_nothing_away():
    versions = {
        ("1" * 40, "platform: app.properties"): "db.password=hunter2\n",
        ("2" * 40, "platform: map.yaml"): "kind: ConfigMap\ndata:\n  a.ini: |\n    password=hunter2\n",
        ("3" * 40, "platform: README.md"): "password=hunter2\n",
        ("4" * 40, "platform: test.py"): "postgres://postgres:postgres@localhost\n",
    }
    found = secret_search.given_away_in_git(versions)
    assert [text.split(" ")[1] for text in found] == ["app.properties", "map.yaml"]
