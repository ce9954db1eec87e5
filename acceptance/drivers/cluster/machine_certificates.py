"""The certificates that machines keep to reach the API and each other, and how long they last. Source: 2.1, 2.8."""

from __future__ import annotations

from cryptography import x509
from kubernetes import client

from acceptance.clients.tls import Chain
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_benchmark import of_kubelet
from acceptance.drivers.cluster.machines import LASTS, every_machine

MARK = "file: "
KUBELETS = "/var/lib/kubelet/pki/kubelet-client-current.pem"
OWN_CERTIFICATES = f"/etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt {KUBELETS}"
"""Where kubeadm keeps certificates; K3s renews its own whenever it starts."""
KUBECONFIGS = "/etc/kubernetes/*.conf"
"""Where kubeadm keeps the kubeconfigs of its components, most of them with a certificate inside."""
ONLY_CERTIFICATES = "sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p'"
"""The kubelet's file has its private key, too, which stays where it is."""
OF_CLIENT = "sed -n 's/.*client-certificate-data: *//p'"


def short_lived(cluster: Cluster) -> dict[str, float]:
    """Certificates of the control planes, other than of their API servers, with less than LASTS days left.

    Those inside the kubeconfigs of scheduler, controller manager, kubelet and administrator count, too.
    """
    each = f"for file in {OWN_CERTIFICATES}; do echo; echo '{MARK}'$file; {ONLY_CERTIFICATES} $file 2>/dev/null; done"
    inside = f"for file in {KUBECONFIGS}; do echo; echo '{MARK}'$file; {OF_CLIENT} $file 2>/dev/null | base64 -d; done"
    found: dict[str, float] = {}
    for server in cluster.outputs.control_planes:
        found |= ending_soon(cluster, server.name, f"{each}; {inside}")
    return found


def not_renewed(cluster: Cluster) -> dict[str, float]:
    """The workers' kubelets whose certificate has less than LASTS days left and is not rotated, with these days.

    A kubelet that rotates its certificate may have a short one. None where the machines cannot be reached: a
    kubelet's files can only be read there.
    """
    found: dict[str, float] = {}
    for worker in [] if cluster.is_attached else cluster.outputs.workers:
        short = ending_soon(
            cluster, worker.name, f"echo '{MARK}{KUBELETS}'; {ONLY_CERTIFICATES} {KUBELETS} 2>/dev/null"
        )
        # The kubelet leaves out what is false.
        if short and not of_kubelet(cluster, worker.name).get("rotateCertificates"):
            found |= short
    return found


def not_approved(cluster: Cluster) -> list[str]:
    """The machines whose kubelet renews its certificate but would wait for somebody's approval.

    A kubelet's own requests are approved only if it may create `selfnodeclient`. Source: Kubernetes, TLS bootstrapping.
    None where the machines are somebody else's: another signer may approve there.
    """
    machines = [] if cluster.is_attached else every_machine(cluster.outputs)
    refused = [machine.name for machine in machines if not may_renew(cluster, machine.name)]
    return [name for name in refused if of_kubelet(cluster, name).get("rotateCertificates")]


def may_renew(cluster: Cluster, machine: str) -> bool:
    """Whether the API lets a machine's kubelet have its own certificate renewed without anyone."""
    attributes = {
        "verb": "create", "group": "certificates.k8s.io", "resource": "certificatesigningrequests",
        "subresource": "selfnodeclient",
    }  # fmt: skip
    who = {"user": f"system:node:{machine}", "groups": ["system:nodes", "system:authenticated"]}
    review = {"spec": {**who, "resourceAttributes": attributes}}
    return bool(client.AuthorizationV1Api(cluster.api).create_subject_access_review(review).status.allowed)


def ending_soon(cluster: Cluster, machine: str, look: str) -> dict[str, float]:
    """The certificates that a shell command prints on a machine, and that end within LASTS days, with their days."""
    found: dict[str, float] = {}
    for path, text in certificates_in(cluster.on_node(machine, "sh", "-c", look, check=False)).items():
        for certificate in x509.load_pem_x509_certificates(text.encode()):
            left = Chain(certificate, ()).days_left
            found |= {f"{path} on {machine}": round(left, 1)} if left < LASTS else {}
    return found


def certificates_in(printed: str) -> dict[str, str]:
    """The PEM texts of files that were printed one after the other, each below its path, which MARK is put before."""
    found: dict[str, str] = {}
    path = ""
    for line in printed.splitlines():
        if line.startswith(MARK):
            path = line.removeprefix(MARK)
        else:
            found[path] = found.get(path, "") + (f"{line}\n" if line else "")
    return {path: text for path, text in found.items() if "BEGIN CERTIFICATE" in text}
