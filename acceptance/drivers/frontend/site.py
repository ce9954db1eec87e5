"""The site as browsers get it: pages with everything that they load, and the files of its export."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
from kubernetes import client

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.clients.web import url
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.ingress.scenario_routes import FRESH, answered
from acceptance.drivers.services.service import Api, Service
from acceptance.drivers.workloads.pods import process_of

MISSING = "/no-such-page"
OFTEN = FRESH // 2
"""How often each file is requested over a new connection: enough to meet the one of two pods that differs."""
TROUBLE = re.compile(r"\berror\b|Uncaught|Refused to|Failed to load|net::ERR", re.IGNORECASE)
"""Words in a page's console that show that part of it does not work."""
REPORTED = re.compile(r"\[Report Only\] Refused to|report-only, so the violation has been logged")
"""Words with which a browser says that it has only reported what a policy would forbid, and done it."""
NAMED = re.compile(r'(?:src|href)="(/[^"#?]+\.(?!html")\w+)(?:\?[^"#]*)?"')
"""A file of the site that a document refers to, except pages."""
BUILT = re.compile(r"/_next/static/[^\s\"'\\<>?#]+\.\w+")
"""A file of Next.js' build that a page refers to."""
AS_KUBELET = {"User-Agent": "kube-probe/1.34", "Accept": "*/*", "Connection": "close"}
"""What a kubelet's probes say. Source: Kubernetes, pkg/probe/http."""
FLIGHT = "self.__next_f"
"""The mark of pages that other pages load by script, from a text file next to the page (Next.js' App Router)."""


@dataclass
class Opened:
    """A page: as the server answered it, and as the browser shows it if there is one."""

    url: str
    answer: requests.Response
    document: str
    resources: dict[str, str] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)
    picture: bytes | None = None
    types: dict[str, str] = field(default_factory=dict)
    profile: Path | None = None
    """What the browser kept of this visit, for the next one."""

    @property
    def headings(self) -> set[str]:
        """The first headings in the answer and in the browser's document."""
        texts = (text_of(self.answer), self.document)
        return {heading_of(text) for text in texts}

    def is_page(self) -> None:
        """Raise AssertionError unless the answer is 200 and text/html in UTF-8."""
        seen = (self.answer.status_code, type_of(self.answer), wrong_charset(self.answer) or "utf-8")
        assert seen == (200, "text/html", "utf-8"), f"expected a page in UTF-8, saw GET {self.url}: {seen}"

    @property
    def broken(self) -> dict[str, str]:
        """What the page does not get with 200 from its own origin, and errors in its console."""
        origin = urlsplit(self.url)[:2]
        found = {
            address: outcome
            for address, outcome in self.resources.items()
            if outcome != "200" or urlsplit(address)[:2] != origin
        }
        return found | {f"console {number}": line for number, line in enumerate(self.console) if is_trouble(line)}


def is_trouble(line: str) -> bool:
    """Whether a line of a page's console shows that part of it does not work."""
    return bool(TROUBLE.search(line)) and not REPORTED.search(line)


def heading_of(document: str) -> str:
    """The text of a document's first heading; `none` if it has none."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", document, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else "none"


def text_of(answer: requests.Response) -> str:
    """An answer's text; a page without a charset in its header has one in its document, which is UTF-8."""
    if "charset" not in answer.headers.get("Content-Type", "").lower():
        answer.encoding = "utf-8"
    return answer.text


def type_of(answer: requests.Response) -> str:
    """The media type of an answer."""
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


def wrong_charset(answer: requests.Response) -> str:
    """The charset in a text's header if it is not UTF-8, the encoding of all files of the site; otherwise empty."""
    kind, _, rest = answer.headers.get("Content-Type", "").lower().partition(";")
    named = re.search(r"charset=[\"']?([^\s;\"']+)", rest)
    is_text = kind.strip().startswith("text/") or kind.strip().endswith(("javascript", "json", "xml"))
    return named[1] if is_text and named and named[1] not in ("utf-8", "utf8", "us-ascii") else ""


def changing(web: requests.Session, opened: Opened) -> list[str]:
    """The page and the files that it loads that do not always come with 200 and the same content, in words."""
    found = []
    for address in sorted({opened.url, *opened.resources}):
        answers = [ask(web, address) for _ in range(OFTEN)]
        seen = {(answer.status_code, hashlib.sha256(answer.content).hexdigest()[:12]) for answer in answers}
        if len(seen) != 1 or {status for status, _ in seen} != {200}:
            found.append(f"GET {address}: {sorted(seen)} in {OFTEN} times")
    return found


def ask(web: requests.Session, address: str, **headers: str) -> requests.Response:
    """The answer at an address, over a new connection."""
    return web.get(address, headers={"Connection": "close", **headers})


def probe_targets(service: Service) -> dict[str, tuple[str, int]]:
    """Path and port of the readiness and the liveness probe of a service's container, by probe.

    Raises AssertionError for a probe that is not an HTTP GET.
    """
    container = service.container()
    ports = {item.name: item.container_port for item in container.ports}
    found = {}
    for name, probe in (("readiness", container.readiness_probe), ("liveness", container.liveness_probe)):
        assert probe and probe.http_get, f"expected the {name} probe of {service.name} to be an HTTP GET"
        found[name] = (str(probe.http_get.path), int(ports.get(probe.http_get.port, probe.http_get.port)))
    return found


def shown_to_probes(doors: Mapping[str, Api], path: str) -> dict[str, str]:
    """The pods that answer the kubelet's probe otherwise than visitors, and how, in words.

    A probe that is answered without a look at the page leaves a pod Ready that has none.
    """
    found = {}
    for name, api in doors.items():
        page, probed = api.get(path), api.get(path, headers=AS_KUBELET)
        if (page.status_code, page.content) != (probed.status_code, probed.content):
            seen = [f"{answer.status_code} with {len(answer.content)} bytes" for answer in (probed, page)]
            found[name] = f"GET {path}: {seen[0]} for the kubelet, {seen[1]} for visitors"
    return found


def exports(service: Service, folder: str) -> dict[str, dict[str, str]]:
    """The SHA-256 digests of the files below `folder` in each of the service's pods, by pod and file."""
    return {str(pod.metadata.name): digests(files_of(service.namespace, pod, folder)) for pod in service.running()}


def files_of(namespace: Namespace, pod: client.V1Pod, folder: str) -> str:
    """sha256sum's output for the files below `folder` in a pod; without a shell in its image, from its machine."""
    command = "find . -type f -exec sha256sum {} +"
    try:
        return namespace.execute(pod.metadata.name, "sh", "-c", f"cd {folder} && {command}")
    except AssertionError as error:
        inside = f"/proc/$({process_of(pod)})/root{folder}"
        try:
            return str(namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", f"cd {inside} && {command}"))
        except UserError as second:
            said = f"{error}; on its machine: {second.problem.splitlines()[-1].strip()}"
            raise AssertionError(
                f"expected files below {folder} in pod {pod.metadata.name}, cannot read any: {said}"
            ) from second


def digests(text: str) -> dict[str, str]:
    """The digests in sha256sum's output, by file."""
    return {file: digest for digest, file in (line.split(None, 1) for line in text.splitlines())}


def is_next_export(files: dict[str, str]) -> bool:
    """Whether these files are a static export of Next.js."""
    manifests = [path for path in files if re.fullmatch(r"\./_next/static/[^/]+/_buildManifest\.js", path)]
    return bool(manifests and "./index.html" in files)


def path_of(file: str) -> str:
    """The path at which a file of an export is served, with or without `trailingSlash` of Next.js."""
    path = file.removeprefix(".")
    if path in ("/404.html", "/404/index.html"):
        return MISSING
    return path.removesuffix("index.html") if path.endswith("/index.html") else path.removesuffix(".html")


def not_served(web: requests.Session, environment: Environment, export: dict[str, str]) -> dict[str, str]:
    """The files of an export that users do not get unchanged, by path, and what they get instead."""
    found = {}
    for file, digest in sorted(export.items()):
        path = path_of(file)
        answer = ask(web, url(environment.domain, "www", path))
        wanted = 404 if path == MISSING else 200
        if answer.status_code != wanted:
            found[path] = f"expected {wanted}, saw GET {answer.url}: {answer.status_code}"
        elif hashlib.sha256(answer.content).hexdigest() != digest:
            found[path] = f"GET {answer.url} gives something else than {file} of the export"
    return found


def incomplete(web: requests.Session, environment: Environment, export: dict[str, str]) -> dict[str, list[str]]:
    """The files that pages of an export refer to or need but that it lacks, by page."""
    found = {}
    for file in sorted(export):
        if file.endswith(".html"):
            text = text_of(ask(web, url(environment.domain, "www", path_of(file))))
            if missing := lacking(file, text, export):
                found[file] = missing
    return found


def lacking(file: str, text: str, export: dict[str, str]) -> list[str]:
    """The files that an export lacks of those that a page refers to, or needs for other pages to load it."""
    needed = {f".{unquote(name)}" for name in BUILT.findall(text)}
    if FLIGHT in text and path_of(file) != MISSING and not file.rpartition("/")[2].startswith("_"):
        needed.add(file.removesuffix(".html") + ".txt")
    return sorted(needed - set(export))


def pages(web: requests.Session, environment: Environment) -> dict[str, str]:
    """The text of each page of the site, by the URL that was asked: a site may redirect from it to one with a slash.

    Raises AssertionError unless each is answered with 200.
    """
    asked = [url(environment.domain, "www", path) for path in environment.services.headings]
    answers = {address: answered(web, "GET", address) for address in asked}
    wrong = [f"GET {answer.url}: {answer.status_code}" for answer in answers.values() if answer.status_code != 200]
    assert answers and not wrong, f"expected 200 for each page, saw {wrong}"
    return {address: text_of(answer) for address, answer in answers.items()}
