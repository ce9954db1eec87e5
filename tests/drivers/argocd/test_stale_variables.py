"""A process of Argo CD that runs with another value than its settings have is told; others are not."""

import base64
import re
import subprocess
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.argocd import stale_variables

CACHE = {"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "argocd-redis", "key": "auth"}}}
ENDS = {
    "name": "SYNC_TIMEOUT",
    "valueFrom": {"configMapKeyRef": {"name": "params", "key": "timeout", "optional": True}},
}
PLAIN = {"name": "SYNC_TIMEOUT", "value": "60"}


def listed(**objects):
    items = [Thing(metadata=Thing(name=name), data=data) for name, data in objects.items()]
    return lambda _: Thing(items=items)


def cluster(env, process, *, params=None, password="secret", phase="Running", is_attached=False):
    """A cluster with one pod of Argo CD, whose process was started with some variables."""
    pod = {
        "kind": "Pod", "metadata": {"name": "controller-0"}, "status": {"phase": phase},
        "spec": {"containers": [{"name": "controller", "env": env}]},
    }  # fmt: skip

    def kubectl(*words):
        assert words[:6] == ("-n", "argocd", "exec", "controller-0", "-c", "controller")
        command = ["env", "-i", "PATH=/usr/bin:/bin", *(f"{name}={text}" for name, text in process.items()), *words[7:]]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    encoded = base64.b64encode(password.encode()).decode()
    core = Thing(
        list_namespaced_config_map=listed(params=params),
        list_namespaced_secret=listed(**{"argocd-redis": {"auth": encoded}}),
    )
    return Thing(is_attached=is_attached, core=core, kubectl=kubectl, pods=[pod])


@pytest.fixture(autouse=True)
def pods(monkeypatch):
    monkeypatch.setattr(stale_variables, "objects_of", lambda found, *_: found.pods)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (cluster([CACHE], {"REDIS_PASSWORD": "secret"}), ""),
        (cluster([CACHE], {"REDIS_PASSWORD": "older"}), "another REDIS_PASSWORD than auth of Secret argocd-redis"),
        (cluster([ENDS], {}), ""),
        (cluster([ENDS], {"SYNC_TIMEOUT": "1800"}, params={"timeout": "1800"}), ""),
        (cluster([ENDS], {"SYNC_TIMEOUT": "60"}, params={"timeout": "1800"}), "another SYNC_TIMEOUT than timeout"),
        (cluster([ENDS], {"SYNC_TIMEOUT": "60"}), "another SYNC_TIMEOUT than timeout"),
        (cluster([ENDS], {}, params={"timeout": "60"}), "another SYNC_TIMEOUT than timeout"),
        (cluster([ENDS, PLAIN], {"SYNC_TIMEOUT": "60"}), ""),
        (cluster([CACHE, ENDS], {"REDIS_PASSWORD": "secret", "SYNC_TIMEOUT": "60"}), "another SYNC_TIMEOUT"),
        (cluster([CACHE], {}, is_attached=True), ""),
    ],
)
def test_what_a_process_has_and_its_settings_do_not_is_told(found, said):
    text = "; ".join(stale_variables.stale(found))
    assert re.search(said, text) and bool(text) is bool(said)
    assert "older" not in text


def test_no_pods_are_no_proof():
    with pytest.raises(AssertionError, match="saw none"):
        stale_variables.stale(cluster([CACHE], {}, phase="Pending"))
