"""Whether a machine would come back after a reboot as it runs now. Source: 2.1 and 2.8.

A unit that runs and is not enabled, or settings that are broken or that nobody has read since they changed, show only
then. The same holds for the restart of a single program.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import shlex
from collections.abc import Iterable
from typing import Any

import yaml
from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster import unread_files
from acceptance.drivers.cluster.machines import every_machine
from acceptance.infrastructure.contract import Machine

STARTED = ("enabled", "static", "indirect", "generated", "alias")
"""What `systemctl is-enabled` says of units that a boot starts, or that another unit does."""
RESTARTED = ("always", "on-failure")
"""The values of a unit's `Restart` with which its program comes back after a crash. Source: systemd.service(5)."""
KUBELETS = ("kubelet", "k3s", "k3s-agent")
"""The units that run a kubelet: kubeadm's, and K3s' on a server and on an agent."""
SETTINGS = "/var/lib/kubelet/config.yaml"
FLAGS = "/var/lib/kubelet/kubeadm-flags.env"
VARIABLE = "KUBELET_KUBEADM_ARGS="
"""The file in which kubeadm keeps a kubelet's arguments, and their variable. Source: kubeadm, the kubelet drop-in."""
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
NAMED = r"s/^ *\(client-certificate\|client-key\|certificate-authority\): *//p"
"""Prints the files that a kubeconfig names, for sed; what is part of it has other keys, which end in `-data`."""
MANIFESTS = "/etc/kubernetes/manifests"
"""The folder of a kubelet's static pods; it reads every file that does not begin with a dot, whatever its ending."""
HERE = ("127.0.0.1", "localhost", "[::1]")
LOOK = (
    f"for unit in {' '.join(KUBELETS)} containerd; do if systemctl is-active --quiet $unit; then "
    'echo "unit $unit $(systemctl is-enabled $unit 2>&1) $(systemctl show -p Restart --value $unit)"; fi; done; '
    f"if [ -e {SETTINGS} ] && systemctl is-active --quiet kubelet; then echo "
    f'"settings $(stat -c %Y {SETTINGS}) '
    '$(date -d "$(systemctl show -p ExecMainStartTimestamp --value kubelet)" +%s)"; fi; '
    # The runtime's own command, asked to read its settings only.
    "pid=$(systemctl show -p MainPID --value containerd 2>/dev/null); if [ ${pid:-0} != 0 ]; then "
    "said=$(xargs -0 timeout 20 sh -c '\"$@\" config dump' sh </proc/$pid/cmdline 2>&1 >/dev/null) || "
    'echo "runtime $(echo "$said" | tail -n 1)"; fi; '
    f"pid=$(systemctl show -p MainPID --value kubelet 2>/dev/null); if [ ${{pid:-0}} != 0 ] && [ -e {FLAGS} ]; then "
    f"echo \"running $(tr '\\0' '\\t' </proc/$pid/cmdline)\"; sed -n 's/^{VARIABLE}/arguments &/p' {FLAGS}; fi; "
    # K3s has none of kubeadm's files.
    f"if systemctl is-active --quiet kubelet && {{ [ -e {SETTINGS} ] || [ -e {FLAGS} ] || [ -e {KUBECONFIG} ]; }}; "
    "then "
    f"for file in {SETTINGS} {FLAGS} {KUBECONFIG} $(sed -n '{NAMED}' {KUBECONFIG} 2>/dev/null) "
    "$(tr '\\0' '\\n' </proc/$pid/cmdline 2>/dev/null | sed -n '1{/^\\//p}'); do "
    '[ -s "$file" ] || echo "absent $file"; done; fi; '
    f"sed -n 's/^ *server: */server /p' {KUBECONFIG} 2>/dev/null; "
    f'for file in {MANIFESTS}/[!.]*; do if [ -f "$file" ]; then echo "manifest $(base64 -w 0 <"$file")"; fi; done; '
    + unread_files.LOOK
)
"""Prints `unit NAME STATE RESTART` for each unit that runs; when the kubelet's settings changed and when it started, in
seconds since 1970; what is wrong with containerd's settings; the arguments that the kubelet runs with and those that it
would be started with; `absent FILE` for each file that the next start of kubeadm's kubelet needs and that is gone or
empty; the server of its kubeconfig; each file of static pods, in base64; and what `unread_files` looks for."""


def would_not_return(cluster: Cluster) -> list[str]:
    """The machines that a reboot would bring up otherwise than they run, in words. Attached ones are not asked."""
    if cluster.is_attached:
        return []
    common, outputs = common_server(cluster), cluster.outputs
    found = []
    for machine in every_machine(outputs):
        # On a control plane kubeadm may lead the kubelet to the API server beside it.
        own = own_servers(machine) if machine in outputs.control_planes else set()
        printed = cluster.on_node(machine.name, "sh", "-c", LOOK, check=False)
        found += [f"{machine.name}: {text}" for text in in_words(printed, {common, *own} if common else set())]
    return found


def common_server(cluster: Cluster) -> str:
    """The server that new machines are told to use (kubeadm's cluster-info); empty if they are told none."""
    try:
        data = cluster.core.read_namespaced_config_map("cluster-info", "kube-public").data or {}
    except ApiException as error:
        if error.status != 404:
            raise
        return ""
    clusters = (yaml.safe_load(data.get("kubeconfig", "")) or {}).get("clusters") or [{}]
    return str((clusters[0].get("cluster") or {}).get("server", ""))


def own_servers(machine: Machine) -> set[str]:
    """The names of the API server on a control plane itself."""
    return {f"https://{host}:6443" for host in (machine.name, machine.address, *HERE)}


def in_words(printed: str, servers: Iterable[str] = ()) -> list[str]:
    """What LOOK's output says against a reboot, in words; `servers` are those that a kubelet may use, if known."""
    lines = [line.split() for line in printed.splitlines()]
    units = {words[1]: words[2:] for words in lines if words[:1] == ["unit"] and len(words) == 4}
    said = [
        f"{unit} is {state}, so that no boot starts it" for unit, (state, _) in units.items() if state not in STARTED
    ]
    said += [f"{unit} has Restart={how}" for unit, (_, how) in units.items() if how not in RESTARTED]
    if not {*units} & {*KUBELETS}:
        said.append(f"none of the units {', '.join(KUBELETS)} runs")
    for words in (words for words in lines if words[:1] == ["settings"] and len(words) == 3):
        late = int(words[1]) - int(words[2])
        # The kubelet reads them when it starts.
        said += [f"{SETTINGS} changed {late} s after the kubelet had started"] if late > 0 else []
    allowed, texts = {*servers}, by_word(printed)
    said += [f"containerd cannot read its settings: {text}" for text in texts["runtime"]]
    said += [f"the next start of the kubelet needs {file}, which is gone or empty" for file in texts["absent"]]
    said += unread_arguments(texts["running"], texts["arguments"])
    said += [f"{KUBECONFIG} leads to {text}" for text in texts["server"] if allowed and text not in allowed]
    return said + doubled(texts["manifest"]) + unread_files.in_words(texts["read"])


def by_word(printed: str) -> collections.defaultdict[str, list[str]]:
    """The lines of an output without their first word, by that word."""
    found: collections.defaultdict[str, list[str]] = collections.defaultdict(list)
    for word, _, rest in (line.partition(" ") for line in printed.splitlines()):
        found[word].append(rest.strip())
    return found


def unread_arguments(running: Iterable[str], lines: Iterable[str]) -> list[str]:
    """The arguments that a kubelet would be started with and does not have, in words."""
    has = {word for text in running for word in text.split("\t")}
    try:
        given = [shlex.split(value) for line in lines for value in shlex.split(line.removeprefix(VARIABLE))]
    except ValueError as error:
        return [f"nobody can read {FLAGS}: {error}"]
    unread = [word for words in given for word in words if word not in has]
    return [f"the kubelet runs without {' '.join(unread)} of {FLAGS}"] if unread else []


def doubled(manifests: Iterable[str]) -> list[str]:
    """The static pods that several files describe, in words: whichever the kubelet reads last is started."""
    names: list[str] = []
    for text in manifests:
        with contextlib.suppress(yaml.YAMLError, UnicodeDecodeError):
            names += [name_of(pod) for pod in [yaml.safe_load(base64.b64decode(text).decode())] if is_pod(pod)]
    return [
        f"{count} files of {MANIFESTS} have a pod {name}"
        for name, count in collections.Counter(names).items()
        if count > 1
    ]


def is_pod(found: Any) -> bool:
    """Whether a document is a pod."""
    return isinstance(found, dict) and found.get("kind") == "Pod"


def name_of(pod: Any) -> str:
    """Namespace and name of a static pod."""
    metadata = pod.get("metadata") or {}
    return f"{metadata.get('namespace', 'default')}/{metadata.get('name')}"
