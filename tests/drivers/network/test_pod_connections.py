"""Whether a pod reaches another, according to its client's message."""

from types import SimpleNamespace

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.drivers.network import pod_connections
from acceptance.drivers.network.pod_connections import reaches, unprotected_workers


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (None, True),
        ("http://a:1/ answered 404 Not Found", True),
        ('Get "http://a:1/": EOF', True),
        ('Get "http://a:1/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "-NOAUTH"', True),
        ('Get "http://a:1/": read tcp 10.0.0.1:5->10.0.0.2:1: read: connection reset by peer', True),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: i/o timeout (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: connect: connection refused', False),
        ('Get "http://a:1/": dial tcp: lookup a on 10.96.0.10:53: i/o timeout', None),
        ("unable to upgrade connection: container not found", None),
    ],
)
def test_who_is_kept_out_shows_and_is_not_guessed(said, answer):
    def execute(pod, *command):
        if said is not None:
            raise AssertionError(f"{' '.join(command)} in pod {pod}: {said}")

    namespace = SimpleNamespace(execute=execute)
    if answer is None:
        with pytest.raises(RuntimeError, match="cannot tell"):
            reaches(namespace, "caller", "a:1")
    else:
        assert reaches(namespace, "caller", "a:1") is answer


class Network:
    """A namespace on two workers, of which only some enforce policies."""

    def __init__(self, enforcing, taints=("control-plane",), is_attached=False):
        self.enforcing, self.workers, self.denies = enforcing, {}, False
        marks = {"w1": None, "w2": None, "c1": [*taints]}
        nodes = [
            SimpleNamespace(
                metadata=SimpleNamespace(name=name), spec=SimpleNamespace(unschedulable=None, taints=marks[name])
            )
            for name in marks
        ]
        self.cluster = SimpleNamespace(
            probe=SimpleNamespace(pod=lambda name, **spec: {"name": name, **spec}), is_attached=is_attached,
            core=SimpleNamespace(list_node=lambda: SimpleNamespace(items=nodes)),
        )  # fmt: skip

    def create(self, manifest):
        self.denies = self.denies or manifest.get("kind") == "NetworkPolicy"
        if "nodeSelector" in manifest:
            self.workers[manifest["name"]] = manifest["nodeSelector"]["kubernetes.io/hostname"]

    def wait_ready(self, name):
        return SimpleNamespace(status=SimpleNamespace(pod_ip=name))

    def execute(self, pod, *command):
        server = command[-1].removeprefix("http://").partition(":")[0]
        if self.denies and self.workers[server] in self.enforcing:
            raise AssertionError("dial tcp: connect: connection refused")


@pytest.mark.parametrize(
    ("enforcing", "told"), [(["w1", "w2"], []), (["w1"], ["w2"]), (["w2"], ["w1"]), ([], ["w1", "w2"])]
)
def test_each_worker_whose_pods_are_reached_in_spite_of_a_policy_is_told(monkeypatch, enforcing, told):
    monkeypatch.setattr(pod_connections, "ENFORCED", Deadline(0.1, "a test"))
    outputs = SimpleNamespace(workers=[SimpleNamespace(name=name) for name in ("w1", "w2")])
    assert unprotected_workers(Network(enforcing), outputs) == told


def test_a_control_plane_that_takes_pods_enforces_policies_too(monkeypatch):
    monkeypatch.setattr(pod_connections, "ENFORCED", Deadline(0.1, "a test"))
    outputs = SimpleNamespace(workers=[SimpleNamespace(name=name) for name in ("w1", "w2")])
    assert unprotected_workers(Network(["w1", "w2"], taints=()), outputs) == ["c1"]
    assert unprotected_workers(Network(["w1", "w2"], taints=(), is_attached=True), outputs) == []
