"""Accounts of DNS and of the pod network that may not ask for what their next start needs."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes import client

from acceptance.drivers.cluster.system_rights import NEEDED, refused_at_start


def cluster(label):
    """A cluster in which there are pods with one label."""
    pod = Thing(metadata=Thing(namespace="kube-system"), spec=Thing(service_account_name="coredns"))
    return Thing(
        api=None,
        core=Thing(
            list_pod_for_all_namespaces=lambda label_selector: Thing(
                items=[pod, pod] if label_selector == label else []
            )
        ),
    )


@pytest.mark.parametrize(
    ("label", "lacks", "told"),
    [
        ("k8s-app=kube-dns", None, []),
        ("k8s-app=kube-dns", ("list", "endpointslices"), ["kube-system/coredns may not list endpointslices"]),
        ("k8s-app=kube-proxy", ("watch", "services"), ["kube-system/coredns may not watch services"]),
        ("app=another", ("list", "nodes"), []),
    ],
)
def test_a_right_that_is_lacking_is_told(monkeypatch, label, lacks, told):
    asked = []

    def review(body):
        asked.append(body["spec"])
        attributes = body["spec"]["resourceAttributes"]
        allowed = (attributes["verb"], attributes["resource"]) != lacks
        return Thing(status=Thing(allowed=allowed))

    monkeypatch.setattr(client, "AuthorizationV1Api", lambda _: Thing(create_subject_access_review=review))
    assert refused_at_start(cluster(label)) == told
    assert len(asked) == sum(len(verbs) for _, _, verbs in NEEDED.get(label, ()))
    assert {item["user"] for item in asked} <= {"system:serviceaccount:kube-system:coredns"}
