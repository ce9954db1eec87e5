"""Which Redis production renders."""

import pytest
from manifest_changes import changed
from tests_support import kustomized

from acceptance.drivers.data.production_redis import too_old

(REDIS,) = [item for item in kustomized("redis/overlays/production") if item["kind"] == "StatefulSet"]


@pytest.mark.parametrize(
    ("image", "is_old"),
    [
        (REDIS["spec"]["template"]["spec"]["containers"][0]["image"], False),
        ("docker.io/library/redis:8-alpine", False),
        ("registry.example.test:5000/redis:7.2.4@sha256:01", False),
        ("docker.io/library/redis@sha256:01", False),
        ("docker.io/library/redis:latest", False),
        ("docker.io/valkey/valkey:8", False),
        ("example.test/tools/redis-exporter:1.6", False),
        ("docker.io/library/redis:6.2", True),
        ("redis:6-alpine@sha256:01", True),
        ("bitnami/redis:6.2.14-debian-12", True),
        ("redis/redis-stack-server:6.2.6-v10", True),
    ],
)
def test_an_old_release_is_told(image, is_old):
    found = too_old([changed(REDIS, "spec/template/spec/containers/0/image", image)], 7)
    assert found == ([f"redis runs {image}"] if is_old else [])
