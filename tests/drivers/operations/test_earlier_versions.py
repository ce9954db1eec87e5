"""A previous version whose settings or image are gone is told; older ones are not looked at."""

import http.server
import re
from types import SimpleNamespace as Thing

import pytest
from tests_support import http_server, reply

from acceptance.drivers.operations import earlier_versions
from acceptance.drivers.operations.earlier_versions import REVISION

KEPT = "/v2/alternate-futures/backend/manifests/kept"


def replica_set(number, config="backend-config", image="alternate-futures/backend:kept", owner="backend-service"):
    pod = {"containers": [{"name": "a", "image": image, "envFrom": [{"configMapRef": {"name": config}}]}]}
    owners = [{"kind": "Deployment", "name": owner}]
    metadata = {"name": f"{owner}-{number}", "ownerReferences": owners, "annotations": {REVISION: str(number)}}
    return {"metadata": metadata, "spec": {"template": {"spec": pod}}}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    class Registry(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            reply(self, b"", 200 if self.path == KEPT else 404)

        def log_message(self, *_):
            pass

    with http_server(Registry) as place:
        monkeypatch.setattr(earlier_versions, "REGISTRY", f"http://{place}/v2")
        yield


@pytest.fixture
def found(monkeypatch):
    there = {"ConfigMap": {("default", "backend-config")}, "ServiceAccount": set()}
    monkeypatch.setattr(earlier_versions.missing_references, "existing", lambda _: there)
    monkeypatch.setattr(earlier_versions.policies, "workloads_everywhere", lambda _: {"a": {"spec": {}}})

    def judge(*sets, is_attached=False):
        monkeypatch.setattr(earlier_versions, "objects_of", lambda *_: sets)
        return earlier_versions.irreversible(Thing(cluster=Thing(is_attached=is_attached)))

    return judge


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ([replica_set(1)], ""),
        ([replica_set(1), replica_set(2)], ""),
        ([replica_set(10, config="backend-config-v2"), replica_set(11)], "gone is ConfigMap backend-config-v2"),
        ([replica_set(2), replica_set(1, config="gone"), replica_set(10)], ""),
        ([replica_set(1, image="alternate-futures/backend:old"), replica_set(2)], "the image .*/backend:old"),
        ([replica_set(1), replica_set(2, image="docker.io/alternate-futures/backend:old")], "backend:old"),
        ([replica_set(1, config="gone", owner="other"), replica_set(2, owner="other")], ""),
    ],
    ids=["one", "two", "settings", "older", "image", "current", "others"],
)
def test_a_previous_version_that_could_not_start_is_told(found, sets, said):
    text = "; ".join(found(*sets).values())
    assert bool(text) is bool(said)
    assert re.search(said, text)


def test_where_machines_pull_from_elsewhere_no_image_is_looked_for(found):
    assert not found(replica_set(1, image="ghcr.io/alternate-futures/backend:old"), is_attached=True)


def test_a_rollout_that_is_paused_is_told(found, monkeypatch):
    monkeypatch.setattr(earlier_versions.policies, "workloads_everywhere", lambda _: {"a": {"spec": {"paused": True}}})
    assert "paused" in found()["a"]


def test_a_registry_that_is_away_has_no_image(monkeypatch):
    monkeypatch.setattr(earlier_versions, "REGISTRY", "http://127.0.0.1:9/v2")
    assert earlier_versions.lost_images({"containers": [{"image": "a:1"}]}) == ["the image a:1"]
