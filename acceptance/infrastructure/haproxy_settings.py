"""Settings of kind's load balancer: time-outs, lost workers, rules for some clients. Source: HAProxy's manual.

Its statistics do not show these settings, so they are read from the files that the running process was started with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from acceptance.clients.docker import docker
from acceptance.infrastructure.contract import Outputs

STARTED_WITH = "tr '\\0' '\\n' </proc/1/cmdline | sed -n '/^-f$/{n;p}' | xargs cat"
"""Prints the files that a container's first process was started with by `-f`."""
SECTIONS = {"global", "defaults", "frontend", "backend", "listen", "resolvers", "peers", "userlist", "program", "cache"}
"""The words with which a section begins; any other section ends one, too, but none is used here."""
UNITS = {"us": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
PAUSES = ("client", "server", "tunnel")
"""The time-outs that close idle connections."""
INTER, FALL, RISE = "2s", "3", "2"
"""HAProxy's defaults: the time between two checks, how many have to fail, and how many to succeed again."""
ON_LOSS = "on-marked-down"
HOLD, RESOLVE = "10s", "1s"
"""HAProxy's defaults: how long an answer of the DNS is kept, and how often a name is asked again."""
RETRIES = "3"
"""HAProxy's default: how often a connection that failed is tried again."""
CONNECTS = 10.0
"""The most seconds that an attempt to connect to a worker may take: the next one may be on another worker."""
TELLS_APART = (
    "tcp-request", "tcp-response", "http-request", "http-response", "redirect", "monitor-net",
    "use_backend", "use-server", "stick",
)  # fmt: skip
"""The first words of rules that refuse some clients, answer them, or lead some elsewhere than others."""
ANSWERS = (
    "monitor-uri", "stats", "errorfile", "errorfiles", "errorloc", "errorloc302", "errorloc303", "http-error",
    "http-after-response", "use-fcgi-app",
)  # fmt: skip
"""The first words of settings by which it answers requests itself, or changes answers, where it reads HTTP."""
USERS_PORTS = {"80", "443"}
QUEUE = 128
"""The fewest connections that may wait to be accepted: as many as clients open in one moment."""
WAITS_ONLY = ["tcp-request", "inspect-delay"]
"""How a rule begins that only says how long others wait."""

ADDRESS = re.compile(r"[\d.]+(:|$)|\[|ipv[46]@|\*")
"""How a server begins that is given by its address and not by a name."""

Words = list[str]


@dataclass
class Proxy:
    """A frontend, a backend or both (`listen`): its lines as words, those of the defaults first."""

    kind: str
    name: str
    lines: list[Words] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def last(self, *begin: str) -> Words:
        """The words after `begin` in the last line that begins so; none if there is no such line."""
        found = [line[len(begin) :] for line in self.lines if line[: len(begin)] == [*begin]]
        return found[-1] if found else []

    def has_option(self, name: str) -> bool:
        """Whether an option is on: the last line about it decides."""
        said = [line for line in self.lines if line[:2] == ["option", name] or line[:3] == ["no", "option", name]]
        return bool(said) and said[-1][0] != "no"

    @property
    def is_for_users(self) -> bool:
        """Whether users reach it: by their ports, by others that are no plain numbers, or behind another one."""
        binds = [line[1] for line in self.lines if line[0] == "bind"]
        ports = {part.rpartition(":")[2] for text in binds for part in text.split(",")}
        return not ports or any(not port.isdigit() or port in USERS_PORTS for port in ports)


def seconds(text: str) -> float:
    """A time as HAProxy reads it (`500ms`, `2s`, `1m`; without a unit in milliseconds), in seconds."""
    number, unit = re.fullmatch(r"(\d+)([a-z]*)", text).groups()  # type: ignore[union-attr]
    return float(int(number) * UNITS[unit or "ms"])


def proxies(text: str) -> list[Proxy]:
    """The frontends and backends of a configuration. Raises AssertionError if there are none."""
    found: list[Proxy] = []
    defaults: list[Words] = []
    lines: list[Words] = []
    for words in (line.partition("#")[0].split() for line in text.splitlines()):
        if not words:
            continue
        if words[0] not in SECTIONS:
            lines.append(words)
        elif words[0] in ("frontend", "backend", "listen"):
            found.append(Proxy(words[0], words[1], lines := [*defaults]))
        else:
            lines = []
            # Each section of defaults replaces the ones before it.
            defaults = lines if words[0] == "defaults" else defaults
    assert found, f"expected a load balancer with frontends and backends, saw the configuration {text[:200]!r}"
    return found


def hangs_up(text: str, within: float) -> list[str]:
    """The time-outs of a configuration below `within` seconds, in words; one that is not set never ends.

    Also where it resets connections as it closes them: what is still on its way is lost.
    """
    found = proxies(text)
    return [
        f"{proxy}: timeout {kind} {said[0]}"
        for proxy in found
        for kind in PAUSES
        if (said := proxy.last("timeout", kind)) and seconds(said[0]) < within
    ] + [f"{proxy}: option nolinger" for proxy in found if proxy.has_option("nolinger")]


def tells_apart(text: str) -> list[str]:
    """The rules of a configuration by which some clients are refused or led elsewhere than others, in words."""
    return [
        f"{proxy}: {' '.join(line)}"
        for proxy in proxies(text)
        for line in proxy.lines
        if line[0] in TELLS_APART and line[:2] != WAITS_ONLY
    ]


def answers_itself(text: str) -> list[str]:
    """Where users may be answered by the load balancer itself, in words: it reads HTTP, and answers errors at least.

    Production's passes on what it does not understand. A proxy for statistics at another port is none of the users'.
    """
    return [
        f"{proxy}: mode http{''.join(', ' + ' '.join(line) for line in proxy.lines if line[0] in ANSWERS)}"
        for proxy in proxies(text)
        if proxy.is_for_users and proxy.last("mode") == ["http"]
    ]


def short_queues(text: str) -> dict[str, str]:
    """The queues of connections that wait to be accepted and are too short, by proxy; by default as long as maxconn."""
    found = {}
    for proxy in proxies(text):
        bound = [value_of("backlog", line, "") for line in proxy.lines if line[0] == "bind"]
        said = [value for value in [*proxy.last("backlog"), *bound] if value]
        if low := [value for value in said if int(value) < QUEUE]:
            found[f"{proxy} new connections that wait, of {QUEUE}"] = min(low, key=int)
    return found


def misses_late(text: str, within: float) -> list[str]:
    """Why users may be sent to a lost worker, in words: until a check notices it, or for longer than `within` s."""
    asked = resolvers(text)
    return [
        wrong
        for proxy in proxies(text)
        if proxy.kind != "frontend"
        for wrong in [*left_behind(proxy, within), *outdated(proxy, within, asked)]
    ]


def left_behind(proxy: Proxy, within: float) -> Iterator[str]:
    """The same, of one backend."""
    if not redispatches(proxy):
        yield f"{proxy}: connections to a silent worker are not sent to another one (option redispatch, retries)"
    said = proxy.last("timeout", "connect")
    if not said or not 0 < seconds(said[0]) <= CONNECTS:
        yield f"{proxy}: an attempt to connect lasts too long (timeout connect {said[0] if said else 'is not set'})"
    for line in (line for line in proxy.lines if line[0] == "server"):
        words = [*default_server(proxy), *line[3:]]
        checked = [word for word in words if word in ("check", "no-check")]
        inter = value_of("inter", words, INTER)
        takes = seconds(inter) * int(value_of("fall", words, FALL))
        # The first check of one that is down, and then the others.
        first, others = value_of("downinter", words, inter), value_of("fastinter", words, inter)
        back = seconds(first) + seconds(others) * (int(value_of("rise", words, RISE)) - 1)
        if checked[-1:] != ["check"]:
            yield f"{proxy}: {line[1]} is not checked"
        elif takes > within:
            yield f"{proxy}: {line[1]} is missed only after {takes:g} s (inter x fall)"
        elif back > within:
            yield f"{proxy}: {line[1]} gets nothing for {back:g} s after it is back (inter x rise)"
        if value_of(ON_LOSS, words, "") != "shutdown-sessions":
            yield f"{proxy}: open connections to {line[1]} hang when it is lost ({ON_LOSS} shutdown-sessions)"


def outdated(proxy: Proxy, within: float, asked: Mapping[str, float]) -> Iterator[str]:
    """Why a backend would lead to a worker's old address after the worker came back with another one, in words.

    `asked` is after how many seconds at most each section of resolvers asks for a name again.
    """
    for line in (line for line in proxy.lines if line[0] == "server"):
        name = value_of("resolvers", [*default_server(proxy), *line[3:]], "")
        if ADDRESS.match(line[2]):
            continue
        if name not in asked:
            yield f"{proxy}: nobody asks for the address of {line[1]} again (resolvers)"
        elif asked[name] > within:
            yield f"{proxy}: the address of {line[1]} is kept for {asked[name]:g} s (hold valid, timeout resolve)"


def resolvers(text: str) -> dict[str, float]:
    """After how many seconds at most each section of resolvers asks for a name again."""
    found: dict[str, float] = {}
    times: dict[str, str] = {}
    name = ""
    for words in (line.partition("#")[0].split() for line in text.splitlines()):
        if words[:1] and words[0] in SECTIONS:
            name, times = (words[1] if words[0] == "resolvers" else ""), {}
        elif words[:2] in (["hold", "valid"], ["timeout", "resolve"]):
            times[words[0]] = words[2]
        if name:
            found[name] = max(seconds(times.get("hold", HOLD)), seconds(times.get("timeout", RESOLVE)))
    return found


def default_server(proxy: Proxy) -> Words:
    """The parameters that all servers of a backend have."""
    return [word for line in proxy.lines if line[0] == "default-server" for word in line[1:]]


def redispatches(proxy: Proxy) -> bool:
    """Whether a connection that fails is tried on another server. Source: HAProxy's manual, `option redispatch N`.

    It is at each N-th retry, for a negative N at the one that many before the end, and never for 0.
    """
    retries = int((proxy.last("retries") or [RETRIES])[0])
    every = int((proxy.last("option", "redispatch") or ["-1"])[0])
    return proxy.has_option("redispatch") and retries > 0 and every != 0 and every <= retries


def value_of(name: str, words: Words, default: str) -> str:
    """The word after the last `name` among the parameters of a server."""
    return next((words[at + 1] for at in range(len(words) - 2, -1, -1) if words[at] == name), default)


def running(outputs: Outputs) -> str:
    """The configuration of the running load balancer. Raises UserError if its container is gone."""
    return docker("exec", outputs.load_balancer.id, "sh", "-c", STARTED_WITH)
