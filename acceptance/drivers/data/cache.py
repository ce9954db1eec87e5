"""Redis as scenarios see it: commands from a client pod, to its Service and to its pod. Source: requirement 7."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import unquote, urlsplit

from kubernetes import client

from acceptance.base.conditions import as_json, is_ready, not_ready
from acceptance.cluster.namespace import Namespace, main_container
from acceptance.drivers.secrets.common_passwords import guesses
from acceptance.drivers.workloads.pods import PodClient, mount_of

DATA = "/data"
HINT = "kubectl get pods -l app=redis; kubectl logs redis-0"
REFUSALS = ("NOAUTH", "WRONGPASS")
PORT = 6379
LISTENING = "0A"
"""The state of a listening socket, in /proc/net/tcp."""
EMPTIES = ("flushdb", "flushall", "swapdb")
"""Commands that remove every client's counters."""
CALLS = re.compile(r"^calls=(\d+),.*?(?:failed_calls=(\d+))?$")
RUN_ID = re.compile(r"run_id:(\w+)")
IN_MEMORY = {"maxmemory-policy": "noeviction"}
ON_DISK = {
    "appendonly": "yes", "appendfsync": "everysec", "no-appendfsync-on-rewrite": "no", "aof-load-truncated": "yes",
}  # fmt: skip
"""Settings that the criteria depend on, as the running server must have them.

Without the third of ON_DISK, nothing would reach the disk while the file is rewritten. Without the fourth, a server
that was killed in the middle of a write would not start again.
"""


class Cache:
    """Redis, reached from a client pod with the services' URL."""

    def __init__(self, namespace: Namespace, through: PodClient, url: str):
        self.namespace, self.client, self.url = namespace, through, url
        self.keys: list[str] = []

    def __call__(self, *command: str, url: str = "env:REDIS_URL") -> Any:
        """The reply to one command. Raises AssertionError with the server's words if it refuses."""
        return as_json(self.client("redis", url, *command))

    def close(self) -> None:
        """Delete the keys that scenarios stored."""
        if self.keys:
            self("DEL", *self.keys)

    def pod(self) -> client.V1Pod:
        """The pod that Redis runs in. Raises AssertionError unless exactly one is Ready."""
        pods = [pod for pod in self.namespace.pods("app=redis") if is_ready(pod)]
        assert len(pods) == 1, (
            f"expected one Redis pod (app=redis) Ready, saw {len(pods)}"
            f"{not_ready(self.namespace.pods('app=redis'))}. Try: {HINT}"
        )
        return pods[0]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port in REDIS_URL."""
        parts = urlsplit(self.url)
        return str(parts.hostname), parts.port or PORT

    def places(self) -> dict[str, tuple[str, int]]:
        """Where a client may connect: the Service that REDIS_URL names, and the pod itself; host and port of each."""
        return {"its Service": self.address, "its pod": (str(self.pod().status.pod_ip), self.address[1])}

    def setting(self, name: str) -> str:
        """One setting of the running server."""
        return str(self("CONFIG", "GET", name)[1])

    def users(self) -> list[str]:
        """The names of all users that may log in."""
        lines = [str(line).split() for line in self("ACL", "LIST")]
        return [words[1] for words in lines if "on" in words]

    def other_logins(self) -> list[str]:
        """How a client can log in other than with the user and password of REDIS_URL."""
        return logins_beside(self.url, [str(line) for line in self("ACL", "LIST")])

    def wrong_urls(self, kind: str) -> dict[str, str]:
        """URLs with wrong credentials, which Redis must refuse, by place and user."""
        found = {}
        for place, (host, port) in self.places().items():
            if kind == "no password":
                found[place] = f"redis://{host}:{port}"
                continue
            for user in self.users():
                found[f"{place}, as {user}"] = f"redis://{user}:{secrets.token_urlsafe(16)}@{host}:{port}"
        return found

    def refusal(self, url: str, *command: str) -> str:
        """The error with which Redis refuses a command. Raises AssertionError with the reply if it does not refuse.

        Raises RuntimeError if Redis was not reached.
        """
        try:
            reply = self(*command, url=url)
        except AssertionError as refusal:
            said = str(refusal)
            known = [text for text in REFUSALS if text in said]
            if not known:
                raise RuntimeError(f"Redis was not reached, so nothing can be judged: {said}") from refusal
            return known[0]
        raise AssertionError(f"expected Redis to refuse {command[0]}, saw the reply {reply}")

    def listening(self) -> set[int]:
        """All ports that are listened on in its pod."""
        return ports_in(self.namespace.execute(self.pod().metadata.name, "cat", "/proc/net/tcp", "/proc/net/tcp6"))

    def files(self) -> dict[str, tuple[str, str]]:
        """The real path of each file that Redis saves to, and the mount that it is on."""
        directory = self.setting("dir")
        paths = [f"{directory}/{self.setting('dbfilename')}"]
        if self.setting("appendonly") == "yes":
            paths.append(f"{directory}/{self.setting('appenddirname')}")
        return {path: mount_of(self.namespace, self.pod().metadata.name, path) for path in paths}

    def counters(self) -> dict[str, int]:
        """All keys that hold a number, with their values."""
        found: dict[str, int] = {}
        cursor = "0"
        while True:
            cursor, keys = self("SCAN", cursor, "TYPE", "string", "COUNT", "1000")
            values = self("MGET", *keys) if keys else []
            found.update({key: int(value) for key, value in zip(keys, values, strict=True) if (value or "").isdigit()})
            if cursor == "0":
                return found

    def information(self, section: str) -> dict[str, str]:
        """A section of INFO, as names and values."""
        lines = [line for line in str(self("INFO", section)).splitlines() if ":" in line]
        return dict(line.split(":", 1) for line in lines)

    def emptied(self) -> dict[str, int]:
        """How often each command of EMPTIES succeeded since the server started or got CONFIG RESETSTAT."""
        return emptied_by(self.information("commandstats"))

    def run_id(self) -> str:
        """The run_id of the server that REDIS_URL leads to: it is unique to each start of a server."""
        return self.information("server")["run_id"]

    def own_run_id(self) -> str:
        """The run_id of the server in the pod, read inside the pod."""
        found = RUN_ID.search(self.namespace.execute(self.pod().metadata.name, "redis-cli", "info", "server"))
        assert found, "expected a run_id from `redis-cli info server` in the Redis pod, saw none"
        return found[1]

    def follows(self) -> str:
        """The server that it follows, as `HOST:PORT`; empty if it leads itself."""
        seen = {name: value.strip() for name, value in self.information("replication").items()}
        if seen.get("role") == "master":
            return ""
        return f"{seen.get('master_host', 'unknown')}:{seen.get('master_port', '?')}"

    def unlike(self, wanted: dict[str, str]) -> dict[str, str]:
        """The settings of the running server that differ from `wanted`, with their values."""
        seen = {name: self.setting(name) for name in wanted}
        return {name: value for name, value in seen.items() if value != wanted[name]}


def emptied_by(statistics: dict[str, str]) -> dict[str, int]:
    """How often each command of EMPTIES succeeded, from INFO commandstats; those that never did are left out."""
    seen = {name: CALLS.match(statistics.get(f"cmdstat_{name}", "").strip()) for name in EMPTIES}
    counts = {name: int(found[1]) - int(found[2] or 0) for name, found in seen.items() if found}
    return {name: count for name, count in counts.items() if count}


def logins_beside(url: str, rules: list[str]) -> list[str]:
    """How a client can log in without knowing the user and password of a URL, from the lines of ACL LIST."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or "") or "default", unquote(parts.password or "")
    own = f"#{hashlib.sha256(password.encode()).hexdigest()}"
    found = [f"{user} has a common password"] if password in guesses(user) else []
    for words in (line.split() for line in rules):
        name, flags = words[1], words[2:]
        if "on" not in flags:
            continue
        if name != user:
            found.append(f"{name} can log in as well")
        if "nopass" in flags:
            found.append(f"{name} needs no password")
        if others := [word for word in flags if word.startswith("#") and word != own]:
            found.append(f"{name} has {len(others)} passwords other than that of REDIS_URL")
    return found


def evicting(cache: Cache) -> dict[str, str]:
    """The settings by which keys are evicted; none without a maxmemory, where no policy ever evicts any."""
    return {} if cache.setting("maxmemory") == "0" else cache.unlike(IN_MEMORY)


def own_ports(cache: Cache) -> set[int]:
    """The ports that are listened on in its pod, but those that its other containers declare, as exporters do."""
    return cache.listening() - (ports_of_others(cache.pod().spec) - {cache.address[1]})


def ports_of_others(spec: client.V1PodSpec) -> set[int]:
    """The ports that the containers of a pod declare, but its main one."""
    own = main_container(spec)
    # A sidecar is an init container that keeps running.
    others = [item for item in [*spec.containers, *(spec.init_containers or [])] if item is not own]
    return {int(port.container_port) for item in others for port in item.ports or []}


def ports_in(table: str) -> set[int]:
    """The listening ports in /proc/net/tcp and tcp6."""
    rows = [line.split() for line in table.splitlines()]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == LISTENING}
