"""Container image registries, queried without an account for the digests of tags.

Source: OCI distribution specification 1.1; the token flow is that of WWW-Authenticate: Bearer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import requests

from acceptance.base.errors import UserError
from acceptance.clients.outside import ask

TIMEOUT = 10.0
"""Seconds that a registry may take to answer."""
HUB, HUB_ANSWERS_AT = "docker.io", "registry-1.docker.io"
MANIFESTS = ", ".join(
    # An index, which covers several architectures, is preferred to an image for one of them.
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Reference:
    """An image's reference: registry, repository, tag, and digest if it has one."""

    name: str
    """Everything before tag and digest, as written."""
    tag: str = ""
    digest: str = ""

    @classmethod
    def of(cls, text: str) -> Reference:
        """Parse a reference."""
        rest, _, digest = text.partition("@")
        folder, slash, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        return cls(folder + slash + last, tag, digest)

    @property
    def host(self) -> str:
        """The registry."""
        first, slash, _ = self.name.partition("/")
        return first if slash and (re.search("[.:]", first) or first == "localhost") else HUB

    @property
    def repository(self) -> str:
        """The name within the registry."""
        path = self.name.removeprefix(f"{self.host}/")
        return f"library/{path}" if self.host == HUB and "/" not in path else path

    @property
    def is_pinned(self) -> bool:
        """Whether it names an immutable image."""
        return DIGEST.fullmatch(self.digest) is not None

    def __str__(self) -> str:
        """The reference as written."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


Mirrors = str | Mapping[str, str] | None
"""A mirror of all registries, or one per registry host; each may have a path (Harbor, Artifactory)."""


def located(reference: str, mirrors: Mirrors) -> str:
    """Where to get an upstream reference: from its own registry, or under the same path from a mirror."""
    host, _, path = reference.partition("/")
    mirror = mirrors.get(host) if isinstance(mirrors, Mapping) else mirrors
    return f"{mirror.rstrip('/')}/{path}" if mirror else reference


def mirrors_of(words: Sequence[str]) -> Mirrors:
    """The mirrors that arguments name: HOST[/PATH] for all registries, or REGISTRY=HOST[/PATH] for one of them."""
    one = [word for word in words if "=" not in word]
    if one and len(words) > 1:
        raise UserError(f"{one[0]} is to mirror all registries, beside others", "write REGISTRY=HOST[/PATH] for each")
    return one[0] if one else dict(word.split("=", 1) for word in words) or None


def greeting(host: str, timeout: float = TIMEOUT) -> tuple[str, int]:
    """A registry's address, and the status with which it answers /v2/. Raises RequestException if it does not answer.

    As engines do: HTTPS is tried first, then plain HTTP; on this machine the other way round. The engine pulls over
    HTTP only from this machine and from its insecure-registries, and says so.
    """
    place = HUB_ANSWERS_AT if host == HUB else host
    likely, other = ("http", "https") if place.startswith(("127.0.0.1", "localhost")) else ("https", "http")
    try:
        status = ask("GET", f"{likely}://{place}/v2/", timeout=timeout).status_code
        # What a server with TLS says to plain HTTP.
        if status != 400:
            return f"{likely}://{place}", status
    except requests.ConnectTimeout:
        raise
    except requests.RequestException:
        # The other scheme's answer counts.
        pass
    return f"{other}://{place}", ask("GET", f"{other}://{place}/v2/", timeout=timeout).status_code


class Registries:
    """All registries, or the mirrors that are queried in their place."""

    def __init__(self, mirrors: Mirrors = None) -> None:
        self.mirrors = mirrors
        self.addresses: dict[str, str] = {}
        self.tokens: dict[tuple[str, str], str] = {}
        self.silent: set[str] = set()

    def digest(self, reference: Reference) -> str:
        """The digest of a tag, of the index if there are several architectures. Raises UserError if there is none."""
        path = f"manifests/{reference.tag or 'latest'}"
        answer = self.ask("HEAD", reference, path, MANIFESTS)
        found = answer.headers.get("Docker-Content-Digest", "")
        if not found:
            content = self.ask("GET", reference, path, MANIFESTS).content
            found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if not DIGEST.fullmatch(found):
            raise UserError(f"{reference}: {found[:100]!r} is not a digest", "ask the registry's operator")
        return found

    def check(self, reference: Reference) -> None:
        """Raise UserError unless the registry has what a reference names, by digest if it has one."""
        self.ask("HEAD", reference, f"manifests/{reference.digest or reference.tag or 'latest'}", MANIFESTS)

    def ask(self, method: str, reference: Reference, path: str, accept: str) -> requests.Response:
        """The registry's answer, with a token if it asks for one. Raises UserError unless it is a success."""
        own = f"{reference.host}/{reference.repository}"
        place = located(own, self.mirrors)
        host, _, repository = place.partition("/")
        headers = {"Accept": accept}
        if token := self.tokens.get((host, repository)):
            headers["Authorization"] = f"Bearer {token}"
        if host in self.silent:
            raise NoAnswer(f"{reference}: {host} does not answer")
        try:
            address = f"{self.address(host, is_mirror=place != own)}/v2/{repository}/{path}"
            answer = ask(method, address, headers=headers, timeout=TIMEOUT)
            if answer.status_code == 401:
                token = self.token(answer.headers.get("WWW-Authenticate", ""), repository)
                if token:
                    self.tokens[host, repository] = token
                    headers["Authorization"] = f"Bearer {token}"
                    answer = ask(method, address, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            self.silent.add(host)
            raise NoAnswer(f"{reference}: {host} does not answer ({type(error).__name__})") from error
        if not answer.ok:
            hint = "; it cannot be read without an account" if answer.status_code in (401, 403) else ""
            raise UserError(
                f"{reference}: {host} answers {answer.status_code}{hint}", "fix the name, or write the digest by hand"
            )
        return answer

    def address(self, host: str, *, is_mirror: bool) -> str:
        """A registry's address. Only a mirror may lack HTTPS: a digest that anybody on the way wrote pins nothing."""
        if not is_mirror:
            return f"https://{HUB_ANSWERS_AT if host == HUB else host}"
        if host not in self.addresses:
            self.addresses[host], _ = greeting(host)
        return self.addresses[host]

    def token(self, challenge: str, repository: str) -> str:
        """The token that a challenge asks for; empty if it is of another kind or no token is granted."""
        kind, _, rest = challenge.partition(" ")
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if kind.lower() != "bearer" or "realm" not in fields:
            return ""
        wanted = {"scope": f"repository:{repository}:pull"} | {
            key: fields[key] for key in ("service", "scope") if fields.get(key)
        }
        answer = ask("GET", fields["realm"], params=wanted, timeout=TIMEOUT)
        if not answer.ok:
            return ""
        body = answer.json()
        return str(body.get("token") or body.get("access_token") or "")


class NoAnswer(UserError):
    """An error for an unreachable registry."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, "name a mirror of it with --upstream HOST, or try from a machine that can reach it")
