"""Where a backend calls auth, by what AUTH_SERVICE_URL ends with, and what a copy with its own ConfigMap is told."""

import contextlib
from types import SimpleNamespace as Thing

import pytest
from kubernetes import client

from acceptance.base.environment import load_environment
from acceptance.drivers.services import configured_copy, copies
from acceptance.drivers.services.configured_copy import LINK, copy_with_config, path_behind


@pytest.mark.parametrize(("end", "path"), [("", "/validate"), ("/", "/validate"), ("/behind/", "/behind/validate")])
def test_the_path_of_the_url_comes_first(end, path):
    assert path_behind(end, "/validate") == path


@pytest.mark.parametrize(("name", "end"), [("kind", "/behind/"), ("other-services", "/behind/"), ("production", "/")])
def test_a_path_is_tried_where_the_backend_promises_it(name, end):
    assert load_environment(name).services.auth_url_end == end


def test_a_copy_is_told_an_address_of_auth_that_is_nobodys(monkeypatch):
    made, data = [], {"AUTH_SERVICE_URL": "http://auth-service:3001"}
    core = Thing(
        read_namespaced_config_map=lambda *_: Thing(data=data),
        create_namespaced_config_map=lambda _, manifest: made.append(manifest["data"]),
        delete_namespaced_config_map=lambda name, _: made.append(name),
    )

    @contextlib.contextmanager
    def copy_of(_, settings, configs):
        made.append(settings)
        yield Thing(name=configs["backend-config"])

    monkeypatch.setattr(configured_copy, "copy_of", copy_of)
    spec = client.V1PodSpec(containers=[client.V1Container(name="backend")])
    deployment = Thing(spec=Thing(template=Thing(spec=spec)))
    service = Thing(namespace=Thing(cluster=Thing(core=core), name="default"), deployment=lambda: deployment)
    with copy_with_config(service, "backend-config") as copy:
        assert made == [data, LINK] and copy.copy.name == copy.config
    assert made[-1] == copy.config and LINK == {"AUTH_SERVICE_SERVICE_HOST": "192.0.2.1"}


def whole(name):
    """A container's reference to all keys of a ConfigMap."""
    return {"configMapRef": {"name": name}}


def single(name):
    """A container's reference to one key of a ConfigMap."""
    return {"name": "URL", "valueFrom": {"configMapKeyRef": {"name": name, "key": "URL"}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"envFrom": [whole("own")]}, {"envFrom": [whole("copy")]}),
        (
            {"envFrom": [whole("own"), whole("defaults"), {"secretRef": {"name": "keys"}}]},
            {"envFrom": [whole("copy"), whole("defaults"), {"secretRef": {"name": "keys"}}]},
        ),
        ({"env": [single("own"), single("x")]}, {"env": [single("copy"), single("x")], "envFrom": []}),
        ({}, {"envFrom": [whole("copy")]}),
    ],
)
def test_a_copy_keeps_what_its_service_takes_beside_its_configmap(before, after):
    copies.with_configs(before, {"own": "copy"})
    assert before == after
