"""What production changes about a component that was proven here is told, except what is allowed with a reason."""

import copy
import functools

import pytest
import yaml
from built import tool, upstream_manifests
from manifest_changes import changed

from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.drivers.workloads import production_parity as parity

POD = "spec/template/spec/containers/0"
CONTROLLER = yaml.safe_load((ROOT / "k8s/sealed-secrets/base/deployment.yaml").read_text())
RIGHTS = list(yaml.safe_load_all((ROOT / "k8s/sealed-secrets/base/rbac.yaml").read_text()))
HERE = [CONTROLLER, *RIGHTS]


@functools.cache
def rendered(component, overlay):
    """What an overlay renders, or the component itself if it has none."""
    upstream_manifests()
    folder = ROOT / "k8s" / component / "overlays" / overlay
    return documents(build(tool("kubectl"), folder if folder.is_dir() else ROOT / "k8s" / component))


@pytest.mark.parametrize("component", sorted(parity.ALLOWED))
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
    more.append({"kind": "PodMonitor", "metadata": {"name": "own"}})
    assert "verbs[delete] is gone" in "; ".join(parity.in_words(HERE, fewer, ()))
    assert parity.in_words(HERE, more, ()) == ["production adds ClusterRoleBinding/admin"]
    assert parity.in_words(HERE, HERE[1:], ()) == ["production renders no Deployment/sealed-secrets-controller"]


def said_of(component, kind, name, path, value):
    """What is said if production had another value at a path of one object."""
    here, there = rendered(component, "kind"), rendered(component, "production")
    (item,) = [one for one in there if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    others = [one for one in there if one is not item]
    return "; ".join(parity.in_words(here, [*others, changed(item, path, value)], parity.ALLOWED[component]))


TRAEFIK = ("traefik", "Deployment", "traefik")
SERVICE = ("traefik", "Service", "traefik")
AUTH = ("auth-service", "Deployment", "auth-service")
CONFIG = ("auth-service", "ConfigMap", "auth-config")
ROUTE = ("ingress", "IngressRoute", "backend-service")
TO = "spec/routes/0/services/0"


@pytest.mark.parametrize(
    ("place", "path", "value", "said"),
    [
        (TRAEFIK, "spec/replicas", 0, "spec/replicas is 0, not 1 as here"),
        (TRAEFIK, "spec/template/spec/nodeSelector", {"disk": "ssd"}, "nodeSelector/disk is ssd, not gone"),
        (TRAEFIK, "spec/template/spec/volumes/0/persistentVolumeClaim/claimName", "other", "claimName is other"),
        (TRAEFIK, f"{POD}/ports/1/containerPort", 8444, "containerPort is 8444, not 8443"),
        (TRAEFIK, f"{POD}/image", "registry.example.test/apache:2", "image is registry.example.test/apache:2"),
        (TRAEFIK, f"{POD}/image", "registry.example.test/traefik@sha256:1", ""),
        (TRAEFIK, f"{POD}/resources/limits/memory", "16Mi", "limits/memory is 16Mi, not 256Mi"),
        (TRAEFIK, f"{POD}/resources/limits", {}, ""),
        (AUTH, f"{POD}/resources/limits/cpu", "20m", "limits/cpu is 20m, not gone as here"),
        (AUTH, f"{POD}/resources/limits/cpu", "250m", ""),
        (AUTH, f"{POD}/resources/limits/cpu", None, ""),
        (TRAEFIK, f"{POD}/args", ["--ping=true"], "args[--entrypoints.web.address=:8000] is gone"),
        (SERVICE, "spec/type", "ClusterIP", "spec/type is ClusterIP, not LoadBalancer"),
        (SERVICE, "spec/selector/app", "proxy", "spec/selector/app is proxy"),
        (SERVICE, "spec/loadBalancerSourceRanges", ["10.0.0.0/8"], "loadBalancerSourceRanges[10.0.0.0/8] is there"),
        (SERVICE, "spec/externalTrafficPolicy", "Cluster", ""),
        (ROUTE, f"{TO}/scheme", "https", "scheme is https, not gone"),
        (ROUTE, f"{TO}/port", 4001, "port is 4001, not 4000"),
        (ROUTE, f"{TO}/weight", 0, "weight is 0, not gone"),
        (ROUTE, "metadata/annotations", {"kubernetes.io/ingress.class": "nginx"}, "ingress.class is nginx"),
        (ROUTE, "metadata/annotations", {"prometheus.io/scrape": "true"}, ""),
        (AUTH, f"{POD}/command", ["sleep"], "command/0 is sleep, not gone"),
        (AUTH, f"{POD}/ports/0/containerPort", 3002, "containerPort is 3002, not 3001"),
        (AUTH, f"{POD}/volumeMounts", [{"name": "tmp", "mountPath": "/app"}], "volumeMounts/tmp/mountPath is /app"),
        (AUTH, f"{POD}/image", "ghcr.io/alternatefutures/home:latest", "image is ghcr.io/alternatefutures/home:latest"),
        (AUTH, "spec/replicas", 1, "spec/replicas is 1, not 2"),
        (AUTH, "spec/replicas", 3, ""),
        (("auth-service", "ConfigMap", "auth-config"), "data/NODE_ENV", "production", ""),
        (CONFIG, "data/RATE_LIMIT", "50", ""),
        (CONFIG, "data/RATE_LIMIT", "0", "data/RATE_LIMIT is 0, not 20"),
        (CONFIG, "data/RATE_LIMIT", "1000000", "data/RATE_LIMIT is 1000000"),
        (CONFIG, "data/RATE_LIMIT", "many", "data/RATE_LIMIT is many"),
        (CONFIG, "data/RATE_LIMIT", None, "data/RATE_LIMIT is gone"),
        (CONFIG, "data/RATE_LIMIT_SECONDS", "300", ""),
        (CONFIG, "data/RATE_LIMIT_SECONDS", "1", "data/RATE_LIMIT_SECONDS is 1"),
        (CONFIG, "data/SIWE_CHAINS", "1,137", ""),
        (CONFIG, "data/SIWE_CHAINS", "137", "data/SIWE_CHAINS is 137"),
        (CONFIG, "data/SIWE_CHAINS", "10, 1", ""),
        (CONFIG, "data/SIWE_CHAINS", "1,main", "data/SIWE_CHAINS is 1,main"),
        (CONFIG, "data/SIWE_CHAINS", "11", "data/SIWE_CHAINS is 11"),
        (("auth-service", "NetworkPolicy", "auth-service"), "spec/ingress", [], "spec/ingress/0"),
        (("redis", "NetworkPolicy", "redis"), "spec/ingress", [{}], "spec/ingress/0 is {}"),
        (("redis", "NetworkPolicy", "redis"), "spec/ingress", [{"from": []}], "spec/ingress/0 is {'from': []}"),
        (AUTH, f"{POD}/resources/claims", {}, ""),
        (("redis", "StatefulSet", "redis"), f"{POD}/resources/limits/cpu", "10m", "limits/cpu is 10m, not gone"),
        (("redis", "StatefulSet", "redis"), f"{POD}/resources/limits/cpu", "250m", ""),
        (("redis", "Job", "redis-synced"), f"{POD}/image", "docker.io/library/redis:8.0", ""),
        (("redis", "StatefulSet", "redis"), "spec/replicas", 0, "spec/replicas is 0, not 1"),
        (("database", "Service", "yb-tservers"), "spec/ports/0/port", 5432, "port is 5432, not 5433"),
        (("argocd/applications", "Application", "redis"), "spec/project", "other", "spec/project is other"),
    ],
)  # fmt: skip
def test_what_production_changes_about_a_component_is_told(place, path, value, said):
    found = said_of(*place, path, value)
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("component", "kind", "is_told"),
    [
        ("auth-service", "Ingress", True),
        ("ingress", "IngressRouteTCP", True),
        ("traefik", "NetworkPolicy", True),
        ("traefik", "ServiceMonitor", False),
        ("auth-service", "PodDisruptionBudget", False),
    ],
)
def test_what_production_adds_is_told(component, kind, is_told):
    here, there = rendered(component, "kind"), rendered(component, "production")
    added = {"kind": kind, "metadata": {"name": "more"}, "spec": {}}
    found = parity.in_words(here, [*there, added], parity.ALLOWED[component])
    assert found == ([f"production adds {kind}/more"] if is_told else [])


@pytest.mark.parametrize(
    ("before", "after", "is_enough"),
    [
        ("2", "2", True), ("2", "3", True), ("2", "1", False), ("2", None, False), ("1", None, True),
        (None, "0", False), ("256Mi", "1Gi", True),
        ("256Mi", "0.2Gi", False), ("256Mi", None, True), ("256Mi", "much", False),
    ],
)  # fmt: skip
def test_no_less_than_here_is_enough(before, after, is_enough):
    assert parity.is_enough(before, after) is is_enough


def test_an_argument_that_is_given_twice_is_told():
    assert parity.flat({"args": ["-a", "-b", "-a"]}) == {"args[-a]": "there 2 times", "args[-b]": "there"}


def test_an_empty_entry_of_a_list_is_a_leaf():
    assert parity.flat({"a": [{}, {"b": "c"}], "d": {}, "e": []}) == {"a/0": "{}", "a/1/b": "c"}


def test_objects_of_one_name_do_not_hide_each_other():
    other = {
        "kind": "Deployment",
        "metadata": {"name": CONTROLLER["metadata"]["name"], "namespace": "other"},
        "spec": {},
    }
    for there in ([*HERE, other], [other, *HERE]):
        found = "; ".join(parity.in_words(HERE, there, ()))
        assert "production adds Deployment/sealed-secrets-controller in other" in found
    assert parity.in_words([*HERE, other], [other, *HERE], ()) == []


RUNNING_DEX = {"kind": "Deployment", "metadata": {"name": "argocd-dex-server"}, "spec": {"replicas": 1}}


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
        (argocd({"admin.enabled": "false", "oidc.config": "issuer: https://sso.example.com"}), ""),
        (argocd({"admin.enabled": "false", "accounts.someone": "login"}), ""),
        (argocd({"admin.enabled": "false", "accounts.robot": "apiKey"}), "admin.enabled"),
        (argocd({"admin.enabled": "false", "dex.config": "connectors: []"}), "admin.enabled"),
        ([*argocd({"admin.enabled": "false", "dex.config": "connectors: []"}), RUNNING_DEX], ""),
        (argocd({"cluster.inClusterEnabled": "false"}), "inClusterEnabled of argocd-cm is 'false', not 'true'"),
        (argocd({"cluster.inClusterEnabled": "true"}), ""),
        (argocd({"application.sync.impersonation.enabled": "true"}), "impersonation.enabled of argocd-cm is 'true'"),
        (argocd(replicas=0), "argocd-repo-server has no replicas"),
        (argocd(server="Job"), "argocd-server has no replicas"),
    ],
)
def test_another_argocd_in_production_is_told(there, said):
    found = "; ".join(parity.argocd_in_words(argocd(), there))
    assert said in found and bool(found) is bool(said)
