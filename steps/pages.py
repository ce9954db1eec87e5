"""The site's pages and files, as browsers get them."""

import hashlib
import re
import xml.etree.ElementTree
from dataclasses import dataclass
from urllib.parse import urljoin

import requests
from pytest_bdd import parsers, then, when

from acceptance.base.waiting import CERTIFICATE_ISSUED, eventually
from acceptance.clients import browser
from acceptance.clients.tls import served_chain, verify
from acceptance.clients.web import url

LOGO = "/assets/logo.svg"
MISSING = "/no-such-page"
SCRIPT_TYPES = {"application/javascript", "text/javascript"}
LOGS = "kubectl -n traefik logs deploy/traefik; kubectl logs -l app=frontend-service"


@dataclass
class Opened:
    """A page: as it was answered, and as the browser shows it where there is one."""

    url: str
    answer: requests.Response
    document: str


def get_page(web, address):
    """A page over HTTPS, once its host has a certificate that the environment's authority issued."""
    return eventually(lambda: web.get(address), within=CERTIFICATE_ISSUED, what=f"an answer at {address}", hint=LOGS)


@when(parsers.parse('the page "{path}" is opened in a browser'), target_fixture="opened")
def open_page(web, routes, frontend_service, environment, outputs, pebble, path, evidence):
    address = url(environment.domain, "www", path)
    answer = get_page(web, address)
    evidence.add(f"GET {address}", {"status": answer.status_code, "headers": dict(answer.headers)})
    program = browser.find()
    if program is None:
        evidence.add("browser", "there is no Chromium here: judged by what the server answered alone")
        return Opened(address, answer, answer.text)
    balancer = outputs.load_balancer
    host = f"www.{environment.domain}"
    chain = served_chain(balancer.address, balancer.https_port, host)
    verify(chain, host, pebble.roots)
    page = browser.open_page(
        program, address, domain=environment.domain, address=f"{balancer.address}:{balancer.https_port}",
        trusted=chain.leaf,
    )  # fmt: skip
    evidence.add_picture(f"{path} in Chromium", page.picture)
    return Opened(address, answer, page.document)


@then(parsers.parse('it is the page headed "{heading}", with its logo'))
def page_is(opened, web, heading):
    answer = opened.answer
    assert answer.status_code == 200, f"expected 200 for {opened.url}, saw {answer.status_code}"
    assert type_of(answer) == "text/html", f"expected a page at {opened.url}, saw {type_of(answer)}"
    for where, text in (("the answer", answer.text), ("the browser", opened.document)):
        seen = re.findall(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
        assert seen == [heading], f"expected the heading {heading!r} in {where} of {opened.url}, saw {seen}"
        assert f'src="{LOGO}"' in text, f"expected the logo in {where} of {opened.url}"
    logo = web.get(urljoin(opened.url, LOGO))
    assert logo.status_code == 200, f"the logo of the page is answered with {logo.status_code}"


def type_of(answer):
    """The media type of an answer."""
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


@then(parsers.parse('its pods have a Next.js static export in "{folder}"'), target_fixture="export")
def pods_have_export(service, folder, evidence):
    exports = {}
    for pod in service.running():
        command = f"cd {folder} && find . -type f -exec sha256sum {{}} +"
        text = service.namespace.execute(pod.metadata.name, "sh", "-c", command)
        exports[pod.metadata.name] = dict(reversed(line.split(None, 1)) for line in text.splitlines())
    evidence.add("files by pod", {name: len(files) for name, files in exports.items()})
    for name, files in exports.items():
        manifests = [path for path in files if re.fullmatch(r"\./_next/static/[^/]+/_buildManifest\.js", path)]
        assert manifests and "./index.html" in files, (
            f"{folder} of {name} is no export of Next.js: {sorted(files)[:20]}"
        )
    kinds = {tuple(sorted(files.items())) for files in exports.values()}
    assert len(kinds) == 1, (
        f"the pods have different exports: { {name: len(files) for name, files in exports.items()} }"
    )
    return exports[name]


def path_of(file):
    """The path at which a file of an export is served."""
    path = file.removeprefix(".")
    if path == "/404.html":
        return MISSING
    return {"/index.html": "/"}.get(path, path.removesuffix(".html"))


@then("every file of the export is served as it is")
def export_is_served(service, export, evidence):
    api = service.api()
    home = api.get("/").text
    assert "/_next/static/" in home, "the home page uses nothing of the export"
    for file, digest in sorted(export.items()):
        answer = api.get(path_of(file))
        wanted = 404 if path_of(file) == MISSING else 200
        assert answer.status_code == wanted, f"expected {wanted} for {path_of(file)}, saw {answer.status_code}"
        seen = hashlib.sha256(answer.content).hexdigest()
        assert seen == digest, f"{path_of(file)} is not {file} of the export"
    evidence.add("served", {path_of(file): digest[:16] for file, digest in sorted(export.items())})


@then(parsers.parse('its probes ask for GET "{path}"'))
def probes_ask(service, path, evidence):
    container = service.container()
    ports = {item.name: item.container_port for item in container.ports}
    seen = {}
    for name, probe in (("readiness", container.readiness_probe), ("liveness", container.liveness_probe)):
        assert probe and probe.http_get, f"the {name} probe of {service.name} is no GET"
        seen[name] = (probe.http_get.path, ports.get(probe.http_get.port, probe.http_get.port))
    evidence.add("probes", seen)
    assert set(seen.values()) == {(path, service.port)}, f"expected GET {path} on port {service.port}, saw {seen}"


@then(parsers.parse('{asset} comes as "{wanted}"'))
def asset_type(service, asset, wanted, evidence):
    api = service.api()
    home = api.get("/").text
    paths = {
        "a stylesheet of the home page": r'href="(/_next/static/[^"]+\.css)"',
        "a script of the home page": r'src="(/_next/static/[^"]+\.js)"',
    }
    found = re.findall(paths[asset], home) if asset in paths else [asset.strip('"')]
    assert found, f"the home page names no such file: {asset}"
    answer = api.get(found[0])
    seen = type_of(answer)
    evidence.add(f"GET {found[0]}", {"status": answer.status_code, "headers": dict(answer.headers)})
    assert answer.status_code == 200, f"expected 200 for {found[0]}, saw {answer.status_code}"
    same = seen == wanted or {seen, wanted} <= SCRIPT_TYPES
    assert same, f"expected {found[0]} as {wanted}, saw {seen!r}"
    if wanted == "image/svg+xml":
        root = xml.etree.ElementTree.fromstring(answer.content).tag
        assert root == "{http://www.w3.org/2000/svg}svg", f"{found[0]} is no SVG but {root}"
