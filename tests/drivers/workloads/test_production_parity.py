"""What production changes about a component that was proven here is told, except what is allowed with a reason."""

import copy
import subprocess

import pytest
import yaml
from built import tool
from manifest_changes import changed

from acceptance.base.paths import ROOT
from acceptance.drivers.workloads import production_parity as parity
from acceptance.images.build import Images
from acceptance.images.upstream_manifests import upstream

POD = "spec/template/spec/containers/0"
CONTROLLER = yaml.safe_load((ROOT / "k8s/sealed-secrets/base/deployment.yaml").read_text())
RIGHTS = list(yaml.safe_load_all((ROOT / "k8s/sealed-secrets/base/rbac.yaml").read_text()))
HERE = [CONTROLLER, *RIGHTS]


def rendered(component, overlay):
    """What an overlay renders; skips the test where upstream's manifests are missing."""
    if component in upstream(Images()):
        pytest.skip("upstream manifests are missing")
    folder = ROOT / "k8s" / component / "overlays" / overlay
    command = [tool("kubectl"), "kustomize", "--load-restrictor", "LoadRestrictionsNone", folder]
    return list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


@pytest.mark.parametrize("component", parity.ALLOWED)
def test_production_runs_what_was_proven_here(component):
    here, there = rendered(component, "kind"), rendered(component, "production")
    assert parity.in_words(here, there, parity.ALLOWED[component]) == []


def test_production_has_argocds_settings():
    assert parity.argocd_in_words(rendered("argocd", "kind"), rendered("argocd", "production")) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec/replicas", 0, "spec/replicas is 0, not 1"),
        (
            f"{POD}/args",
            [*CONTROLLER["spec"]["template"]["spec"]["containers"][0]["args"], "--skip-recreate"],
            "skip-re",
        ),
        (f"{POD}/args", ["--key-prefix"], "args[--update-status] is gone"),
        (f"{POD}/image", "registry.example.test/sealed-secrets@sha256:1", ""),
        (f"{POD}/resources/limits/memory", "1Gi", ""),
        (f"{POD}/livenessProbe", None, "livenessProbe/httpGet/path is gone"),
        ("metadata/labels", {"by": "hand"}, ""),
    ],
)
def test_a_change_of_the_controller_is_told(path, value, said):
    there = [changed(CONTROLLER, path, value), *RIGHTS]
    found = "; ".join(parity.in_words(HERE, there, parity.ALLOWED["sealed-secrets"]))
    assert said in found and bool(found) is bool(said)


def test_other_rights_are_told():
    fewer, more = copy.deepcopy(HERE), copy.deepcopy(HERE)
    fewer[2]["rules"][2]["verbs"].remove("delete")
    more.append({"kind": "ClusterRoleBinding", "metadata": {"name": "admin"}})
    more.append({"kind": "NetworkPolicy", "metadata": {"name": "own"}})
    assert "verbs[delete] is gone" in "; ".join(parity.in_words(HERE, fewer, ()))
    assert parity.in_words(HERE, more, ()) == ["production adds ClusterRoleBinding/admin"]
    assert parity.in_words(HERE, HERE[1:], ()) == ["production renders no Deployment/sealed-secrets-controller"]


def argocd(settings=None, policy=None, replicas=2, server="Deployment"):
    """What an overlay renders of Argo CD."""
    maps = {"argocd-cm": settings or {}, "argocd-rbac-cm": policy}
    found = [{"kind": "ConfigMap", "metadata": {"name": name}, "data": data} for name, data in maps.items()]
    names = {
        "argocd-server": server,
        "argocd-repo-server": "Deployment",
        "argocd-application-controller": "StatefulSet",
    }
    spec = {} if replicas is None else {"replicas": replicas}
    return found + [{"kind": kind, "metadata": {"name": name}, "spec": spec} for name, kind in names.items()]


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (argocd(), ""),
        (argocd(replicas=None), ""),
        (argocd({"admin.enabled": "true", "users.anonymous.enabled": "false"}, {"policy.csv": "p, x"}), ""),
        (argocd({"admin.enabled": "false"}), "admin.enabled of argocd-cm is 'false', not 'true'"),
        (argocd({"users.anonymous.enabled": "true"}), "users.anonymous.enabled"),
        (argocd(policy={"policy.default": "role:admin"}), "policy.default of argocd-rbac-cm is 'role:admin'"),
        (argocd(replicas=0), "argocd-repo-server has no replicas"),
        (argocd(server="Job"), "argocd-server has no replicas"),
    ],
)
def test_another_argocd_in_production_is_told(there, said):
    found = "; ".join(parity.argocd_in_words(argocd(), there))
    assert said in found and bool(found) is bool(said)
