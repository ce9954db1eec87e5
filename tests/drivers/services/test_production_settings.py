"""What a service would run with in production: variables, Services and ports, by what its overlay renders."""

import copy
from types import SimpleNamespace as Thing

import pytest
from tests_support import kustomized

from acceptance.drivers.services import production_settings as settings
from acceptance.drivers.services.service import PORTS


@pytest.fixture(scope="module")
def rendered():
    """The objects of each service, as production renders them."""
    return {name: kustomized(f"{name}/overlays/production") for name in PORTS}


def changed(objects, kind, name, change):
    """The objects with a change to one of them."""
    found = copy.deepcopy(objects)
    (item,) = [item for item in found if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    change(item)
    return found


def test_production_is_as_the_criteria_say(rendered):
    for name, port in PORTS.items():
        assert settings.wrong_services(rendered[name], name, port) == []
        assert settings.talkative(settings.variables(rendered[name], name)) == []
    backend = settings.variables(rendered["backend-service"], "backend-service")
    assert backend["AUTH_SERVICE_URL"] == "http://auth-service:3001" and backend["NODE_ENV"] == "production"
    assert backend["DATABASE_URL"] == settings.SECRET
    for name in ("redis", "database"):
        assert settings.opened(kustomized(f"{name}/overlays/production")) == []


def test_values_of_a_config_map_are_those_of_its_keys_and_env_wins(rendered):
    def develop(config):
        config["data"]["NODE_ENV"] = "development"

    objects = changed(rendered["backend-service"], "ConfigMap", "backend-config", develop)
    assert settings.variables(objects, "backend-service")["NODE_ENV"] == "development"

    def override(deployment):
        env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        env += [{"name": "NODE_ENV", "value": "test"}, {"name": "LOG_LEVEL", "value": "debug"}]
        key = {"name": "backend-config", "key": "AUTH_SERVICE_URL"}
        env.append({"name": "OTHER", "valueFrom": {"configMapKeyRef": key}})

    seen = settings.variables(changed(objects, "Deployment", "backend-service", override), "backend-service")
    assert seen["NODE_ENV"] == "test" and seen["OTHER"] == "http://auth-service:3001"
    assert settings.talkative(seen) == ["LOG_LEVEL=debug"]


@pytest.mark.parametrize(
    ("variable", "value", "asks"),
    [
        ("DEBUG", "*", True), ("LOG_LEVEL", "TRACE", True), ("LOGLEVEL", "debug", True),
        ("DEBUG", "false", False), ("LOG_LEVEL", "info", False), ("SILLY", "debug", False),
    ],
)  # fmt: skip
def test_variables_that_ask_for_debug_lines(variable, value, asks):
    assert bool(settings.talkative({variable: value})) is asks


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"type": "NodePort"}, "is of type NodePort"),
        ({"externalIPs": ["192.0.2.1"]}, "external addresses"),
        ({"clusterIP": "None"}, "no address of its own"),
        ({"internalTrafficPolicy": "Local"}, "internalTrafficPolicy: Local"),
        ({"ports": [{"port": 80, "targetPort": "http"}]}, "has the ports [80]"),
        ({"ports": [{"port": 3001, "targetPort": 3999}]}, "leads to port [3999]"),
    ],
)
def test_a_service_of_another_form(rendered, spec, told):
    objects = changed(rendered["auth-service"], "Service", "auth-service", lambda item: item["spec"].update(spec))
    (said,) = settings.wrong_services(objects, "auth-service", 3001)
    assert told in said


def test_a_second_service_that_opens_it_is_told(rendered):
    added = {"kind": "Service", "metadata": {"name": "auth-outside"}, "spec": {"type": "LoadBalancer", "ports": []}}
    (said,) = settings.wrong_services([*rendered["auth-service"], added], "auth-service", 3001)
    assert "auth-outside" in said


def test_a_service_without_a_port_variable_of_its_own(rendered):
    def plain(deployment):
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [item for item in container["env"] if item["name"] != "PORT"]

    objects = changed(rendered["auth-service"], "Deployment", "auth-service", plain)
    assert settings.wrong_services(objects, "auth-service", 3001) == []


@pytest.mark.parametrize(
    ("here", "there", "variable", "wrong"),
    [
        ("production", "production", "NODE_ENV", {}),
        ("development", "production", "NODE_ENV", {"auth-0": "NODE_ENV=development"}),
        (None, "production", "NODE_ENV", {"auth-0": "NODE_ENV=None"}),
        ("production", "test", "NODE_ENV", {"production's overlay": "NODE_ENV=test"}),
        ("production", "production", "APP_ENV", {"auth-0": "APP_ENV=None", "production's overlay": "APP_ENV=None"}),
        (None, "test", "", {}),
    ],
)
def test_a_service_that_does_not_learn_that_it_runs_in_production_is_told(here, there, variable, wrong, monkeypatch):
    monkeypatch.setattr(settings, "in_production", lambda *_: {"NODE_ENV": there})
    pod = Thing(metadata=Thing(name="auth-0"))
    service = Thing(
        name="auth-service", running=lambda: [pod], environment=lambda _: {"NODE_ENV": here} if here else {}
    )
    assert settings.not_for_production(service, None, variable) == wrong
