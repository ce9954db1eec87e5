"""Manifests of Traefik, the services and the routes: what the plan writes into them (tasks 9, 14 to 17)."""

import pytest
import yaml

from acceptance.base.paths import ROOT

K8S = ROOT / "k8s"
SERVICES = {
    "auth": (3001, {"JWT_SECRET", "DATABASE_URL", "REDIS_URL"}),
    "backend": (4000, {"JWT_SECRET", "DATABASE_URL"}),
    "frontend": (3000, set()),
}
HOSTS = {"auth": "auth", "backend": "api", "frontend": "www"}


def read(path):
    return yaml.safe_load((K8S / path).read_text())


def container(service):
    return read(f"{service}-service/base/deployment.yaml")["spec"]["template"]["spec"]["containers"][0]


def test_traefik_keeps_certificates_that_it_orders_by_tls_challenge():
    pod = read("traefik/base/deployment.yaml")["spec"]["template"]["spec"]
    resolver = "--certificatesresolvers.letsencrypt.acme"
    assert {
        f"{resolver}.email=system@alternatefutures.ai",
        f"{resolver}.storage=/data/acme.json",
        f"{resolver}.tlschallenge=true",
    } <= set(pod["containers"][0]["args"])
    assert {"name": "acme", "mountPath": "/data"} in pod["containers"][0]["volumeMounts"]
    claim = read("traefik/base/pvc.yaml")
    assert {"name": "acme", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}} in pod["volumes"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"


def test_traefik_is_a_load_balancer_on_80_and_443():
    spec = read("traefik/base/service.yaml")["spec"]
    assert (spec["type"], [port["port"] for port in spec["ports"]]) == ("LoadBalancer", [80, 443])


@pytest.mark.parametrize("service", SERVICES)
def test_production_runs_the_images_that_the_plan_names(service):
    names = {item["name"]: item for item in read(f"{service}-service/overlays/production/kustomization.yaml")["images"]}
    wanted = {"frontend": "home"}.get(service, service)
    assert names[f"alternate-futures/{service}"]["newName"] == f"ghcr.io/alternatefutures/{wanted}"


@pytest.mark.parametrize("service", ["auth", "backend"])
def test_services_have_the_settings_that_the_plan_names(service):
    port, secrets = SERVICES[service]
    settings = dict(read(f"{service}-service/base/config.yaml")["data"])
    one = container(service)
    assert one["envFrom"] == [{"configMapRef": {"name": f"{service}-config"}}]
    settings |= {item["name"]: item["value"] for item in one["env"] if "value" in item}
    assert (settings["PORT"], settings["NODE_ENV"]) == (str(port), "production")
    assert {item["name"] for item in one["env"] if "secretKeyRef" in item.get("valueFrom", {})} == secrets
    if service == "backend":
        assert settings["AUTH_SERVICE_URL"] == "http://auth-service:3001"


@pytest.mark.parametrize("service", SERVICES)
def test_production_probes_what_the_plan_names(service):
    one = container(service)
    paths = {name: one[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness")}
    for patch in read(f"{service}-service/overlays/production/kustomization.yaml").get("patches", []):
        for operation in yaml.safe_load(patch["patch"]):
            for name in paths:
                if f"/{name}Probe/httpGet/path" in operation["path"]:
                    paths[name] = operation["value"]
    assert set(paths.values()) == {"/" if service == "frontend" else "/health"}


@pytest.mark.parametrize("service", SERVICES)
def test_services_ask_for_what_the_plan_gives_them(service):
    small = service == "frontend"
    assert container(service)["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"} if small else {"cpu": "250m", "memory": "512Mi"},
        "limits": {"cpu": "250m", "memory": "512Mi"} if small else {"cpu": "500m", "memory": "1Gi"},
    }


@pytest.mark.parametrize("service", SERVICES)
def test_routes_are_those_of_the_plan(service):
    spec = read(f"ingress/base/{service}-ingressroute.yaml")["spec"]
    (route,) = spec["routes"]
    assert route["match"] == f"Host(`{HOSTS[service]}.alternatefutures.ai`)"
    assert route["services"] == [{"name": f"{service}-service", "port": SERVICES[service][0]}]
    assert spec["tls"] == {"certResolver": "letsencrypt"}
