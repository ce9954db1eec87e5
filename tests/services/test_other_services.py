"""The second set of services, in tests/other_services: what the suite is told about them is so."""

import re
from pathlib import Path

import pytest
from built import tool

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.cluster.rendering import Rendering
from acceptance.drivers.frontend import site
from acceptance.drivers.frontend.links import links_in, misnamed, paths_in

SERVICES = ("auth", "backend", "frontend")
ENVIRONMENT = load_environment("other-services")
SETTINGS = ENVIRONMENT.services
FOLDER = ROOT / ENVIRONMENT.images.services
WWW = f"www.{ENVIRONMENT.domain}"
SITE = FOLDER / "frontend" / "site"
PAGES = {f"./{path.relative_to(SITE)}": path.read_text() for path in sorted(SITE.rglob("*.html"))}


def source(service):
    return "".join(path.read_text() for path in sorted((FOLDER / service).glob("*.go")))


def test_the_site_is_an_export_with_the_pages_of_the_settings():
    export = {f"./{path.relative_to(SITE)}": "" for path in SITE.rglob("*") if path.is_file()}
    assert site.is_next_export(export)
    headings = {site.path_of(name).rstrip("/") or "/": site.heading_of(text) for name, text in PAGES.items()}
    assert headings.items() >= SETTINGS.headings.items()
    for name, text in PAGES.items():
        assert f'"{SETTINGS.logo_path}"' in text and f".{SETTINGS.logo_path}" in export
        assert not site.lacking(name, text, export)
        links = links_in(text, f"https://{WWW}{site.path_of(name)}")
        assert paths_in(links, WWW) <= headings.keys()
        assert misnamed(links, WWW, SETTINGS.headings) == []


def test_what_the_settings_name_is_in_the_sources():
    auth, backend, dockerfile = source("auth"), source("backend"), (FOLDER / "frontend" / "Dockerfile").read_text()
    for name in (SETTINGS.challenge_field, SETTINGS.token_field, SETTINGS.expiry_field, SETTINGS.jwt_expiry_field):
        assert f'"{name}":' in auth
    for name in (SETTINGS.tokens_hash_column, SETTINGS.tokens_expiry_column, SETTINGS.tokens_owner_column):
        assert re.search(rf"(?s)create table if not exists {SETTINGS.tokens_table} .*\b{name} ", auth)
    for name in SETTINGS.public_columns:
        assert re.search(rf"(?s)create table if not exists {SETTINGS.public_table} .*\b{name} ", backend)
    assert f"COPY site {SETTINGS.export_folder}\n" in dockerfile


@pytest.mark.parametrize("service", SERVICES)
def test_images_have_one_program_and_run_as_no_root(service):
    stage = (FOLDER / service / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert stage.startswith("scratch\n") and re.search(r"^USER [1-9]\d*:[1-9]\d*$", stage, re.MULTILINE)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """What this environment deploys of a service, here and in production, by overlay and kind."""
    tree = Rendering(ENVIRONMENT, tmp_path_factory.mktemp("tree") / "k8s", Path(tool("kubectl")))
    tree.write()
    return lambda name: (tree.manifests(name), tree.production(name))


@pytest.mark.parametrize("service", SERVICES)
def test_manifests_fit_the_programs(rendered, service):
    user = re.search(r"(?m)^USER (\d+):(\d+)$", (FOLDER / service / "Dockerfile").read_text())
    for manifests in rendered(f"{service}-service"):
        (pod,) = (item["spec"]["template"]["spec"] for item in manifests if item["kind"] == "Deployment")
        seen = pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]
        assert seen == (int(user[1]), int(user[2]))
        probes = [probe for name, probe in pod["containers"][0].items() if name.endswith("Probe")]
        assert len(probes) == (2 if service == "frontend" else 3)
        asked = {probe["httpGet"]["path"] for probe in probes} - {"/"}
        assert all(f'"GET {path}"' in source(service) for path in asked)


def test_auth_gets_the_variables_that_it_reads(rendered):
    (data,) = (item["data"] for item in rendered("auth-service")[0] if item["metadata"]["name"] == "auth-config")
    read = set(re.findall(r'(?:Getenv|number)\("(\w+)"', source("auth")))
    assert {SETTINGS.rate_limit_variable, SETTINGS.rate_limit_seconds_variable, "CALLER_HEADER"} <= read & data.keys()
    assert data["CALLER_HEADER"] == SETTINGS.client_header.lower()


def test_modules_are_locked():
    for service in SERVICES:
        modules = (FOLDER / service / "go.mod").read_text()
        assert "require" not in modules or (FOLDER / service / "go.sum").is_file()
