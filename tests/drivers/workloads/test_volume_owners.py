"""Pods that may not write to their volumes."""

from types import SimpleNamespace

import pytest
from manifest_changes import changed
from tests_support import kustomized

from acceptance.drivers.workloads import volume_owners
from acceptance.drivers.workloads.volume_owners import barred, barred_everywhere

(REDIS,) = [item for item in kustomized("redis/overlays/kind") if item["kind"] == "StatefulSet"]
POD = "spec/template/spec"
WITHOUT = changed(REDIS, f"{POD}/securityContext/fsGroup", None)
ROOT = {"name": "own", "securityContext": {"runAsUser": 0, "runAsNonRoot": False}}
MOUNT = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}


@pytest.mark.parametrize(
    ("item", "is_barred"),
    [
        (REDIS, False),
        (WITHOUT, True),
        (changed(WITHOUT, f"{POD}/securityContext", {"runAsUser": 999}), True),
        (changed(WITHOUT, f"{POD}/securityContext", {}), False),
        (changed(WITHOUT, f"{POD}/initContainers", [{**ROOT, **MOUNT}]), False),
        (changed(WITHOUT, f"{POD}/initContainers", [ROOT]), True),
    ],
    ids=range(6),
)
def test_a_volume_that_stays_roots_is_told(item, is_barred):
    assert bool(barred([item])) is is_barred


def test_a_claim_of_its_own_counts():
    plain = changed(changed(WITHOUT, "spec/volumeClaimTemplates", []), "kind", "Deployment")
    claim = [{"name": "data", "persistentVolumeClaim": {"claimName": "redis"}}]
    assert barred([changed(plain, f"{POD}/volumes", claim)])
    with pytest.raises(AssertionError, match="saw none"):
        barred([plain])


def platform(monkeypatch, here, there):
    """A platform whose cluster has some workloads, and whose production renders others."""
    monkeypatch.setattr(volume_owners, "workloads", lambda *_: here)
    api = SimpleNamespace(sanitize_for_serialization=lambda items: items)
    rendering = SimpleNamespace(production=lambda _: there)
    return SimpleNamespace(cluster=SimpleNamespace(api=api), rendering=rendering)


@pytest.mark.parametrize("name", ["redis", "database"])
def test_the_platforms_volumes_belong_to_those_who_use_them(monkeypatch, name):
    here = [item for item in kustomized(f"{name}/overlays/kind") if item["kind"] == "StatefulSet"]
    assert barred_everywhere(platform(monkeypatch, here, kustomized(f"{name}/overlays/production")), name) == []


def test_production_is_told_apart(monkeypatch):
    (said,) = barred_everywhere(platform(monkeypatch, [REDIS], [WITHOUT]), "redis")
    assert said.startswith("in production redis runs as another user than root")
    (said,) = barred_everywhere(platform(monkeypatch, [WITHOUT], [REDIS]), "redis")
    assert said.startswith("redis runs as another user than root")
