"""Whether the API server would admit another route beside the platform's, and a change of theirs. Source: 4.2.

Quotas, policies and webhooks of the platform's namespaces do not show in a scenario's own. These are dry runs; nothing
is stored.
"""

from __future__ import annotations

from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.route_rules import TRAEFIK
from acceptance.drivers.workloads.dry_runs import refused

NAMESPACES = ("default", "argocd")
"""The namespaces with routes of the platform."""
NAME = "route-dry-run"


def refusals(cluster: Cluster) -> list[str]:
    """Why the API server would refuse another route or Middleware, or a change of a route. Attached runs do not ask."""
    if cluster.is_attached:
        return []
    homes = [name for name in NAMESPACES if is_there(cluster, name)]
    more = [item for home in homes for item in new_objects(home)]
    known = [item for home in homes for item in routes_of(cluster, home)]
    return refused(cluster, more) + refused(cluster, [changed(item) for item in known], verb="replace")


def is_there(cluster: Cluster, namespace: str) -> bool:
    """Whether a namespace exists."""
    return bool(cluster.core.list_namespace(field_selector=f"metadata.name={namespace}").items)


def new_objects(namespace: str) -> list[Manifest]:
    """A route and a Middleware as somebody would add them to a namespace."""
    about = {"apiVersion": "/".join(TRAEFIK), "metadata": {"name": NAME, "namespace": namespace}}
    rule = {"kind": "Rule", "match": f"Host(`{NAME}.invalid`)", "services": [{"name": NAME, "port": 80}]}
    return [
        {**about, "kind": "IngressRoute", "spec": {"entryPoints": ["websecure"], "routes": [rule], "tls": {}}},
        {**about, "kind": "Middleware", "spec": {"retry": {"attempts": 2}}},
    ]


def routes_of(cluster: Cluster, namespace: str) -> list[Manifest]:
    """The IngressRoutes of a namespace; none if the kind is not known."""
    try:
        return list(cluster.custom.list_namespaced_custom_object(*TRAEFIK, namespace, "ingressroutes")["items"])
    except ApiException as error:
        if error.status != 404:
            raise
        return []


def changed(route: Manifest) -> Manifest:
    """A route with one more annotation, in the form in which it is sent."""
    about = {key: value for key, value in route["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    more = {**(about.get("annotations") or {}), f"alternate-futures.dev/{NAME}": "true"}
    return {**route, "metadata": {**about, "annotations": more}}
