"""What production renders of YugabyteDB: members, version, disks, passwords, copies and failover.

Where another database stands in for it, nothing that runs shows these flags. Only StatefulSets that run YugabyteDB's
programs are judged. Source: 6.1, 6.2, 6.6, 6.8, 6.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from acceptance.base.environment import Environment, load_environment
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.durability import DISK
from acceptance.drivers.workloads.label_selectors import selects

MEMBERS = 3
PROGRAM = re.compile(r"(?:^|[/\s])yb-(master|tserver)(?=\s|$)")
STARTED = re.compile(r"(?:^(?:\S*/)?|\bbin/|\bexec\s+(?:\S*/)?)yb-(?:master|tserver)(?=\s|$)")
"""Where a command starts one of these programs, and not only names it, as a host or a folder may be named."""
NAME, PRODUCTION = "yugabyte", "production"
CHARTS = {"HelmChart", "HelmChartConfig", "HelmRelease", "Application", "ApplicationSet"}
"""The kinds of objects that have a chart deployed: of K3s, Flux and Argo CD."""
RUNNING = {"StatefulSet", "Deployment", "DaemonSet", "Pod"}
POD = re.compile(r"[^.:]+-\d+[.:]")
"""The address of a pod of a StatefulSet; any other name may stand for several."""
FLAG = re.compile(r"""(?<!\S)["']?--?(?P<no>no)?(?P<name>[a-z][a-z_]+)(?:[= ]["']?(?P<value>[^\s"'-][^\s"']*))?""")
"""A flag with its value, as gflags takes it, in arguments or a shell's command. Source: gflags' manual."""
TRUE, FALSE = ("", "true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
ADDRESSES = {"master": "master_addresses", "tserver": "tserver_master_addrs"}
"""The flags that name the masters to each kind of server."""
FOLDERS = ("fs_data_dirs", "fs_wal_dirs")
"""The flags that say where a server keeps its data and its log."""
RULES = "ysql_hba_conf_csv"
BALANCING = "enable_load_balancing"
"""The flag of the masters that places copies where some are missing; it is on by default."""
VERSION = re.compile(r":v?(\d+)\.(\d+)")
BUILD = re.compile(r":v?\d+(?:\.\d+){3}-b\d+(?:@|$)")
"""A tag as YugabyteDB's releases have it (2025.2.6.0-b111), whatever the image is called."""
HEARTBEAT, MISSED = "raft_heartbeat_interval_ms", "leader_failure_max_missed_heartbeat_periods"
DEFAULTS = {HEARTBEAT: 500.0, MISSED: 6.0}
"""The flags whose product is the milliseconds until a lost leader is replaced. Source: yb-tserver's reference."""


def servers(manifests: Iterable[Manifest]) -> dict[str, list[Manifest]]:
    """The StatefulSets of YugabyteDB's masters and tservers, by kind; none where something else is the database."""
    found: dict[str, list[Manifest]] = {}
    for item in manifests:
        program = PROGRAM.search(text_of(item)) if item["kind"] == "StatefulSet" else None
        if program:
            found.setdefault(program[1], []).append(item)
    return found


def containers(workload: Manifest) -> list[dict[str, Any]]:
    """The containers of a workload that run YugabyteDB, by their image's name or by the program that they start."""
    found = workload["spec"]["template"]["spec"]["containers"]
    return [item for item in found if NAME in item["image"] or STARTED.search(words(item))]


def words(container: dict[str, Any]) -> str:
    """The command and arguments of a container, as one text."""
    return " ".join(str(part) for key in ("command", "args") for part in container.get(key) or [])


def images(workload: Manifest) -> list[str]:
    """The images of a workload's containers that run YugabyteDB."""
    return [item["image"] for item in containers(workload)]


def text_of(workload: Manifest) -> str:
    """The commands and arguments of a workload's containers that run YugabyteDB, as one text."""
    return " ".join(words(item) for item in containers(workload))


def flags(workload: Manifest) -> dict[str, str]:
    """The flags of a server, the last value of each: `true` or `false` where it is only named or begins with `no`."""
    found = {}
    for match in FLAG.finditer(text_of(workload)):
        name, value = match["name"], match["value"] or ""
        found[name] = "false" if match["no"] and not value else value
    return found


def complete(seen: dict[str, str]) -> bool:
    """Whether these are all flags of a server: a file may have others (gflags' flagfile)."""
    return "flagfile" not in seen


def too_few(manifests: list[Manifest], floor: str) -> list[str]:
    """What of production's YugabyteDB has fewer than MEMBERS members, masters that are not named, or an old version."""
    found = []
    wanted = tuple(int(part) for part in floor.split("."))
    there = servers(manifests)
    for kind in ADDRESSES if there else ():
        items = there.get(kind, [])
        count = sum(int(item["spec"].get("replicas", 1)) for item in items)
        found += [f"production has {count} of yb-{kind}, not {MEMBERS}"] if count < MEMBERS else []
        for item in items:
            listed = [text for text in flags(item).get(ADDRESSES[kind], "").split(",") if text]
            if listed and all(map(POD.match, listed)) and len(listed) < MEMBERS:
                found.append(f"{ADDRESSES[kind]} of yb-{kind} names {len(listed)} masters")
            released = [image for image in images(item) if NAME in image or BUILD.search(image)]
            versions = [(image, VERSION.search(image)) for image in released]
            old = [image for image, seen in versions if seen and (int(seen[1]), int(seen[2])) < wanted]
            found += [f"yb-{kind} is {image}, older than {floor}" for image in old]
    return found


def off_volume(manifests: list[Manifest]) -> list[str]:
    """The folders in which production's YugabyteDB would keep data that are on no claimed volume, in words.

    Tservers have a claim at DISK. A claim is a volume claim template of the StatefulSet, or a claim that it names.
    """
    found = []
    for kind, items in servers(manifests).items():
        for item in items:
            seen, mounts = flags(item), claimed(item)
            if kind == "tserver" and not mounts.get(DISK):
                found.append(f"yb-tserver has no claim at {DISK}")
            said = [text for name in FOLDERS for text in seen.get(name, "").split(",") if text]
            # What a variable has is not known.
            known = [text for text in said if text.startswith("/") and "$" not in text]
            found += [f"yb-{kind} keeps data in {text}" for text in known if not mounts.get(mount_of(text, mounts))]
            if not said and complete(seen):
                found.append(f"yb-{kind} has no --fs_data_dirs")
    return found


def claimed(workload: Manifest) -> dict[str, bool]:
    """The mount points of a server, and whether each is of a claim."""
    spec = workload["spec"]["template"]["spec"]
    claims = {item["metadata"]["name"] for item in workload["spec"].get("volumeClaimTemplates") or []}
    claims |= {item["name"] for item in spec.get("volumes") or [] if "persistentVolumeClaim" in item}
    mounts = [mount for item in containers(workload) for mount in item.get("volumeMounts") or []]
    return {mount["mountPath"].rstrip("/"): mount["name"] in claims for mount in mounts}


def mount_of(folder: str, mounts: Iterable[str]) -> str:
    """The mount point that a folder is below; empty if there is none."""
    above = [mount for mount in mounts if f"{folder.rstrip('/')}/".startswith(f"{mount}/")]
    return max(above, key=len, default="")


def unasked(manifests: list[Manifest]) -> list[str]:
    """What lets clients of production's YugabyteDB in without a password: off by default, or rules that trust."""
    found = []
    for item in servers(manifests).get("tserver", []):
        seen = flags(item)
        rules = text_of(item).partition(RULES)[2]
        if rules and re.search(r"\btrust\b", rules):
            found.append(f"--{RULES} of yb-tserver has a rule with trust")
        default = "false" if complete(seen) else "true"
        # Rules of its own decide in place of the flag.
        if not rules and seen.get("ysql_enable_auth", default).lower() not in TRUE:
            found.append("yb-tserver has --ysql_enable_auth=false, or does not say so, and asks for no password")
        by_itself = "true" if complete(seen) else "false"
        asked = seen.get("use_cassandra_authentication", "false").lower() in TRUE
        if seen.get("start_cql_proxy", by_itself).lower() in TRUE and not asked:
            found.append("yb-tserver serves YCQL, which is on by default, and asks for no password there")
        if seen.get("start_redis_proxy", "false").lower() in TRUE:
            found.append("yb-tserver serves Redis' protocol, and asks for no password there")
    return found


def too_few_copies(manifests: list[Manifest]) -> list[str]:
    """What leaves data of production's YugabyteDB with fewer than MEMBERS copies, also once a machine is lost.

    The replication factor is 3 where no flag says so.
    """
    there = servers(manifests)
    seen = [flags(item).get("replication_factor", "3") for item in there.get("master", [])]
    found = [f"--replication_factor of yb-master is {text}" for text in seen if text.isdigit() and int(text) < MEMBERS]
    found += [
        f"{item['metadata']['name']} has --{BALANCING}=false, so that no lost copy is made anew"
        for item in there.get("master", [])
        if flags(item).get(BALANCING, "").lower() in FALSE
    ]
    together = [(kind, item) for kind, items in there.items() for item in items if may_share(item)]
    return found + [f"pods of {item['metadata']['name']} (yb-{kind}) may share one machine" for kind, item in together]


def may_share(workload: Manifest) -> bool:
    """Whether nothing keeps the pods of a StatefulSet on different machines or in different zones.

    A preference counts. So does a port of the machine, which one pod has at a time. One pod shares with no other.
    """
    template = workload["spec"]["template"]
    spec, labels = template["spec"], (template.get("metadata") or {}).get("labels") or {}
    ports = [port for item in spec["containers"] for port in item.get("ports") or []]
    if int(workload["spec"].get("replicas", 1)) < 2 or spec.get("hostNetwork") or any("hostPort" in p for p in ports):
        return False
    return not any(item is not None and selects(item, labels) for item in apart_from(spec))


def apart_from(spec: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The selectors of the pods that a pod keeps away from, or is spread with; without a selector they are none."""
    rules = (spec.get("affinity") or {}).get("podAntiAffinity") or {}
    for term in rules.get("requiredDuringSchedulingIgnoredDuringExecution") or []:
        yield term.get("labelSelector")
    for term in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or []:
        yield term["podAffinityTerm"].get("labelSelector")
    for constraint in spec.get("topologySpreadConstraints") or []:
        yield constraint.get("labelSelector")


def too_slow(manifests: list[Manifest], seconds: float) -> list[str]:
    """The servers of production that begin to replace a lost leader after more than `seconds`. Source: 6.8.

    Masters have a leader, too: without it nobody opens a new session.
    """
    found = []
    for item in (item for items in servers(manifests).values() for item in items):
        seen = flags(item)
        said = [seen.get(name, "") for name in DEFAULTS]
        # What a variable has is not known.
        if any(text and not re.fullmatch(r"\d+(?:\.\d+)?", text) for text in said):
            continue
        beat, missed = (float(seen.get(name) or default) for name, default in DEFAULTS.items())
        if beat * missed > 1000 * seconds:
            found.append(f"{item['metadata']['name']} replaces a lost leader after {beat * missed:.0f} ms")
    return found


def missing(manifests: list[Manifest], environment: Environment) -> list[str]:
    """That production renders no YugabyteDB, unless the file of its environment says what stands in for it.

    Other ways to deploy it count: an object of an operator, a chart, or the name of a host elsewhere. Source: 6.1.
    """
    is_production = environment.overlay == PRODUCTION
    stand_ins = (environment if is_production else load_environment(PRODUCTION)).stand_ins
    there = any(map(names_it, manifests)) or "YugabyteDB" in stand_ins
    return [] if there else ["production renders no YugabyteDB"]


def names_it(item: Manifest) -> bool:
    """Whether an object runs YugabyteDB, or has it deployed; a Job may be only its client."""
    kind, spec = item["kind"], item.get("spec") or {}
    if kind in RUNNING:
        template = {"template": {"spec": spec}} if kind == "Pod" else spec
        return bool(containers({"spec": template}))
    outside = kind == "Service" and NAME in str(spec.get("externalName", "")).lower()
    deployed = kind in CHARTS and NAME in str(spec).lower()
    return outside or deployed or NAME in f"{item['apiVersion']} {kind}".lower() or kind.startswith("YB")
