"""Whether production's job of the database could run: its program, its variables, and the names that it looks for.

Here it runs on another database with another client, so that its success says little about production. Source: 6.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import pod_of
from acceptance.drivers.data.password_rotation import SCRIPT, uses_script
from acceptance.drivers.data.production_database import NAME, servers
from acceptance.drivers.data.production_quorum import wrong_master

CLIENT, PROGRAM, OF_OTHERS = "ysqlsh", "PSQL", "patroni"
"""The client in YugabyteDB's images, which have no psql; the variable that names it; another database's images."""
HOST, PORT = "PGHOST", "PGPORT"
READ = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)(?![A-Z0-9_]|:?-)|\bprintenv\s+([A-Z][A-Z0-9_]*)")
"""A variable that a script needs: one with a default (`${NAME:-...}`) may be missing."""
WRITTEN = re.compile(r"\b([A-Z][A-Z0-9_]*)=")
OF_SHELL = {"HOSTNAME", "HOME", "PATH", "PWD", "IFS", "PPID", "UID"}
URL = re.compile(r"://([a-z][a-z0-9-]*)(?::(\d+))?(?=[/\"'\s])")
POD = re.compile(r"(?<![\w.-])([a-z0-9-]+-\d+\.[a-z0-9][a-z0-9.-]*):(\d+)")
"""The address of a Service in the same namespace, and that of a pod, as a script names them."""
Services = Mapping[str, Mapping[str, Any]]


def stuck(manifests: list[Manifest]) -> list[str]:
    """What keeps production's jobs of the database from their work, in words. Without YugabyteDB none are judged."""
    there = servers(manifests)
    if not there:
        return []
    services = {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "Service"}
    texts = {item["metadata"]["name"]: item.get("data") or {} for item in manifests if item["kind"] == "ConfigMap"}
    found = []
    for job in (item for item in manifests if item["kind"] == "Job"):
        name = job["metadata"]["name"]
        said = [*wrong_image(job), *(wrong_variables(job, texts, services) if uses_script(job) else ())]
        found += [f"{name} {text}" for text in said]
    masters = {item["metadata"]["name"]: item for item in there.get("master", [])}
    for name, data in texts.items():
        found += [f"{name} {text}" for text in wrong_names(" ".join(data.values()), masters, services)]
    return found


def wrong_image(job: Manifest) -> Iterator[str]:
    """That a job runs the image of a database that production does not have."""
    for part in pod_of(job)["spec"]["containers"]:
        path = part["image"].partition("@")[0].rpartition("/")[2]
        if OF_OTHERS in path:
            yield f"runs {part['image']}, the image of another database"


def wrong_variables(job: Manifest, texts: Mapping[str, Mapping[str, str]], services: Services) -> Iterator[str]:
    """What is wrong with the variables of the job with the script, in words."""
    for part in pod_of(job)["spec"]["containers"]:
        given = {item["name"]: item.get("value") for item in part.get("env") or []}
        program = given.get(PROGRAM) or ""
        if NAME in part["image"] and PROGRAM in given and not program.endswith(CLIENT):
            yield f"runs {program!r}, which {part['image']} lacks: its client is {CLIENT}"
        # What a Secret or ConfigMap has besides is not known here; without one, all that is read has to be given.
        if not part.get("envFrom"):
            yield from (f"has no variable {name}, which its script reads" for name in unset(texts, given))
        elif PROGRAM not in given and PROGRAM in needed(texts):
            yield f"has no variable {PROGRAM}, which its script reads"
        host, port = given.get(HOST) or "", given.get(PORT) or ""
        if host and "." not in host and host not in services:
            yield f"connects to {host}, which there is not"
        elif host in services and port and int(port) not in ports(services[host]):
            yield f"connects to {host}:{port}, which has no such port"


def needed(texts: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The variables that the script reads and does not set itself."""
    text = "\n".join((texts.get(SCRIPT) or {}).values())
    read = {one or other for one, other in READ.findall(text)}
    return read - {*WRITTEN.findall(text)} - OF_SHELL


def unset(texts: Mapping[str, Mapping[str, str]], given: Mapping[str, Any]) -> list[str]:
    """The variables that the script reads and that are not given to it."""
    return sorted(needed(texts) - set(given))


def wrong_names(text: str, masters: Mapping[str, Manifest], services: Services) -> Iterator[str]:
    """The Services and pods that a script looks for and that there are not, in words."""
    for name, port in dict.fromkeys(URL.findall(text)):
        if name not in ("localhost", *services):
            yield f"looks for {name}, which there is not"
        elif name in services and port and int(port) not in ports(services[name]):
            yield f"looks for {name}:{port}, which has no such port"
    for host, port in dict.fromkeys(POD.findall(text)):
        of_set, _, service = host.partition(".")
        if of_set.rpartition("-")[0] in masters or service.partition(".")[0] in services:
            yield from wrong_master(host, port, masters, services)


def ports(spec: Mapping[str, Any]) -> set[int]:
    """The ports of a Service."""
    return {int(item["port"]) for item in spec.get("ports") or []}
