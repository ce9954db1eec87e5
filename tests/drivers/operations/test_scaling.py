"""Replicas committed to Git, and a worker that accepts pods again however its drain ends."""

import types

import pytest
import yaml

from acceptance.drivers.operations import scaling
from acceptance.drivers.operations.service_under_change import ServiceUnderChange


def thing(**fields):
    """An object with fields."""
    return types.SimpleNamespace(**fields)


def pod(name, node):
    return thing(metadata=thing(name=name), spec=thing(node_name=node))


@pytest.fixture
def service(monkeypatch):
    """A service of three pods on two workers, in a repository that keeps what is committed."""
    commits, calls = [], []
    repository = thing(commit=lambda files, message: commits.append((files, message)) or "c0ffee")
    made = ServiceUnderChange("backend-service", None, thing(sync=calls.append), repository)
    made.overlay = "resources: [../../base]\n"
    made.__dict__["path"] = "k8s/backend-service/overlays/kind/kustomization.yaml"
    made.cluster = thing(kubectl=lambda *words: calls.append(words) or "evicted")
    pods = {n: pod(f"pod-{n}", f"worker-{n % 2}") for n in range(3)}
    for name, value in {
        "status": lambda *_, **__: {}, "is_still_off": lambda *_: None, "all_of": lambda *_: True,
        "wait_deployed": lambda *found: calls.append(found[1:]), "pods": lambda *_: pods,
        "deployment": lambda *_: thing(spec=thing(replicas=3)),
    }.items():  # fmt: skip
        monkeypatch.setattr(ServiceUnderChange, name, value)
    made.commits, made.calls = commits, calls
    return made


def test_replicas_and_a_version_are_committed_together(service):
    scaling.push_replicas(service, 3)
    scaling.push_another_version(service)
    plain, other = [yaml.safe_load(files[service.path])["patches"][0] for files, _ in service.commits]
    assert yaml.safe_load(plain["patch"]) == [{"op": "replace", "path": "/spec/replicas", "value": 3}]
    replicas, version = yaml.safe_load(other["patch"])
    assert replicas["value"] == 3
    assert list(version["value"].values()) == [service.version]
    # Argo CD is asked, and its sync awaited, each time.
    assert service.calls == [
        "backend-service", ("c0ffee", None), "backend-service", ("c0ffee", service.version)
    ]  # fmt: skip


def test_pods_are_told_by_their_node(service):
    assert scaling.wait_ready(service, 3) == {"worker-0": ["pod-0", "pod-2"], "worker-1": ["pod-1"]}


def test_only_the_services_pods_are_evicted_and_the_worker_takes_pods_again(service):
    with scaling.drained_worker(service) as drained:
        assert (drained.node, drained.said) == ("worker-0", "evicted")
    drain, uncordon = service.calls
    assert drain[:3] == ("drain", "worker-0", "--pod-selector=app=backend-service")
    assert uncordon == ("uncordon", "worker-0")


def test_a_drain_that_fails_is_undone(service):
    def refuse(*words):
        service.calls.append(words)
        if words[0] == "drain":
            raise AssertionError("cannot evict")

    service.cluster.kubectl = refuse
    with pytest.raises(AssertionError, match="cannot evict"), scaling.drained_worker(service):
        pass
    assert service.calls[-1] == ("uncordon", "worker-0")
