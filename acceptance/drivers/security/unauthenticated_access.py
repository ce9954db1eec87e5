"""What the cluster tells callers without credentials, and what users other than root can read on a machine."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.api_servers import NO_ANSWER, answered, ask, statuses
from acceptance.drivers.security.machine_files import AS_NOBODY, readable_stores
from acceptance.infrastructure.contract import Outputs

NEEDS_CREDENTIALS = (
    "/api", "/apis", "/api/v1/namespaces", "/api/v1/secrets", "/api/v1/namespaces/default/pods", "/openapi/v2",
    "/metrics", "/version", "/debug/pprof/",
)  # fmt: skip
HEALTH = ("/healthz", "/livez", "/readyz")
REFUSED = ("401", "403")
KUBELET = ("/pods", "/configz", "/metrics", "/logs/", "/debug/pprof/")
SILENT = {"a kubelet's port without credentials": "http://{address}:10255/pods"}
"""Ports on which no machine may answer."""
SILENT_CONTROL_PLANE = {
    "the controller manager": "https://{address}:10257/healthz",
    "the scheduler": "https://{address}:10259/healthz",
    "etcd, without a certificate": "https://{address}:2379/version",
    "etcd's members, without a certificate": "https://{address}:2380/version",
    "etcd over plain HTTP": "http://{address}:2379/version",
}
"""What a control plane's components answer only to each other, or only on their own machine."""
STORES = (("etcd", "https://{address}:2379/version"), ("etcd's members", "https://{address}:2380/version"))
KUBELETS_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
"""A certificate of the cluster's authority, with its key; etcd has an authority of its own."""
HEARD = {"10250": "the kubelet, which is asked", "10256": "kube-proxy, which tells its health alone"}
HEARD_OF_CONTROL_PLANE = HEARD | {
    "6443": "the API server, which is asked", "2379": "etcd, which is asked", "2380": "etcd's members, which are asked",
}  # fmt: skip
"""The ports on which a machine listens for other hosts, with the reason."""
HEARD_BY_UDP = {"8472": "flannel's network of pods (VXLAN), which the kernel answers"}
PRIVATE = r"\( -name '*.key' -o -name '*.conf' -o -name '*.pem' -o -path '*/manifests/*' \) -type f"
PRIVATE_FOLDERS = "/etc/kubernetes /var/lib/kubelet/pki"
STORE = "/var/lib/etcd"
"""etcd's data directory on a kubeadm control plane."""
NOT_ROOTS_ALONE = r"\( -perm /077 -o ! -uid 0 \)"
OPENS = "BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data:|kind: EncryptionConfiguration"
"""Contents of a file that gives access to the cluster or its Secrets, whatever its name and place."""
SEARCHED = "/ /tmp /run /var /usr/local /mnt/*"
"""The places on a machine to which people copy files, with each file system below /mnt; the rest of /usr is part of its
image, and containers have their own."""
NOT_SEARCHED = ("/proc", "/sys", "/usr", "/var/lib/containerd")


def told_by_apis(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """The HTTP statuses of each API server for requests without credentials, by URL.

    Where the machines are out of reach, the cluster's API address is asked instead.
    """
    if cluster.is_attached:
        stranger = Caller(cluster)
        return {path: str(stranger("GET", path).status_code) for path in (*NEEDS_CREDENTIALS, *HEALTH)}
    servers = [f"https://{machine.address}:6443" for machine in outputs.control_planes]
    urls = [server + path for server in servers for path in (*NEEDS_CREDENTIALS, *HEALTH)]
    return answered(cluster, outputs.workers[0].name, urls)


def told_too_much(seen: dict[str, str]) -> dict[str, str]:
    """The URLs that need credentials but were not answered with a refusal, with the status."""
    return {url: code for url, code in seen.items() if not url.endswith(HEALTH) and code not in REFUSED}


def told_by_kubelets(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """The HTTP statuses of each kubelet for requests without credentials from a worker, by URL."""
    machines = [*outputs.control_planes, *outputs.workers]
    urls = [f"https://{machine.address}:10250{path}" for machine in machines for path in KUBELET]
    return answered(cluster, outputs.workers[0].name, urls)


def open_doors(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """What answers a worker without credentials although it must not, with the status; empty if all is well."""
    urls = {
        f"{what} of {m.name}": url.format(address=m.address) for m in outputs.workers for what, url in SILENT.items()
    }
    for machine in outputs.control_planes:
        doors = {**SILENT, **SILENT_CONTROL_PLANE}
        urls |= {f"{what} of {machine.name}": url.format(address=machine.address) for what, url in doors.items()}
    seen = statuses(cluster, outputs.workers[0].name, urls.values())
    return {what: seen[url] for what, url in urls.items() if seen[url] != NO_ANSWER}


def stores_open_to_machines(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """What of etcd answers a worker's kubelet by its certificate, with the status: only API servers may ask there.

    Raises AssertionError if an API server does not take the certificate, so that nothing is proven.
    """
    worker = outputs.workers[0].name
    urls = {
        f"{what} of {m.name}": url.format(address=m.address) for m in outputs.control_planes for what, url in STORES
    }
    known = [f"https://{machine.address}:6443/version" for machine in outputs.control_planes]
    seen = statuses(cluster, worker, [*known, *urls.values()], "--cert", KUBELETS_CERTIFICATE)
    assert {seen[url] for url in known} == {"200"}, (
        f"expected API servers to take the certificate of the kubelet of {worker} ({KUBELETS_CERTIFICATE}), saw {seen}"
    )
    return {what: seen[url] for what, url in urls.items() if seen[url] != NO_ANSWER}


def heard_besides(cluster: Cluster, outputs: Outputs) -> dict[str, list[str]]:
    """Unexpected sockets that listen for other hosts, by machine: address, port and process."""
    known = {machine.name: HEARD_OF_CONTROL_PLANE for machine in outputs.control_planes}
    known |= {machine.name: HEARD for machine in outputs.workers}
    seen = {
        name: beyond(cluster.on_node(name, "ss", "-tlnpH"), ports) + heard_by_udp(cluster, name)
        for name, ports in known.items()
    }
    return {name: found for name, found in seen.items() if found}


def heard_by_udp(cluster: Cluster, machine: str) -> list[str]:
    """Unexpected UDP sockets that listen for other hosts; those of clients awaiting an answer are soon gone."""
    looks = [beyond_by_udp(cluster.on_node(machine, "sh", "-c", f"sleep {wait}; ss -ulnpH")) for wait in (0, 1, 2)]
    return [f"{socket} (UDP)" for socket in looks[0] if all(socket in look for look in looks)]


def beyond_by_udp(listed: str) -> list[str]:
    """Unexpected sockets in the output of `ss -ulnpH`, which may be empty."""
    return beyond(listed, HEARD_BY_UDP) if listed.strip() else []


def beyond(listed: str, known: Iterable[str]) -> list[str]:
    """Sockets in the output of `ss -tlnpH` that listen beyond their machine on an unexpected port."""
    rows = [line.split() for line in listed.splitlines() if line.strip()]
    assert rows, "expected listening sockets on the machine, ss listed none"
    sockets = [(*row[3].rpartition(":")[::2], "".join(row[5:])) for row in rows]
    return sorted(
        f"{address}:{port} {whose}".strip()
        for address, port, whose in sockets
        if not address.startswith(("127.", "[::1]", "[::ffff:127.")) and port not in {*known}
    )


def profiling_served(cluster: Cluster, outputs: Outputs) -> list[str]:
    """The control planes whose API server serves its profile to an administrator."""
    asked = {m.name: ask(cluster, m, "get", "--raw", "/debug/pprof/", check=False) for m in outputs.control_planes}
    return [name for name, said in asked.items() if "NotFound" not in said]


def readable_by_others(cluster: Cluster, outputs: Outputs) -> dict[str, list[str]]:
    """Keys, kubeconfigs, manifests of static pods and etcd folders that users other than root can read, by machine.

    A user without any rights also searches the whole machine for files that give access to the cluster, and for
    backups of etcd.
    """
    known = (
        f"find {PRIVATE_FOLDERS} {PRIVATE} {NOT_ROOTS_ALONE}; find {STORE} -maxdepth 0 {NOT_ROOTS_ALONE} 2>/dev/null"
    )
    seen = {}
    for machine in [*outputs.control_planes, *outputs.workers]:
        found = cluster.on_node(machine.name, "sh", "-c", f"{known}; true").splitlines()
        anywhere = f"{search(SEARCHED)}; {readable_stores(SEARCHED, NOT_SEARCHED)}"
        found += cluster.on_node(machine.name, *AS_NOBODY.split(), "sh", "-c", anywhere).splitlines()
        seen[machine.name] = sorted({*found})
    return {name: found for name, found in seen.items() if found}


def search(roots: str) -> str:
    """A shell command that lists the readable files below some folders that give access to the cluster."""
    but = " -o ".join(f"-path {path}" for path in NOT_SEARCHED)
    files = f"find {roots} -xdev \\( {but} \\) -prune -o -type f -size -1024k -print0 2>/dev/null"
    return f"{files} | xargs -0 -r grep -lsaE '{OPENS}'; true"
