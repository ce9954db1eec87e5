"""Rules that open more than is needed, and denials that deny nobody."""

import copy

import pytest
from tests_support import deployed_objects

from acceptance.base.labels import NAME_LABEL, PLACE, SCENARIO_LABEL
from acceptance.drivers.security import policy_rules
from acceptance.drivers.security.policy_peers import started_by

PLACES = ("kind", "production")
DENIAL = {"podSelector": {}, "policyTypes": ["Ingress"]}


def everything(place):
    """The policies' specs by name, and the other objects."""
    objects = deployed_objects(place)
    specs = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "NetworkPolicy"}
    return specs | {"default-deny": DENIAL}, [item for item in objects if item["kind"] != "NetworkPolicy"]


@pytest.mark.parametrize("place", PLACES)
def test_the_platforms_policies_are_right(place):
    specs, objects = everything(place)
    assert policy_rules.ports_of("backend-service", objects) == {4000, "http"}
    assert policy_rules.beyond_ports(specs, objects) == []
    assert policy_rules.beside_traefik(specs, {}) == []
    assert policy_rules.void(specs, started_by(item for item in objects if item["kind"] != "Service")) == []


@pytest.mark.parametrize(
    "ports",
    [
        None,
        [],
        [{"protocol": "TCP"}],
        [{"protocol": "TCP", "port": 5433}, {"protocol": "TCP", "port": 8008}],
        [{"protocol": "TCP", "port": 5433, "endPort": 9000}],
        [{"protocol": "UDP", "port": 5433}],
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_a_rule_that_opens_more_ports_is_told(place, ports):
    specs, objects = everything(place)
    changed = copy.deepcopy(specs)
    changed["database"]["ingress"][0]["ports"] = ports
    (said,) = policy_rules.beyond_ports(changed, objects)
    assert said.startswith("database: ")


def test_ports_by_their_names_are_right():
    specs, objects = everything("kind")
    changed = copy.deepcopy(specs)
    changed["auth-service"]["ingress"][0]["ports"] = [{"port": "http"}]
    assert policy_rules.beyond_ports(changed, objects) == []


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"matchLabels": {"app": "traefik"}}, False),
        ({"matchLabels": {NAME_LABEL: "traefik", "more": "so"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["traefik"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["traefik", "tool"]}]}, True),
        ({"matchLabels": {"tier": "edge"}}, True),
        ({}, True),
    ],
)
def test_traefik_is_named(selector, told):
    def admitting(where):
        return {"backend-service": {"ingress": [{"from": [{"namespaceSelector": where, "podSelector": selector}]}]}}

    assert bool(policy_rules.beside_traefik(admitting({"matchLabels": {PLACE: "traefik"}}), {})) is told
    assert not policy_rules.beside_traefik(admitting({"matchLabels": {SCENARIO_LABEL: "true"}}), {})


@pytest.mark.parametrize(
    ("denial", "told"),
    [
        (DENIAL, []),
        ({"podSelector": {}}, []),
        (DENIAL | {"podSelector": {"matchLabels": {"tier": "restricted"}}}, ["denies all", "no policy covers"]),
        (DENIAL | {"podSelector": {"matchLabels": {"a": "b"}}}, ["no policy covers"]),
        (DENIAL | {"policyTypes": ["Egress"]}, ["no policy covers"]),
    ],
)
def test_a_denial_of_nobody_is_told(denial, told):
    specs = {"default-deny": denial, "redis": {"podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{}]}}
    found = policy_rules.void(specs, [{"a": "b"}])
    assert len(found) == len(told) and all(word in said for word, said in zip(told, found, strict=True))
