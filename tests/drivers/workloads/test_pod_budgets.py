"""A budget that selects single pods by their own labels is found if it can never let one of them go."""

from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.base.deadlines import Deadline
from acceptance.drivers.workloads import pod_budgets
from acceptance.drivers.workloads.pod_budgets import in_words, is_evicted

INDEX = "apps.kubernetes.io/pod-index"


def pod(number=0, app="yb-tserver", owner="StatefulSet", **more):
    """A member of a StatefulSet, or another pod."""
    labels = {"app": app, INDEX: str(number), **more.pop("labels", {})}
    metadata = {"name": f"{app}-{number}", "namespace": "default", "labels": labels, **more}
    owners = [{"kind": owner, "name": app}] if owner else []
    return {"metadata": {**metadata, "ownerReferences": owners}, "status": {"phase": "Running"}}


def budget(name="keep", labels=None, wanted=2, allowed=0, **status):
    """A budget, as the disruption controller has counted it."""
    metadata = {"name": name, "namespace": "default", "generation": 1}
    counted = {"observedGeneration": 1, "desiredHealthy": wanted, "disruptionsAllowed": allowed, **status}
    return {"metadata": metadata, "spec": {"selector": {"matchLabels": labels or {INDEX: "0"}}}, "status": counted}


THREE = [pod(0), pod(1), pod(2)]
RIGHT = budget("right", {"app": "yb-tserver"}, 2, 1)
AWAY = budget("right", {"app": "yb-tserver"}, 2)


@pytest.mark.parametrize(
    ("budgets", "said"),
    [
        ([RIGHT], ""),
        # A member that is not healthy at the moment holds up a drain, but not forever.
        ([AWAY], ""),
        ([budget(wanted=3)], "wants 3 healthy pods and selects 1: it never lets default/yb-tserver-0 go"),
        # With maxUnavailable 1 of three pods.
        ([budget(wanted=2)], "never lets default/yb-tserver-0 go"),
        ([budget(wanted=0, allowed=1)], ""),
        ([budget(labels={"app": "other"}, wanted=3)], ""),
        ([RIGHT, budget(wanted=0, allowed=1)], "default/right and default/keep both select the pod default/yb-tserver"),
        ([budget(wanted=0, conditions=[{"reason": "SyncFailed", "message": "no controller"}])], "no controller"),
        ([budget(wanted=0, observedGeneration=0)], "has not been counted"),
        ([{**budget(wanted=3), "spec": {}}], ""),
    ],
)
def test_what_can_never_be_evicted_is_told(budgets, said):
    found = "; ".join(in_words(THREE, budgets))
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        (pod(), True),
        (pod(owner=""), True),
        (pod(owner="Job"), False),
        (pod(owner="DaemonSet"), False),
        (pod(owner="Node"), False),
        (pod(namespace="scenario-0a1b2c"), False),
        (pod(labels={"alternate-futures.dev/scenario": "true"}), False),
        (pod(deletionTimestamp="now"), False),
        ({**pod(), "status": {"phase": "Succeeded"}}, False),
    ],
)
def test_only_pods_that_a_drain_evicts_count(found, counts):
    assert is_evicted(found) is counts


def test_counts_may_settle(monkeypatch):
    monkeypatch.setattr(pod_budgets, "COUNTED", Deadline(0.5, "a test"))
    seen = [[budget(wanted=3)], [RIGHT]]
    policy = SimpleNamespace(
        list_pod_disruption_budget_for_all_namespaces=lambda: SimpleNamespace(
            items=seen.pop(0) if len(seen) > 1 else seen[0]
        )
    )
    monkeypatch.setattr(client, "PolicyV1Api", lambda _: policy)
    core = SimpleNamespace(list_pod_for_all_namespaces=lambda: SimpleNamespace(items=THREE))
    api = SimpleNamespace(sanitize_for_serialization=lambda items: items)
    cluster = SimpleNamespace(core=core, api=api, is_attached=False)
    assert pod_budgets.held_back(cluster) == []
    seen[:] = [[budget(wanted=3)]]
    assert len(pod_budgets.held_back(cluster)) == 1


def test_an_operators_budget_and_other_peoples_are_left_alone(monkeypatch):
    owned, theirs = budget(wanted=1), budget(wanted=1)
    owned["metadata"]["ownerReferences"] = [{"kind": "Cluster", "name": "postgres"}]
    theirs["metadata"]["namespace"] = "their-shop"
    items = SimpleNamespace(items=[owned, theirs])
    policy = SimpleNamespace(list_pod_disruption_budget_for_all_namespaces=lambda: items)
    monkeypatch.setattr(client, "PolicyV1Api", lambda _: policy)
    api = SimpleNamespace(sanitize_for_serialization=lambda items: items)
    assert pod_budgets.listed_budgets(SimpleNamespace(api=api, is_attached=False)) == [theirs]
    assert pod_budgets.listed_budgets(SimpleNamespace(api=api, is_attached=True)) == []
