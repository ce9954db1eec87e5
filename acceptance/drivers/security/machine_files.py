"""What a user without any rights can do with the files of a machine: use sockets, change programs, read etcd's backups.

Source: plan 27.1; CIS Kubernetes Benchmark, parts 1.1 and 4.1 (as far as it is about users other than root).
"""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.cluster import Cluster
from acceptance.infrastructure.contract import Outputs

AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
SOCKETS = "/run /var/lib/kubelet/device-plugins /var/lib/kubelet/plugins_registry /var/lib/kubelet/pod-resources"
OF_RUNTIMES = ("containerd", "cri-dockerd", "crio", "docker", "kubelet", "/nri/", "podman")
"""Words in the paths of sockets through which a client starts containers, or reads what they have."""
ROOTS_OWN = "/etc /kind /opt/cni /usr /var/lib/kubelet"
"""The folders with programs that root runs, and with what these read: manifests of static pods, units, CNI plugins."""
MAGIC = " ed da 0c ed"
"""What od prints of the bytes at which bbolt, etcd's store, names itself (bbolt, internal/common: Magic)."""
PACKED = r".*etcd[^/]*\(snapshot\|backup\|\.db\)[^/]*"
"""Names of backups whose content says nothing: K3s' compressed ones are called `etcd-snapshot-... .zip`."""
LEAST = "+64k"
"""Sizes of a store: etcd writes more than that before a cluster runs."""


def usable_sockets(roots: str = SOCKETS) -> str:
    """A shell command for root that lists the sockets of runtimes and kubelets to which a user without rights connects.

    Root lists them: a folder that others cannot list may still let them through.
    """
    named = " -o ".join(f"-path '*{word}*'" for word in OF_RUNTIMES)
    each = 'for socket; do if [ -w "$socket" ]; then echo "$socket"; fi; done'
    found = f"find {roots} -xdev -type s \\( {named} \\) -print0 2>/dev/null"
    return f"{found} | xargs -0 -r {AS_NOBODY} sh -c '{each}' sh; true"


def changeable_files(roots: str = ROOTS_OWN) -> str:
    """A shell command for a user without rights that lists the files and folders below `roots` that it can change."""
    return f"find {roots} -xdev ! -type l -writable 2>/dev/null; true"


def readable_stores(roots: str, but: Iterable[str]) -> str:
    """A shell command for a user without rights that lists the backups of etcd below `roots` that it can read."""
    left_out = " -o ".join(f"-path {path}" for path in but)
    each = f'for file; do if [ "$(od -An -tx1 -j16 -N4 "$file" 2>/dev/null)" = "{MAGIC}" ]; then echo "$file"; fi; done'
    found = f"find {roots} -xdev \\( {left_out} \\) -prune -o -type f -size {LEAST} -readable"
    packed = f"{found} -regex '{PACKED}' -print 2>/dev/null"
    return f"{packed}; {found} -print0 2>/dev/null | xargs -0 -r sh -c '{each}' sh; true"


def open_to_others(cluster: Cluster, outputs: Outputs) -> dict[str, list[str]]:
    """The sockets that users other than root can use, and the files of root's that they can change, by machine."""
    seen = {}
    for machine in [*outputs.control_planes, *outputs.workers]:
        found = cluster.on_node(machine.name, "sh", "-c", usable_sockets()).splitlines()
        found += cluster.on_node(machine.name, *AS_NOBODY.split(), "sh", "-c", changeable_files()).splitlines()
        seen[machine.name] = sorted({*found})
    return {name: found for name, found in seen.items() if found}
