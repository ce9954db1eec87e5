"""What the cluster tells callers without credentials, and what users other than root may read on a machine."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.api_servers import NO_ANSWER, answered, ask, statuses
from acceptance.infrastructure.contract import Outputs

NEEDS_CREDENTIALS = (
    "/api", "/apis", "/api/v1/namespaces", "/api/v1/secrets", "/api/v1/namespaces/default/pods", "/openapi/v2",
    "/metrics", "/version", "/debug/pprof/",
)  # fmt: skip
HEALTH = ("/healthz", "/livez", "/readyz")
REFUSED = ("401", "403")
KUBELET = ("/pods", "/configz", "/metrics", "/logs/", "/debug/pprof/")
SILENT = {"a kubelet's port without credentials": "http://{address}:10255/pods"}
"""What no machine answers on."""
SILENT_CONTROL_PLANE = {
    "the controller manager": "https://{address}:10257/healthz",
    "the scheduler": "https://{address}:10259/healthz",
    "etcd, without a certificate": "https://{address}:2379/version",
    "etcd's members, without a certificate": "https://{address}:2380/version",
    "etcd in clear": "http://{address}:2379/version",
}
"""What a control plane's own components answer each other alone, or nobody but on their machine."""
HEARD = {"10250": "the kubelet, which is asked", "10256": "kube-proxy, which tells its health alone"}
HEARD_OF_CONTROL_PLANE = HEARD | {
    "6443": "the API server, which is asked", "2379": "etcd, which is asked", "2380": "etcd's members, which are asked",
}  # fmt: skip
"""The ports on which a machine listens for others, with the reason."""
HEARD_BY_UDP = {"8472": "flannel's network of pods (VXLAN), which the kernel answers"}
PRIVATE = r"\( -name '*.key' -o -name '*.conf' -o -name '*.pem' -o -path '*/manifests/*' \) -type f"
PRIVATE_FOLDERS = "/etc/kubernetes /var/lib/kubelet/pki"
STORE = "/var/lib/etcd"
"""Where etcd has its data on a control plane of kubeadm."""
NOT_ROOTS_ALONE = r"\( -perm /077 -o ! -uid 0 \)"
OPENS = "BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data:|kind: EncryptionConfiguration"
"""What is in a file that opens the cluster or its Secrets, whatever it is called and wherever it was copied to."""
SEARCHED = "/ /tmp /run /var"
"""The file systems of a machine that people copy things to; /usr is its image, and containers' files are theirs."""
AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
NOT_SEARCHED = ("/proc", "/sys", "/usr", "/var/lib/containerd")


def told_by_apis(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """What each API server answers to requests without credentials: HTTP statuses by address.

    Where the machines are out of reach, what the API's own address answers.
    """
    if cluster.is_attached:
        stranger = Caller(cluster)
        return {path: str(stranger("GET", path).status_code) for path in (*NEEDS_CREDENTIALS, *HEALTH)}
    servers = [f"https://{machine.address}:6443" for machine in outputs.control_planes]
    urls = [server + path for server in servers for path in (*NEEDS_CREDENTIALS, *HEALTH)]
    return answered(cluster, outputs.workers[0].name, urls)


def told_too_much(seen: dict[str, str]) -> dict[str, str]:
    """The addresses, of those that need credentials, which were not answered with a refusal."""
    return {url: code for url, code in seen.items() if not url.endswith(HEALTH) and code not in REFUSED}


def told_by_kubelets(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """What each kubelet answers to requests without credentials, asked from a worker."""
    machines = [*outputs.control_planes, *outputs.workers]
    urls = [f"https://{machine.address}:10250{path}" for machine in machines for path in KUBELET]
    return answered(cluster, outputs.workers[0].name, urls)


def open_doors(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """What answers a worker without credentials although it should not, with the status; nothing is as it should be."""
    urls = {
        f"{what} of {m.name}": url.format(address=m.address) for m in outputs.workers for what, url in SILENT.items()
    }
    for machine in outputs.control_planes:
        doors = {**SILENT, **SILENT_CONTROL_PLANE}
        urls |= {f"{what} of {machine.name}": url.format(address=machine.address) for what, url in doors.items()}
    seen = statuses(cluster, outputs.workers[0].name, urls.values())
    return {what: seen[url] for what, url in urls.items() if seen[url] != NO_ANSWER}


def heard_besides(cluster: Cluster, outputs: Outputs) -> dict[str, list[str]]:
    """By machine what listens for others there, and is not known: address and port, and whose it is."""
    known = {machine.name: HEARD_OF_CONTROL_PLANE for machine in outputs.control_planes}
    known |= {machine.name: HEARD for machine in outputs.workers}
    seen = {
        name: beyond(cluster.on_node(name, "ss", "-tlnpH"), ports) + heard_by_udp(cluster, name)
        for name, ports in known.items()
    }
    return {name: found for name, found in seen.items() if found}


def heard_by_udp(cluster: Cluster, machine: str) -> list[str]:
    """What listens by UDP for others on a machine, and is not known. Who waits for an answer is gone soon."""
    looks = [beyond_by_udp(cluster.on_node(machine, "sh", "-c", f"sleep {wait}; ss -ulnpH")) for wait in (0, 1, 2)]
    return [f"{socket} (UDP)" for socket in looks[0] if all(socket in look for look in looks)]


def beyond_by_udp(listed: str) -> list[str]:
    """The same of what `ss -ulnpH` lists, which may be nothing."""
    return beyond(listed, HEARD_BY_UDP) if listed.strip() else []


def beyond(listed: str, known: Iterable[str]) -> list[str]:
    """The sockets, of those that `ss -tlnpH` lists, which listen beyond their machine on a port that is not known."""
    rows = [line.split() for line in listed.splitlines() if line.strip()]
    assert rows, "expected what listens on a machine, saw nothing"
    sockets = [(*row[3].rpartition(":")[::2], "".join(row[5:])) for row in rows]
    return sorted(
        f"{address}:{port} {whose}".strip()
        for address, port, whose in sockets
        if not address.startswith(("127.", "[::1]", "[::ffff:127.")) and port not in {*known}
    )


def profiling_served(cluster: Cluster, outputs: Outputs) -> list[str]:
    """The control planes whose API server shows an administrator its profile."""
    asked = {m.name: ask(cluster, m, "get", "--raw", "/debug/pprof/", check=False) for m in outputs.control_planes}
    return [name for name, said in asked.items() if "NotFound" not in said]


def readable_by_others(cluster: Cluster, outputs: Outputs) -> dict[str, list[str]]:
    """By machine the keys, kubeconfigs, manifests of static pods and folders of etcd that others than root may read.

    Files that open the cluster are searched for in all of the machine, too, by a user without any right.
    """
    known = (
        f"find {PRIVATE_FOLDERS} {PRIVATE} {NOT_ROOTS_ALONE}; find {STORE} -maxdepth 0 {NOT_ROOTS_ALONE} 2>/dev/null"
    )
    seen = {}
    for machine in [*outputs.control_planes, *outputs.workers]:
        found = cluster.on_node(machine.name, "sh", "-c", f"{known}; true").splitlines()
        found += cluster.on_node(machine.name, *AS_NOBODY.split(), "sh", "-c", search(SEARCHED)).splitlines()
        seen[machine.name] = sorted({*found})
    return {name: found for name, found in seen.items() if found}


def search(roots: str) -> str:
    """A shell's command that names the files below some folders which open the cluster, as far as it may read."""
    but = " -o ".join(f"-path {path}" for path in NOT_SEARCHED)
    files = f"find {roots} -xdev \\( {but} \\) -prune -o -type f -size -1024k -print0 2>/dev/null"
    return f"{files} | xargs -0 -r grep -lsaE '{OPENS}'; true"
