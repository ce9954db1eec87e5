"""What production renders of YugabyteDB: members, version, disks, passwords and copies. Source: 6.1, 6.2, 6.6, 6.9.

Where another database stands in for it, nothing that runs shows these flags. Only StatefulSets whose image is
YugabyteDB's are judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.durability import DISK

MEMBERS = 3
PROGRAM = re.compile(r"(?:^|[/\s])yb-(master|tserver)(?=\s|$)")
POD = re.compile(r"[^.:]+-\d+[.:]")
"""The address of a pod of a StatefulSet; any other name may stand for several."""
FLAG = re.compile(r"""(?<!\S)["']?--?(?P<no>no)?(?P<name>[a-z][a-z_]+)(?:[= ]["']?(?P<value>[^\s"'-][^\s"']*))?""")
"""A flag with its value, as gflags takes it, in arguments or a shell's command. Source: gflags' manual."""
TRUE = ("", "true", "t", "yes", "y", "1")
ADDRESSES = {"master": "master_addresses", "tserver": "tserver_master_addrs"}
"""The flags that name the masters to each kind of server."""
FOLDERS = ("fs_data_dirs", "fs_wal_dirs")
"""The flags that say where a server keeps its data and its log."""
RULES = "ysql_hba_conf_csv"
VERSION = re.compile(r":v?(\d+)\.(\d+)")


def servers(manifests: Iterable[Manifest]) -> dict[str, list[Manifest]]:
    """The StatefulSets of YugabyteDB's masters and tservers, by kind; none where something else is the database."""
    found: dict[str, list[Manifest]] = {}
    for item in manifests:
        program = PROGRAM.search(text_of(item)) if item["kind"] == "StatefulSet" and images(item) else None
        if program:
            found.setdefault(program[1], []).append(item)
    return found


def images(workload: Manifest) -> list[str]:
    """The images of YugabyteDB among those of a workload's containers."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return [item["image"] for item in containers if "yugabyte" in item["image"]]


def text_of(workload: Manifest) -> str:
    """The commands and arguments of a workload's containers with YugabyteDB's image, as one text."""
    containers = [item for item in workload["spec"]["template"]["spec"]["containers"] if "yugabyte" in item["image"]]
    return " ".join(part for item in containers for key in ("command", "args") for part in item.get(key) or [])


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
            versions = [(image, VERSION.search(image)) for image in images(item)]
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
    mounts = [
        mount for item in spec["containers"] if "yugabyte" in item["image"] for mount in item.get("volumeMounts") or []
    ]
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
    return found


def too_few_copies(manifests: list[Manifest]) -> list[str]:
    """The replication factors of production's YugabyteDB below MEMBERS; it is 3 where no flag says so."""
    seen = [flags(item).get("replication_factor", "3") for item in servers(manifests).get("master", [])]
    return [f"--replication_factor of yb-master is {text}" for text in seen if text.isdigit() and int(text) < MEMBERS]
