"""Production's pods: claims that no disk serves, labels that no machine has, too little memory, unknown paths."""

from types import SimpleNamespace

import pytest
import yaml
from manifest_changes import BACKEND, changed
from tests_support import kustomized

from acceptance.base.paths import ROOT
from acceptance.drivers.workloads import production_pods
from acceptance.platform.applications import APPLICATIONS

REDIS = yaml.safe_load((ROOT / "k8s/redis/base/statefulset.yaml").read_text())
CLAIM = "spec/volumeClaimTemplates/0/spec"
POD = "spec/template/spec"


def test_production_itself_has_nothing_to_tell():
    rendering = SimpleNamespace(production=lambda name: kustomized(f"{name}/overlays/production"))
    environment = SimpleNamespace(services=SimpleNamespace(auth_health_path="/api/health"))
    here = SimpleNamespace(
        rendering=rendering, render=lambda name: kustomized(f"{name}/overlays/kind"), environment=environment
    )
    assert production_pods.troubles(here) == []
    objects = [item for name in APPLICATIONS for item in kustomized(f"{name}/overlays/production")]
    assert production_pods.unserved(objects, production_pods.CLASSES) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (f"{CLAIM}/accessModes", ["ReadWriteOncePod"], ""),
        (f"{CLAIM}/accessModes", ["ReadWriteMany"], "wants ReadWriteMany, which no disk has"),
        (f"{CLAIM}/storageClassName", None, ""),
        (f"{CLAIM}/storageClassName", "gp3", ""),
        (f"{CLAIM}/storageClassName", "local-path", "redis's data wants the class local-path"),
    ],
)
def test_a_claim_that_no_disk_serves_is_told(path, value, said):
    found = "; ".join(production_pods.unserved([changed(REDIS, path, value)], production_pods.CLASSES))
    assert said in found and bool(found) is bool(said)


def test_no_claim_is_no_pass():
    with pytest.raises(AssertionError, match="saw none"):
        production_pods.unserved([BACKEND], production_pods.CLASSES)


def required(*terms):
    """A node affinity that requires one of these terms."""
    found = [
        {"matchExpressions": [{"key": key, "operator": how, "values": ["one"]} for key, how in term]} for term in terms
    ]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": found}}}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("nodeSelector", {"kubernetes.io/os": "linux"}, ""),
        ("nodeSelector", {"disktype": "ssd"}, "requires machines with the label disktype"),
        ("nodeSelector", {"kubernetes.io/hostname": "alternate-futures-worker"}, "requires the machine alternate"),
        ("topologySpreadConstraints", [{"topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}], "label rack"),
        ("topologySpreadConstraints", [{"topologyKey": "rack", "whenUnsatisfiable": "ScheduleAnyway"}], ""),
        ("affinity", required([("disktype", "In")]), "label disktype"),
        ("affinity", required([("disktype", "In")], [("kubernetes.io/arch", "In")]), ""),
        ("affinity", required([("disktype", "DoesNotExist")]), ""),
        ("affinity", required([("kubernetes.io/hostname", "In")]), "requires the machine one"),
        ("affinity", required([("kubernetes.io/hostname", "In")], [("kubernetes.io/arch", "In")]), ""),
        ("affinity", required([("kubernetes.io/hostname", "NotIn")]), ""),
    ],
)
def test_a_pod_that_no_machine_takes_is_told(path, value, said):
    found = "; ".join(production_pods.homeless([changed(BACKEND, f"{POD}/{path}", value)]))
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(("limit", "is_little"), [("1Gi", False), ("2Gi", False), ("256Mi", True), (None, False)])
def test_less_memory_than_the_plan_gives_is_told(limit, is_little):
    found = changed(BACKEND, f"{POD}/containers/0/resources/limits", {"memory": limit} if limit else None)
    assert bool(production_pods.starved([found])) is is_little
    sidecar = {"name": "istio-proxy", "resources": {"limits": {"memory": "64Mi"}}}
    found = changed(found, f"{POD}/containers", [sidecar, *found["spec"]["template"]["spec"]["containers"]])
    assert bool(production_pods.starved([found])) is is_little


@pytest.mark.parametrize(("limit", "is_little"), [("2", False), ("4", False), (None, False), ("200m", True)])
def test_fewer_cores_than_the_plan_gives_are_told(limit, is_little):
    rendered = kustomized("database/overlays/production")
    sets = {item["metadata"]["name"]: item for item in rendered if item["kind"] == "StatefulSet"}
    limits = {"memory": "4Gi", **({"cpu": limit} if limit else {})}
    found = production_pods.starved([changed(sets["yb-tserver"], f"{POD}/containers/0/resources/limits", limits)])
    assert found == ([f"yb-tserver may use {limit} cores, the plan gives it 2"] if is_little else [])


@pytest.mark.parametrize(("path", "is_strange"), [("/health", False), ("/health?full=1", False), ("/healthz", True)])
def test_a_probe_at_a_path_that_nobody_names_is_told(path, is_strange):
    known = {"/health", *production_pods.paths([BACKEND])}
    found = changed(BACKEND, f"{POD}/containers/0/readinessProbe/httpGet/path", path)
    assert bool(production_pods.strangely_probed([found], known)) is is_strange
