"""What starts pods, listed by kind, and the pods that it starts."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.workloads import LISTS, objects_of, pod_of

POD = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a"}]}}


@pytest.mark.parametrize(
    ("workload", "pod"),
    [
        ({"kind": "Deployment", "spec": {"template": POD}}, POD),
        ({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": POD}}}}, POD),
        ({"kind": "ConfigMap", "data": {}}, {}),
        ({"kind": "Service", "spec": {"ports": []}}, {}),
    ],
)
def test_the_pods_that_an_object_starts(workload, pod):
    assert pod_of(workload) == pod


def test_a_pod_starts_itself():
    pod = {"kind": "Pod", **POD}
    assert pod_of(pod) is pod


@pytest.mark.parametrize("kind", LISTS)
def test_objects_are_listed_with_their_kind(kind):
    api, name = LISTS[kind]

    def listed(namespace, label_selector):
        assert (namespace, label_selector) == ("some", "a=b")
        return Thing(items=["item"])

    cluster = Thing(api=Thing(sanitize_for_serialization=lambda item: {"is": item}))
    setattr(cluster, api, Thing(**{f"list_namespaced_{name}": listed}))
    assert objects_of(cluster, "some", [kind], "a=b") == [{"kind": kind, "is": "item"}]
