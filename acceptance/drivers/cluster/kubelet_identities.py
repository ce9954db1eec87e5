"""As whom the API knows each worker's kubelet: what a machine may do follows from its own name. Source: 1.7.

The node authorizer and NodeRestriction keep a machine to its own pods and Secrets only under `system:node:NAME`.
"""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster

KUBECONFIG = "/etc/kubernetes/kubelet.conf"
ABSENT = "absent"
LOOK = (
    f"if [ -e {KUBECONFIG} ] && command -v kubectl >/dev/null; then kubectl --kubeconfig {KUBECONFIG} "
    "--request-timeout 10s auth whoami -o 'jsonpath={.status.userInfo.username}' 2>&1; "
    f"else echo {ABSENT}; fi"
)
"""Prints the user that the kubelet's kubeconfig belongs to, or why there is none; ABSENT without kubeadm or kubectl."""


def mistaken(cluster: Cluster) -> dict[str, str]:
    """The workers whose kubelet the API knows by another name than the machine's, with that name.

    None where no machine can be reached.
    """
    workers = [] if cluster.is_attached else cluster.outputs.workers
    said = {worker.name: cluster.on_node(worker.name, "sh", "-c", LOOK, check=False).strip() for worker in workers}
    return {name: text for name, text in said.items() if text not in (ABSENT, f"system:node:{name}")}
