"""The network policy controller on kind: where it runs, with which rights, and when it starts."""

import re

import pytest
from tests_support import kustomized

from acceptance.base.environment import load_environment
from acceptance.base.paths import INFRASTRUCTURE
from acceptance.cluster.cluster import SYSTEM_NAMESPACES
from acceptance.images.lock import read_lock


@pytest.fixture(scope="module")
def objects():
    """What is applied, by kind."""
    return {item["kind"]: item for item in kustomized("kube-router")}


@pytest.fixture(scope="module")
def pod(objects):
    """The spec of its pods."""
    return objects["DaemonSet"]["spec"]["template"]["spec"]


def test_it_runs_on_every_worker_from_before_the_nodes_are_ready(objects, pod):
    assert objects["DaemonSet"]["metadata"]["namespace"] in SYSTEM_NAMESPACES
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "node-role.kubernetes.io/control-plane", "operator": "DoesNotExist"}]
    assert pod["hostNetwork"] and "nodeSelector" not in pod
    script = (INFRASTRUCTURE / "kind" / "cluster.sh").read_text()
    assert re.search(r"apply flannel\n\s+apply kube-router\n.*wait node --all", script, re.DOTALL)


def test_it_may_change_the_rules_of_its_machine_and_nothing_else(objects, pod):
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]}
    assert not security["allowPrivilegeEscalation"] and "privileged" not in security
    assert "volumes" not in pod
    verbs = {verb for rule in objects["ClusterRole"]["rules"] for verb in rule["verbs"]}
    assert verbs <= {"get", "list", "watch"}


def test_it_knows_its_node_and_where_services_are(pod):
    (container,) = pod["containers"]
    assert {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}} in container["env"]
    assert set(container["args"]) == {
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-node-port-range=30000-32767",
    }
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["host"] == "127.0.0.1", "nobody else needs to see its health"


def test_its_image_is_built_with_the_cluster(pod):
    entry = read_lock()["kube-router"]
    assert pod["containers"][0]["image"] == entry.reference.removesuffix(":latest")
    assert entry.components == ("cluster",) and not entry.is_pullable


def test_on_kind_policies_are_judged():
    expected = load_environment("kind").unverifiable
    assert not [name for name in expected if name.startswith("plan-27.")]
