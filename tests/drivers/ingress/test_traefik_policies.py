"""NetworkPolicies that keep clients out of Traefik are found; those that let every address in are right."""

from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import traefik_policies
from acceptance.drivers.ingress.traefik_policies import kept_in, shut_out

BASE = ROOT / "k8s" / "traefik" / "base"
SERVICE = yaml.safe_load((BASE / "service.yaml").read_text())["spec"]
POD = yaml.safe_load((BASE / "deployment.yaml").read_text())["spec"]["template"]
OURS = {"matchLabels": {"app": "traefik"}}
BOTH = [{"port": "web"}, {"port": 8443}]


def policy(*rules, selector=OURS, **more):
    return {"metadata": {"name": "edge"}, "spec": {"podSelector": selector, "ingress": [*rules], **more}}


def blocks(*cidrs, **more):
    return {"from": [{"ipBlock": {"cidr": cidr, **more}} for cidr in cidrs]}


@pytest.mark.parametrize(
    "policies",
    [
        [],
        [policy({})],
        [policy({"from": []})],
        [policy({"ports": BOTH})],
        [policy({"ports": [{"port": 8000, "endPort": 8443}]})],
        [policy({"ports": [{"protocol": "TCP"}]})],
        [policy(blocks("0.0.0.0/0"))],
        [policy(blocks("0.0.0.0/0", "::/0"))],
        [policy(blocks("0.0.0.0/1"), blocks("128.0.0.0/1"))],
        [policy(blocks("10.0.0.0/8")), policy({"ports": BOTH})],
        [policy(blocks("10.0.0.0/8"), {"from": [{"namespaceSelector": {}}]}, {"ports": BOTH})],
        [policy(blocks("0.0.0.0/0", **{"except": ["203.0.113.0/24"]}), blocks("203.0.113.0/24"))],
        [policy(selector={"matchLabels": {"app": "pebble"}})],
        [policy(policyTypes=["Egress"])],
    ],
)
def test_policies_that_let_every_address_in_are_right(policies):
    assert shut_out(policies, [POD], SERVICE) == []


@pytest.mark.parametrize(
    ("policies", "ports"),
    [
        ([policy()], 2),
        ([policy(selector={})], 2),
        ([policy(blocks("10.0.0.0/8", "172.16.0.0/12"))], 2),
        ([policy(blocks("0.0.0.0/0", **{"except": ["203.0.113.0/24"]}))], 2),
        ([policy(blocks("0.0.0.0/0", **{"except": ["0.0.0.0/0"]}))], 2),
        ([policy(blocks("::/0"))], 2),
        ([policy({"from": [{"namespaceSelector": {}}]})], 2),
        ([policy({"ports": [{"port": "websecure"}]})], 1),
        ([policy({"ports": [{"port": 8080}]})], 2),
        ([policy({"ports": [{"protocol": "UDP"}]})], 2),
        ([policy({"ports": [{"port": 8000}]}, blocks("10.0.0.0/8"))], 1),
    ],
)
def test_policies_that_keep_clients_out_are_told(policies, ports):
    assert len(shut_out(policies, [POD, POD], SERVICE)) == ports


def platform_with(monkeypatch, found, here, there):
    """A platform with so many of a policy here, and in production's rendering."""
    found = {"kind": "NetworkPolicy", **found}
    rendered = [{"kind": "Deployment", "spec": {"template": POD}}, *[found] * there]
    monkeypatch.setattr(traefik_policies, "policies_of", lambda _: [found] * here)
    monkeypatch.setattr(traefik_policies, "pods_of", lambda _: [POD])
    return Thing(cluster=None, rendering=Thing(production=lambda _: rendered))


@pytest.mark.parametrize(("here", "there", "seen"), [(0, 0, []), (1, 0, ["the N"]), (0, 1, ["in production the N"])])
def test_it_is_looked_at_here_and_in_production(monkeypatch, here, there, seen):
    closed = policy(blocks("10.0.0.0/8"), {"ports": [{"port": "web"}]})
    platform = platform_with(monkeypatch, closed, here, there)
    found = traefik_policies.shut_out_everywhere(platform, SERVICE, SERVICE)
    assert len(found) == len(seen) and all(text.startswith(begin) for text, begin in zip(found, seen, strict=True))


def outgoing(*rules, **more):
    spec = {"podSelector": OURS, "policyTypes": ["Egress"], "egress": [*rules], **more}
    return {"metadata": {"name": "out"}, "spec": spec}


PODS = {"to": [{"namespaceSelector": {}}]}
HTTPS = {"ports": [{"port": 443}]}


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ([], 0),
        ([policy()], 0),
        ([outgoing({})], 0),
        ([outgoing(PODS, HTTPS)], 0),
        ([outgoing(PODS), {**outgoing(HTTPS), "metadata": {"name": "more"}}], 0),
        ([outgoing({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})], 0),
        ([outgoing(PODS, {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}], **HTTPS})], 0),
        ([outgoing(podSelector={"matchLabels": {"app": "another"}})], 0),
        ([outgoing(HTTPS)], 1),
        ([outgoing({**PODS, "ports": [{"port": 8080}]}, HTTPS)], 1),
        ([outgoing({"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}]}, HTTPS)], 1),
        ([outgoing(PODS, {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]})], 1),
        ([outgoing()], 2),
        ([outgoing(policyTypes=None)], 2),
    ],
)
def test_policies_that_keep_traefik_from_services_or_an_authority_are_told(policies, found):
    assert len(kept_in(policies, [POD, POD])) == found


@pytest.mark.parametrize(
    ("here", "there", "seen"), [(0, 0, []), (1, 0, ["the N"] * 2), (0, 1, ["in production the N"] * 2)]
)
def test_its_own_connections_are_looked_at_here_and_in_production(monkeypatch, here, there, seen):
    platform = platform_with(monkeypatch, outgoing(), here, there)
    found = traefik_policies.kept_in_everywhere(platform)
    assert len(found) == len(seen) and all(text.startswith(begin) for text, begin in zip(found, seen, strict=True))
