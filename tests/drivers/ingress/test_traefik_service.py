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
    assert traefik_service.keeps_out("here", traefik_service.manifest([base])["spec"]) == []
    with pytest.raises(AssertionError, match="saw 0"):
        traefik_service.manifest([])


@pytest.mark.parametrize(("ranges", "count"), [(None, 0), (["203.0.113.0/24"], 1)])
def test_the_running_service_is_read_too(monkeypatch, ranges, count):
    right = {"kind": "Service", "metadata": {}, "spec": {"externalTrafficPolicy": "Local", "healthCheckNodePort": PORT}}
    live = Thing(spec={"loadBalancerSourceRanges": ranges} if ranges else {})
    monkeypatch.setattr(traefik_policies, "shut_out_everywhere", lambda *_: [])
    cluster = Thing(
        core=Thing(read_namespaced_service=lambda *_: live), api=Thing(sanitize_for_serialization=lambda item: item)
    )
    rendering = Thing(production=lambda _: [right])
    platform = Thing(cluster=cluster, rendering=rendering, render=lambda _: [right])
    assert len(traefik_service.troubles(platform)) == count


LOCAL = {"externalTrafficPolicy": "Local", "ports": [{"port": 80}, {"port": 443, "nodePort": 30443}]}


@pytest.mark.parametrize(
    ("labels", "spec", "said"),
    [
        (None, LOCAL, []),
        ({"app": "traefik"}, {**LOCAL, "allocateLoadBalancerNodePorts": True}, []),
        (None, {**LOCAL, "allocateLoadBalancerNodePorts": False}, ["its ports [80] get no node port"]),
        (None, {**LOCAL, "allocateLoadBalancerNodePorts": False, "ports": LOCAL["ports"][1:]}, []),
        (None, {"ports": LOCAL["ports"], "allocateLoadBalancerNodePorts": False}, []),
        (None, {**LOCAL, "loadBalancerClass": "service.k8s.aws/nlb"}, ["loadBalancerClass service.k8s.aws/nlb"]),
        ({traefik_service.POOL: "edge"}, LOCAL, ["the pool edge"]),
        ({traefik_service.POOL: "inner"}, LOCAL, []),
    ],
)
def test_a_service_that_productions_servicelb_leaves_alone_is_told(labels, spec, said):
    found = traefik_service.left_alone({"metadata": {"labels": labels}, "spec": spec}, {"inner"})
    assert len(found) == len(said) and all(text in one for text, one in zip(said, found, strict=True))


def test_the_pools_of_workers_are_read_where_they_get_their_labels(monkeypatch, tmp_path):
    assert "svccontroller.k3s.cattle.io/enablelb=true" in traefik_service.MACHINES.read_text()
    assert traefik_service.pools() == set()
    file = tmp_path / "k3s.tf"
    file.write_text(f'["svccontroller.k3s.cattle.io/enablelb=true", "{traefik_service.POOL}=edge"]')
    monkeypatch.setattr(traefik_service, "MACHINES", file)
    assert traefik_service.pools() == {"edge"}


TARGETS = traefik_service.TARGETS.read_text()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("interval            = 10", "interval            = 10", ""),
        ("interval            = 10", "interval            = 300", "after 600 s"),
        ("unhealthy_threshold = 2", "unhealthy_threshold = 10", "after 100 s"),
        ("\n    healthy_threshold   = 2", "\n    healthy_threshold   = 3", ""),
        ("interval            = 10", "interval            = var.interval", ""),
        ("  preserve_client_ip   ", "  proxy_protocol_v2 = true\n  preserve_client_ip   ", "PROXY protocol"),
    ],
)
def test_a_load_balancer_that_notices_late_is_told(before, after, said):
    assert before in TARGETS
    found = "; ".join(traefik_service.slow_to_notice(TARGETS.replace(before, after, 1)))
    assert said in found and bool(found) is bool(said)
