"""A Traefik that has too little to work with, or offers what nothing leads to, is found."""

from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import traefik_means

BASE = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "deployment.yaml").read_text())["spec"]["template"]["spec"]


def limited(**limits):
    """The spec of a pod with these limits."""
    return {"containers": [{"name": "traefik", "resources": {"limits": limits}}]}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (BASE, []),
        ({"containers": [{"name": "traefik"}]}, []),
        (limited(cpu="20m"), ["cpu: 20m, less than 500m"]),
        (limited(cpu="0.5", memory="128Mi"), []),
        (limited(cpu=2), []),
        (limited(memory="96Mi"), ["memory: 96Mi, less than 128Mi"]),
        (limited(cpu="100m", memory="100000000"), ["cpu: 100m", "memory: 100000000"]),
    ],
)
def test_a_traefik_with_too_little_is_told(spec, said):
    found = traefik_means.starved(spec)
    assert len(found) == len(said) and all(text in one for text, one in zip(said, found, strict=True))


TCP, BOTH = [{"port": 443}], [{"port": 443, "protocol": "TCP"}, {"port": 443, "protocol": "UDP"}]


@pytest.mark.parametrize(
    ("options", "ports", "said"),
    [
        ({"entrypoints.websecure.address": ":8443"}, TCP, []),
        ({"entrypoints.websecure.address": ":8443", "entrypoints.websecure.http3": "true"}, BOTH, ["8443"]),
        ({"entrypoints.websecure.http3": "true", "entrypoints.websecure.http3.advertisedport": "443"}, TCP, ["443"]),
        ({"entrypoints.websecure.http3.advertisedport": "443"}, TCP, ["443"]),
        ({"entrypoints.websecure.http3.advertisedport": "443"}, BOTH, []),
        ({"entrypoints.websecure.http3": "false"}, TCP, []),
    ],
)
def test_http_3_that_leads_nowhere_is_told(options, ports, said):
    found = traefik_means.offered_in_vain(options, {"ports": ports})
    assert len(found) == len(said) and all(f"port {port}," in one for port, one in zip(said, found, strict=True))


def test_the_running_pods_and_productions_are_both_read(monkeypatch):
    http3 = {"containers": [{"name": "traefik", "args": ["--entryPoints.websecure.http3.advertisedPort=443"]}]}
    monkeypatch.setattr(traefik_means, "running_specs", lambda _: {"traefik-1": http3})
    monkeypatch.setattr(traefik_means, "running_service", lambda _: {"ports": BOTH})
    monkeypatch.setattr(traefik_means, "production_spec", lambda _: {**http3, **limited(cpu="20m")})
    service = {"kind": "Service", "metadata": {"name": "traefik"}, "spec": {"ports": TCP}}
    platform = Thing(cluster=None, rendering=Thing(production=lambda _: [service]))
    assert [text.partition(" Traefik")[0] for text in traefik_means.troubles(platform)] == ["in production"]
    monkeypatch.setattr(traefik_means, "running_service", lambda _: {"ports": TCP})
    assert any(text.startswith("pod traefik-1 Traefik offers HTTP/3") for text in traefik_means.troubles(platform))
