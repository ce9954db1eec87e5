"""A registry on the loopback that plays the upstream ones, filled with the images that were built here."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests

from acceptance.clients import docker
from acceptance.images.build import Images
from acceptance.images.lock import Entry

NAME = "alternate-futures-trial-registry"
PATHS = {"docker.io": "hub", "quay.io": "quay", "ghcr.io": "ghcr", "registry.k8s.io": "k8s"}
"""The path under which the mirror has each upstream registry."""
TYPES = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def free_port() -> int:
    """A port of the loopback where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mirrored(entry: Entry) -> str:
    """An entry's path and tag in the mirror."""
    host, _, path = (entry.upstream or "").partition("/")
    return f"{PATHS[host]}/{path}"


@dataclass
class Behaviour:
    """What the mirror does wrong: repositories it lacks, and how often it still answers 429, by repository."""

    missing: set[str] = field(default_factory=set)
    busy: dict[str, int] = field(default_factory=dict)
    pulled: set[str] = field(default_factory=set)
    """Repositories whose manifest it gave."""


class Mirror:
    """A running mirror. `port` is where clients ask; `digests`: of the images that the lock pulls by digest."""

    def __init__(self, images: Images):
        self.images = images
        self.entries = [entry for entry in images.lock.values() if entry.is_pullable or entry.use == "base"]
        self.behaviour = Behaviour()
        self.digests: dict[str, str] = {}
        self.back = free_port()
        self.port = 0

    def local(self, entry: Entry) -> str:
        """The name of an entry's image in this engine."""
        return entry.short if entry.use == "base" else self.images.tag(entry)

    def fill(self) -> None:
        """Push all images, and note the digests of those that are pulled by digest."""
        for entry in self.entries:
            reference = f"127.0.0.1:{self.back}/{mirrored(entry)}"
            docker.docker("tag", self.local(entry), reference)
            docker.push(reference)
            docker.docker("rmi", reference)
            if entry.digest:
                repository, _, tag = mirrored(entry).rpartition(":")
                url = f"http://127.0.0.1:{self.back}/v2/{repository}/manifests/{tag}"
                answer = requests.head(url, headers={"Accept": TYPES}, timeout=10)
                self.digests[entry.name] = answer.headers["Docker-Content-Digest"]

    def upstream(self, away: str | None) -> str:
        """The value of `[images] upstream` that leads to the mirror, as TOML."""
        nowhere = free_port()
        hosts = {host: f"127.0.0.1:{nowhere if host == away else self.port}/{path}" for host, path in PATHS.items()}
        return "{ " + ", ".join(f'"{host}" = "{mirror}"' for host, mirror in hosts.items()) + " }"


@contextlib.contextmanager
def mirror(images: Images) -> Iterator[Mirror]:
    """Run a registry, fill it, and put the mirror that can misbehave in front."""
    made = Mirror(images)
    docker.docker("rm", "--force", "--volumes", NAME, check=False)
    image = images.tag(images.lock["registry"])
    docker.docker("run", "--detach", "--name", NAME, "--publish", f"127.0.0.1:{made.back}:5000", image)
    try:
        wait_for(f"http://127.0.0.1:{made.back}/v2/")
        made.fill()
        with serving(made):
            yield made
    finally:
        docker.docker("rm", "--force", "--volumes", NAME, check=False)


@contextlib.contextmanager
def out_of_sight(made: Mirror) -> Iterator[None]:
    """Take the names of all images of the lock away, so that the engine has none, and give them back afterwards."""
    known = set(docker.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split())
    names = {made.images.tag(entry) for entry in made.images.lock.values()} | {
        made.local(entry) for entry in made.entries
    }
    kept = {name: f"alternate-futures-kept/{index}:latest" for index, name in enumerate(sorted(names & known))}
    for name, instead in kept.items():
        docker.docker("tag", name, instead)
        docker.docker("rmi", name)
    try:
        yield
    finally:
        for name, instead in kept.items():
            docker.docker("tag", instead, name)
            docker.docker("rmi", instead)


def wait_for(url: str) -> None:
    """Wait until a registry answers, for 20 seconds at most."""
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=2).ok:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} does not answer")
        time.sleep(0.2)


@contextlib.contextmanager
def serving(made: Mirror) -> Iterator[None]:
    """Serve the registry's content, with the behaviour that the trial asks for."""
    behaviour = made.behaviour

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            repository = self.path.removeprefix("/v2/").partition("/manifests/")[0]
            is_manifest = "/manifests/" in self.path
            if is_manifest and repository in behaviour.missing:
                self.refuse(404, "MANIFEST_UNKNOWN", "manifest unknown")
            elif is_manifest and behaviour.busy.get(repository, 0) > 0:
                behaviour.busy[repository] -= 1
                self.refuse(429, "TOOMANYREQUESTS", "too many requests")
            else:
                if is_manifest:
                    behaviour.pulled.add(repository)
                self.pass_on()

        do_HEAD = do_GET

        def refuse(self, status: int, code: str, message: str) -> None:
            body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def pass_on(self) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            url = f"http://127.0.0.1:{made.back}{self.path}"
            with requests.request(self.command, url, headers=headers, stream=True, timeout=60) as answer:
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    for part in answer.iter_content(1 << 20):
                        self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
