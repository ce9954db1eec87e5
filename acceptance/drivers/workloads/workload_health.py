"""Whether a workload with unhealthy pods would soon be reported as unhealthy. Source: 3.5, 4.11."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.application_policies import troubles, workloads_everywhere
from acceptance.drivers.argocd.serving_containers import services_everywhere, serving
from acceptance.platform.platform import Platform

IGNORED = "argocd.argoproj.io/ignore-healthcheck"
GIVES_UP = 600
"""The default of progressDeadlineSeconds, after which Kubernetes gives up on a rollout."""
ASKS: dict[str, set[str]] = {
    "redis-cli": {"-e", "ping"}, "valkey-cli": {"-e", "ping"}, "pg_isready": set(), "grpc_health_probe": set(),
    "ysqlsh": {"-c"}, "psql": {"-c"},
}  # fmt: skip
"""Programs that a readiness probe may run, with the arguments that make them query the server and fail if it does.

Redis does not speak HTTP; without `-e` its client takes any answer for success, even an error.
"""
READS = {"ping", "|", "grep", "PONG"}
"""The shell words that show that a command checks the answer instead."""
PASSES = {"||", "&", "true"}
"""Shell words with which a command succeeds whatever the server answers."""
PIPES = {"|", "|&"}
OPERATORS = re.compile(r"&&|[|][|]|[|]&|[<>]+&|&>+|[;|&()<>]")
SHELLS = {"sh", "bash", "ash", "dash"}
CHECKS = {"grep", "egrep", "fgrep"}
"""Programs that fail, as the last of a pipe, unless they read what they look for: a pipe ends as its last program does,
unless the shell is told `pipefail`."""
ALIVE = ("/live", "/livez", "/liveness", "/alive")
"""Paths at which a server reports by convention that it is alive, even while it cannot serve requests."""
PATRONI = "PATRONI_"
"""What the variables of a container with Patroni begin with."""
OF_PATRONI = ("/readiness", "/leader", "/primary", "/master", "/replica", "/read-", "/sync", "/async", "/quorum")
"""The beginnings of paths at which Patroni says whether a member leads or follows, not only that its server runs."""
HERE = {"127.0.0.1", "localhost", "::1"}
"""Hosts that are the pod's own if it is in its machine's network: the kubelet connects from there."""
CLIENT = re.compile(r"^(?:(?:\S*/)?(?:sh|bash|ash|dash) -\w*c )?(?:(?:exec|timeout \S+) )?(?:\S*/)?(curl|wget)(?= )")
FAILS = re.compile(r"-[sSLkgi46]*f[sSLkgi46]*|--fail(-with-body)?")
"""The options of curl without which it takes an answer that is an error for success."""
URL = re.compile(r"https?://|(localhost|127[.]0[.]0[.]1)[:/]")
PORT_ONLY = re.compile(r"\byugabyte(?:db)?\b")
"""Images whose server opens its ports only once it serves, and that have no better check."""
NOTICED = 120
"""Maximum seconds for which a pod may fail its health check until it is not ready."""

OUT = 30
"""The same for a Deployment's pod, which gets requests until then: Kubernetes' default."""


def is_ignored(workload: Manifest) -> str:
    """Why Argo CD ignores a workload's health and always calls it Healthy; empty if it does not."""
    notes = workload["metadata"].get("annotations") or {}
    return "Argo CD ignores its health (ignore-healthcheck)" if notes.get(IGNORED) == "true" else ""


def that_never_fail(platform: Platform) -> dict[str, str]:
    """Why workloads of the platform would not be reported as unhealthy, here and in production, by name."""
    services = services_everywhere(platform)
    return troubles(workloads_everywhere(platform), functools.partial(never_fails, services=services))


def never_fails(workload: Manifest, services: Iterable[Manifest] = ()) -> str:
    """Why a workload with unhealthy pods would never, or only late, be reported as unhealthy; empty if it would be.

    Each container that one of `services` leads to needs a readiness probe; others may do without.
    """
    spec = workload["spec"]
    if ignored := is_ignored(workload):
        return ignored
    if spec.get("paused"):
        return "its rollout is paused"
    blind = [item["name"] for item in serving(spec["template"], services) if not item.get("readinessProbe")]
    if blind:
        return f"{', '.join(blind)} has no readiness probe"
    asked = [item for item in spec["template"]["spec"]["containers"] if item.get("readinessProbe")]
    told = [
        f"{item['name']} has a readiness probe that does not check the server: {probe['exec'].get('command')}"
        for item in asked
        if (probe := item["readinessProbe"]).get("exec") and not asks_something(probe["exec"])
    ]
    if told:
        return ", ".join(told)
    alive = [
        f"{item['name']} has a readiness probe at {path}, which only shows that the process is alive"
        for item in asked
        if (path := only_alive(item))
    ]
    if alive:
        return ", ".join(alive)
    elsewhere = [
        f"{item['name']} has a readiness probe that asks another host, {host}"
        for item in asked
        if (host := host_of(item["readinessProbe"]))
        and not (host in HERE and spec["template"]["spec"].get("hostNetwork"))
    ]
    if elsewhere:
        return ", ".join(elsewhere)
    opened = [
        f"{item['name']} has a readiness probe that only opens a port, which succeeds while the server refuses or hangs"
        for item in asked
        if item["readinessProbe"].get("tcpSocket") and not PORT_ONLY.search(item.get("image") or "")
    ]
    if opened:
        return ", ".join(opened)
    slow = [
        f"{item['name']} may fail its readiness probe for {seconds} s before its pod is reported as not ready"
        for item in asked
        if (seconds := fails_for(item["readinessProbe"])) > NOTICED
    ]
    if slow:
        return ", ".join(slow)
    waits = spec.get("progressDeadlineSeconds", GIVES_UP)
    return f"a stuck rollout is reported as failed only after {waits} s" if waits > GIVES_UP else ""


def asks_something(command: dict[str, Any]) -> bool:
    """Whether a probe's command checks the server's health."""
    words = words_of(command.get("command") or [])
    # It fails as it would without these, with another number.
    if words[-3:-1] == ["||", "exit"] and words[-1] != "0":
        words = words[:-3]
    # A shell ends as the last command of a sequence does, and a sequence of pipes as the last program.
    last = parts_of(words, {";"})[-1]
    piped = parts_of(last, PIPES)
    unheard = len(piped) > 1 and piped[-1][0] not in CHECKS and "pipefail" not in words
    if unheard or PASSES & set(last):
        return False
    asked = any(program in last and (set(last) >= asking or set(last) >= READS) for program, asking in ASKS.items())
    return asked or asks_by_http(piped[-1])


def asks_by_http(words: list[str]) -> bool:
    """Whether commands, one after the other, each request a path of the pod itself and fail if the answer is an error.

    wget fails by itself. The kubelet ends a client that gets no answer.
    """
    return all(requests_itself(part) for part in parts_of(words, {"&&"}))


def requests_itself(words: list[str]) -> bool:
    """Whether a command is an HTTP client that fails with an answer that is an error, of a path that tells health."""
    found = CLIENT.search(" ".join(words))
    urls = [urlsplit(word if "://" in word else f"http://{word}") for word in words if URL.match(word)]
    if not found or not urls or not (found[1] == "wget" or any(FAILS.fullmatch(word) for word in words)):
        return False
    return all(url.hostname in HERE and plain(url.path) not in ALIVE for url in urls)


def words_of(command: Iterable[str]) -> list[str]:
    """The words of a command. A shell's operators are words by themselves, unless they are quoted."""
    command = [*command]
    if not any(part.rpartition("/")[2] in SHELLS for part in command):
        return [word for part in command for word in part.split()]
    found = []
    for part in command:
        lexer = shlex.shlex(part, posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        try:
            words = [*lexer]
        except ValueError:
            # Quotes that do not end: no shell runs this.
            words = part.split()
        for word in words:
            found += OPERATORS.findall(word) if set(word) <= set("();<>|&") else [word]
    return found


def parts_of(words: Iterable[str], operators: set[str]) -> list[list[str]]:
    """The parts of a command between some operators, those without words left out; one empty text if there is none."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in operators:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part] or [[""]]


def only_alive(container: dict[str, Any]) -> str:
    """The path of a container's HTTP readiness probe that is answered as long as the process is alive; else empty."""
    asking = (container.get("readinessProbe") or {}).get("httpGet")
    if not asking:
        return ""
    path = plain(asking.get("path") or "/")
    is_patroni = any(item["name"].startswith(PATRONI) for item in container.get("env") or [])
    return path if path in ALIVE or (is_patroni and not path.startswith(OF_PATRONI)) else ""


def plain(path: str) -> str:
    """A path without what changes nothing about where it leads: a query, and a slash at the end."""
    return "/" + path.partition("?")[0].strip("/")


def host_of(probe: dict[str, Any]) -> str:
    """The host that a probe asks instead of its pod; empty if it asks the pod."""
    return str((probe.get("httpGet") or probe.get("tcpSocket") or {}).get("host") or "")


def fails_for(probe: dict[str, Any]) -> int:
    """How many seconds a health check may fail, or wait for an answer, before the pod counts as not ready."""
    # Kubernetes' defaults: three times, ten seconds apart, one second for an answer. A check waits for the one before.
    each = max(probe.get("periodSeconds", 10), probe.get("timeoutSeconds", 1))
    return int(each * probe.get("failureThreshold", 3))


def stays_in_service(workload: Manifest) -> str:
    """Why an unhealthy pod would get requests for too long; empty for anything but a Deployment: it has no route."""
    spec = workload["spec"]
    # In a list the API omits the kind, but sets the strategy.
    if workload.get("kind") != "Deployment" and "strategy" not in spec:
        return ""
    slow = [
        f"{item['name']} still gets requests for {seconds} s while its readiness probe fails"
        for item in spec["template"]["spec"]["containers"]
        if (seconds := fails_for(item.get("readinessProbe") or {})) > OUT
    ]
    return ", ".join(slow)
