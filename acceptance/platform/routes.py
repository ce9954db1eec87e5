"""The routes of the services and of Argo CD. Source: tasks 10.8 and 17."""

from __future__ import annotations

from acceptance.base.deadlines import COMPONENT_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import apply
from acceptance.platform.platform import Platform

SERVICES = ("auth-service", "backend-service", "frontend-service")


def deploy_argocd_route(platform: Platform) -> None:
    """Task 10.8: Argo CD's UI behind Traefik."""
    apply(platform.cluster, platform.render("argocd/route"))


def deploy_routes(platform: Platform) -> None:
    """Task 17: the three routes, once the Services that they name exist; Traefik rejects a route to a missing Service.

    A service that does not come up affects only its own route.
    """

    def services_exist() -> bool:
        for name in SERVICES:
            if not platform.has_ended(name):
                platform.cluster.core.read_namespaced_service(name, "default")
        return True

    hint = "kubectl -n argocd get applications; kubectl get services"
    eventually(
        services_exist, within=COMPONENT_READY, what="the Services of auth, backend and frontend to exist", hint=hint
    )
    apply(platform.cluster, platform.render("ingress"))
