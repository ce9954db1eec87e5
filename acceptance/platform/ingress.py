"""Traefik, the certificate authority that it orders from, and the routes. Source: tasks 9 and 17."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import requests

from acceptance.base.deadlines import ROUTE_READY
from acceptance.base.infrastructure_settings import LongLivedSettings
from acceptance.base.waiting import eventually
from acceptance.clients.web import pinned_session, plain_session
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply
from acceptance.platform.authority import ACME_NAMESPACE, NAMESPACE
from acceptance.platform.platform import Platform


@dataclass
class Ingress:
    """Traefik, as deployed."""

    cluster: Cluster
    namespace: str = NAMESPACE

    def pod(self) -> str:
        """The name of its pod."""
        pods = self.cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=traefik").items
        running = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
        assert len(running) == 1, f"expected one Traefik pod, saw {[pod.metadata.name for pod in running]}"
        return str(running[0].metadata.name)


def deploy_traefik(platform: Platform) -> None:
    """Task 9: namespace, rights, volume, Deployment, Service with an external address."""
    cluster = platform.cluster
    manifests = platform.render("traefik")
    if platform.environment.acme == "pebble":
        pebble = cluster.core.read_namespaced_secret("pebble-tls", ACME_NAMESPACE)
        trust = base64.b64decode(pebble.data["ca.crt"]).decode()
        metadata = {"name": "pebble-ca", "namespace": NAMESPACE}
        manifests.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": trust}})
    apply(cluster, manifests)
    platform.wait_rolled_out(NAMESPACE)

    def answers() -> bool:
        # Any answer will do: the scenarios judge what it should be.
        user_session(platform).get(f"http://www.{platform.environment.domain}/", allow_redirects=False, timeout=3)
        return True

    hint = "kubectl -n traefik get svc,pods; docker logs alternate-futures-load-balancer"
    eventually(answers, within=ROUTE_READY, what="Traefik to answer through the load balancer", hint=hint)


def session(platform: Platform) -> requests.Session:
    """HTTP as users see it: through the load balancer, trusting only the environment's certificate authority."""
    return user_session(platform, platform.wait_for("pebble").file)


def user_session(platform: Platform, trust: Path | None = None) -> requests.Session:
    """A session that goes to the load balancer, or where DNS points if the environment pins no address."""
    settings, balancer = platform.environment.infrastructure, platform.outputs.load_balancer
    if isinstance(settings, LongLivedSettings) and settings.load_balancer is None:
        return plain_session(trust)
    return pinned_session(balancer.address, balancer.http_port, balancer.https_port, trust)
