"""Room for one more pod."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.workloads.quotas import no_room


def a_pod(kind="ReplicaSet", labels=None, **resources):
    owner = Thing(kind=kind, name="auth-5c", controller=True)
    container = Thing(resources=Thing(requests=resources.get("requests"), limits=resources.get("limits")))
    return Thing(
        metadata=Thing(name="auth-5c-x", labels=labels or {}, owner_references=[owner]),
        spec=Thing(containers=[container], active_deadline_seconds=None),
        status=Thing(qos_class="Burstable"),
    )


def a_quota(hard, used, scopes=None, selector=None):
    spec = Thing(scopes=scopes, scope_selector=selector)
    return Thing(metadata=Thing(name="few"), spec=spec, status=Thing(hard=hard, used=used))


def a_range(kind, **limits):
    limit = Thing(type=kind, max=limits.get("max"), min=limits.get("min"), default=limits.get("default"))
    return Thing(metadata=Thing(name="small"), spec=Thing(limits=[limit]))


def found(pods, quotas=(), ranges=()):
    listed = lambda items: lambda _: Thing(items=list(items))  # noqa: E731
    core = Thing(
        list_namespaced_pod=listed(pods),
        list_namespaced_resource_quota=listed(quotas),
        list_namespaced_limit_range=listed(ranges),
    )
    return no_room(Thing(core=core), "default")


SIZED = {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}


@pytest.mark.parametrize(
    ("hard", "used", "is_told"),
    [
        ({"pods": "4"}, {"pods": "11"}, True),
        ({"pods": "11"}, {"pods": "11"}, True),
        ({"pods": "12"}, {"pods": "11"}, False),
        ({"count/pods": "3"}, {"count/pods": "3"}, True),
        ({"requests.cpu": "1"}, {"requests.cpu": "800m"}, True),
        ({"requests.cpu": "2"}, {"requests.cpu": "800m"}, False),
        ({"memory": "1Gi"}, {"memory": "600Mi"}, True),
        ({"limits.memory": "4Gi"}, {"limits.memory": "3Gi"}, False),
        ({"limits.memory": "4Gi"}, {"limits.memory": "3073Mi"}, True),
        ({"persistentvolumeclaims": "0"}, {"persistentvolumeclaims": "4"}, False),
    ],
)
def test_a_quota_that_a_new_pod_does_not_fit_into_is_told(hard, used, is_told):
    assert bool(found([a_pod(**SIZED)], [a_quota(hard, used)])) is is_told


def test_a_stateful_set_needs_the_place_of_its_old_pod_only():
    one = a_pod("StatefulSet")
    assert found([one], [a_quota({"pods": "5"}, {"pods": "5"})]) == []
    assert found([one], [a_quota({"pods": "4"}, {"pods": "5"})])


@pytest.mark.parametrize("scopes", [["BestEffort"], ["Terminating"], ["PriorityClass"]])
def test_a_quota_of_other_pods_is_let_be(scopes):
    full = ({"pods": "0"}, {"pods": "0"})
    assert found([a_pod(**SIZED)], [a_quota(*full, scopes), a_quota(*full, None, Thing())]) == []
    assert found([a_pod(**SIZED)], [a_quota(*full, ["NotBestEffort", "NotTerminating"])])


@pytest.mark.parametrize(
    ("limits", "is_told"),
    [
        (a_range("Container", max={"memory": "512Mi"}), True),
        (a_range("Container", max={"memory": "1Gi", "cpu": "1"}), False),
        (a_range("Container", min={"cpu": "500m"}), True),
        (a_range("PersistentVolumeClaim", max={"storage": "1Mi"}), False),
    ],
)
def test_a_limit_that_the_pods_do_not_keep_to_is_told(limits, is_told):
    assert bool(found([a_pod(**SIZED)], ranges=[limits])) is is_told


def test_scenarios_and_jobs_have_no_part_in_it():
    full = [a_quota({"pods": "4"}, {"pods": "9"})]
    assert found([a_pod("Job"), a_pod(labels={"alternate-futures.dev/scenario": "true"})], full) == []


@pytest.mark.parametrize(
    ("default", "is_told"),
    [
        ({"cpu": "50m"}, True),
        ({"cpu": "2"}, False),
        ({"cpu": "2", "memory": "64Mi"}, False),
        ({}, False),
    ],
)
def test_a_default_limit_that_running_pods_do_not_have_is_told(default, is_told):
    said = found([a_pod(**SIZED)], ranges=[a_range("Container", default=default)])
    assert bool(said) is is_told and all("limits a new pod of auth-5c to 50m of cpu" in text for text in said)
    limited = a_pod(requests={"cpu": "10m"}, limits={"cpu": "50m", "memory": "64Mi"})
    assert found([limited], ranges=[a_range("Container", default=default)]) == []
