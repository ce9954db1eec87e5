"""A program of others that production runs in another version is told from a newer patch."""

import pytest

from acceptance.drivers.workloads.production_versions import other_versions


def workload(image):
    """A Deployment of one container."""
    spec = {"containers": [{"name": "traefik", "image": image}]}
    return [{"kind": "Deployment", "metadata": {"name": "traefik"}, "spec": {"template": {"spec": spec}}}]


HERE = "docker.io/library/traefik:v3.6.12"


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        (HERE, False),
        ("registry.example.test:5000/traefik:v3.6.14", False),
        ("docker.io/library/traefik:v3.6", False),
        ("docker.io/library/traefik:v3.6.12-alpine", False),
        ("docker.io/library/traefik@sha256:1", False),
        ("docker.io/library/traefik:v3.6.12@sha256:1", False),
        ("docker.io/library/traefik:v2.10", True),
        ("docker.io/library/traefik:v3.60.1", True),
        ("docker.io/library/traefik:v3", True),
        ("docker.io/library/traefik:latest", True),
        ("docker.io/library/traefik", True),
        ("docker.io/library/traefik:v3.5.0@sha256:1", True),
        ("docker.io/library/other:v1.0", False),
    ],
)
def test_another_version_is_told(wanted, is_told):
    found = other_versions("traefik", workload(HERE), workload(wanted))
    assert bool(found) is is_told and all(wanted in text for text in found)


def test_only_programs_of_others_have_versions():
    assert other_versions("auth-service", workload(HERE), workload("docker.io/library/traefik:v2.10")) == []
    assert other_versions("traefik", workload(HERE), []) == []
    assert other_versions("traefik", workload("traefik:nightly"), workload("traefik:v1.0")) == []
