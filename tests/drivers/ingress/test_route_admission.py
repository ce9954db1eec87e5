"""Another route, and a change of one, are tried where the platform's routes are."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.drivers.ingress import route_admission

WWW = {
    "apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "spec": {"routes": []},
    "metadata": {"name": "www", "namespace": "default", "resourceVersion": "7", "annotations": {"a": "b"}},
}  # fmt: skip


def cluster(*namespaces, attached=False):
    """A cluster with these namespaces, whose only route is in `default`."""

    def routes(_group, _version, namespace, plural):
        assert plural == "ingressroutes"
        if namespace == "argocd":
            raise ApiException(status=404)
        return {"items": [WWW]}

    listed = lambda field_selector: Thing(items=[n for n in namespaces if field_selector == f"metadata.name={n}"])  # noqa: E731
    custom = Thing(list_namespaced_custom_object=routes)
    return Thing(is_attached=attached, core=Thing(list_namespace=listed), custom=custom)


def tried(monkeypatch, where, said=()):
    """What is tried, by verb, and what is found if this is said."""
    seen = {}

    def refused(_, manifests, verb="create"):
        seen[verb] = manifests
        return [text for text in said if text.startswith(verb)]

    monkeypatch.setattr(route_admission, "refused", refused)
    return seen, route_admission.refusals(where)


def test_what_is_tried(monkeypatch):
    seen, found = tried(monkeypatch, cluster("default", "argocd"))
    assert found == []
    assert [(one["kind"], one["metadata"]["namespace"]) for one in seen["create"]] == [
        (kind, home) for home in ("default", "argocd") for kind in ("IngressRoute", "Middleware")
    ]
    (route,) = seen["replace"]
    assert "resourceVersion" not in route["metadata"] and WWW["metadata"]["resourceVersion"] == "7"
    assert {*route["metadata"]["annotations"]} == {"a", "alternate-futures.dev/route-dry-run"}


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_what_is_refused_is_told(monkeypatch, verb):
    assert tried(monkeypatch, cluster("default"), [f"{verb}: exceeded quota"])[1] == [f"{verb}: exceeded quota"]


def test_a_namespace_that_is_not_there_and_a_cluster_of_others_are_left_out(monkeypatch):
    seen, _ = tried(monkeypatch, cluster("default"))
    assert {one["metadata"]["namespace"] for one in seen["create"]} == {"default"}
    assert tried(monkeypatch, cluster("default", attached=True)) == ({}, [])
