"""A Service of Traefik that clients or the load balancer do not reach is found."""

from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import (
    traefik_policies,
    traefik_service,
)

PORT = traefik_service.health_port()


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"externalTrafficPolicy": "Local", "healthCheckNodePort": PORT}, 0),
        ({"externalTrafficPolicy": "Local", "healthCheckNodePort": PORT + 1}, 1),
        ({"externalTrafficPolicy": "Local"}, 1),
        ({}, 2),
    ],
)
def test_a_load_balancer_that_finds_no_healthy_worker_is_seen(spec, count):
    assert len(traefik_service.not_found(spec, PORT)) == count


def test_clients_that_are_kept_out_are_seen():
    assert traefik_service.keeps_out("here", {"loadBalancerSourceRanges": ["10.0.0.0/8"]})
    base = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "service.yaml").read_text())
    assert traefik_service.keeps_out("here", traefik_service.service([base])) == []
    with pytest.raises(AssertionError, match="saw 0"):
        traefik_service.service([])


@pytest.mark.parametrize(("ranges", "count"), [(None, 0), (["203.0.113.0/24"], 1)])
def test_the_running_service_is_read_too(monkeypatch, ranges, count):
    right = {"kind": "Service", "spec": {"externalTrafficPolicy": "Local", "healthCheckNodePort": PORT}}
    live = Thing(spec={"loadBalancerSourceRanges": ranges} if ranges else {})
    monkeypatch.setattr(traefik_policies, "shut_out_everywhere", lambda *_: [])
    cluster = Thing(
        core=Thing(read_namespaced_service=lambda *_: live), api=Thing(sanitize_for_serialization=lambda item: item)
    )
    rendering = Thing(production=lambda _: [right])
    platform = Thing(cluster=cluster, rendering=rendering, render=lambda _: [right])
    assert len(traefik_service.troubles(platform)) == count
