"""The site, as browsers get it: pages with all that they load, and the files of its export."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.clients import browser
from acceptance.clients.tls import served_chain, verify
from acceptance.clients.web import url
from acceptance.drivers.routing import answered
from acceptance.drivers.services import Service
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import Authority

MISSING = "/no-such-page"
SCRIPT_TYPES = {"application/javascript", "text/javascript"}
ASSETS = {
    "a stylesheet of the home page": r'href="([^"]+\.css)"',
    "a script of the home page": r'src="([^"]+\.js)"',
}
TROUBLE = re.compile(r"Uncaught|Refused to|Failed to load|net::ERR", re.IGNORECASE)
"""What a page's console says when something of it does not work."""


@dataclass
class Opened:
    """A page: as it was answered, and as the browser shows it where there is one."""

    url: str
    answer: requests.Response
    document: str
    resources: dict[str, str] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)
    picture: bytes | None = None

    @property
    def headings(self) -> set[str]:
        """The first heading in the answer and in what the browser shows."""
        texts = (text_of(self.answer), self.document)
        found = [re.findall(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL) for text in texts]
        return {re.sub(r"<[^>]+>", "", headings[0]).strip() if headings else "none" for headings in found}

    @property
    def broken(self) -> dict[str, str]:
        """What the page loads and does not get with 200 from its own origin, and what its console complains of."""
        origin = urlsplit(self.url)[:2]
        found = {
            address: outcome
            for address, outcome in self.resources.items()
            if outcome != "200" or urlsplit(address)[:2] != origin
        }
        return found | {f"console {number}": line for number, line in enumerate(self.console) if TROUBLE.search(line)}


def text_of(answer: requests.Response) -> str:
    """An answer's text; a page that names no charset in its header says it in its document, and is UTF-8."""
    if "charset" not in answer.headers.get("Content-Type", "").lower():
        answer.encoding = "utf-8"
    return answer.text


def type_of(answer: requests.Response) -> str:
    """The media type of an answer."""
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


def open_page(
    web: requests.Session, environment: Environment, outputs: Outputs, authority: Authority, path: str
) -> Opened:
    """Open a page of www; without a browser on this machine what the server answers, and what that names, is all."""
    address = url(environment.domain, "www", path)
    answer = answered(web, "GET", address)
    program = browser.find()
    if program is None:
        named = re.findall(r'(?:src|href)="(/[^"#]+\.(?:css|js|svg|png|ico|woff2?))"', text_of(answer))
        targets = sorted({urljoin(address, name) for name in named})
        statuses = {target: str(web.get(target).status_code) for target in targets}
        return Opened(address, answer, text_of(answer), statuses)
    balancer, host = outputs.load_balancer, f"www.{environment.domain}"
    chain = served_chain(balancer.address, balancer.https_port, host)
    verify(chain, host, authority.roots)
    target = f"{balancer.address}:{balancer.https_port}"
    page = browser.open_page(program, address, domain=environment.domain, address=target, trusted=chain.leaf)
    return Opened(address, answer, page.document, page.resources, page.console, page.picture)


def probe_targets(service: Service) -> dict[str, tuple[str, int]]:
    """Path and port that the readiness and the liveness probe of a service's container ask."""
    container = service.container()
    ports = {item.name: item.container_port for item in container.ports}
    found = {}
    for name, probe in (("readiness", container.readiness_probe), ("liveness", container.liveness_probe)):
        assert probe and probe.http_get, f"the {name} probe of {service.name} is no GET"
        found[name] = (str(probe.http_get.path), int(ports.get(probe.http_get.port, probe.http_get.port)))
    return found


def exports(service: Service, folder: str) -> dict[str, dict[str, str]]:
    """The digests of the files below `folder` in each of the service's pods."""
    found: dict[str, dict[str, str]] = {}
    for pod in service.running():
        command = f"cd {folder} && find . -type f -exec sha256sum {{}} +"
        text = service.namespace.execute(pod.metadata.name, "sh", "-c", command)
        lines = [line.split(None, 1) for line in text.splitlines()]
        found[pod.metadata.name] = {file: digest for digest, file in lines}
    return found


def is_next_export(files: dict[str, str]) -> bool:
    """Whether files are a static export of Next.js."""
    manifests = [path for path in files if re.fullmatch(r"\./_next/static/[^/]+/_buildManifest\.js", path)]
    return bool(manifests and "./index.html" in files)


def path_of(file: str) -> str:
    """The path at which a file of an export is served."""
    path = file.removeprefix(".")
    if path == "/404.html":
        return MISSING
    return {"/index.html": "/"}.get(path, path.removesuffix(".html"))


def not_served(web: requests.Session, environment: Environment, export: dict[str, str]) -> dict[str, str]:
    """The files of an export that users do not get as they are, and what they get instead."""
    found = {}
    for file, digest in sorted(export.items()):
        path = path_of(file)
        answer = web.get(url(environment.domain, "www", path))
        wanted = 404 if path == MISSING else 200
        if answer.status_code != wanted:
            found[path] = f"expected {wanted}, saw {answer.status_code}"
        elif hashlib.sha256(answer.content).hexdigest() != digest:
            found[path] = f"is not {file} of the export"
    return found


def asset_paths(home: str, asset: str) -> list[str]:
    """The paths that `asset` stands for: every file of its kind that the home page names, or the path itself."""
    return sorted(set(re.findall(ASSETS[asset], home))) if asset in ASSETS else [asset.strip('"')]


def wrong_type(answer: requests.Response, wanted: str) -> str:
    """What is wrong with an asset's answer; empty if nothing is."""
    seen = type_of(answer)
    if answer.status_code != 200:
        return f"GET {answer.url}: {answer.status_code}"
    if seen != wanted and not {seen, wanted} <= SCRIPT_TYPES:
        return f"GET {answer.url}: {seen!r}"
    if wanted == "image/svg+xml":
        root = xml.etree.ElementTree.fromstring(answer.content).tag
        return "" if root == "{http://www.w3.org/2000/svg}svg" else f"GET {answer.url}: no SVG but {root}"
    return ""
