"""The API servers, each asked by itself: what one of three does otherwise shows at their common address seldom."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.base.waiting import API_ANSWERS, eventually
from acceptance.cluster.cluster import Cluster
from acceptance.infrastructure.contract import Machine

ADMIN = "/etc/kubernetes/admin.conf"
"""An administrator's kubeconfig on a control plane of kubeadm."""
NO_ANSWER = "000"
"""What curl says where nobody answered, or nobody who speaks HTTP."""


def ask(cluster: Cluster, machine: Machine, *arguments: str, stdin: str = "", check: bool = True) -> str:
    """What kubectl prints, its errors among it, when it asks the API server of `machine` and no other.

    Raises Unverifiable where the machines are out of reach.
    """
    command = 'input=$1; shift; printf %s "$input" | kubectl "$@" 2>&1'
    server = ("--kubeconfig", ADMIN, "--server", f"https://{machine.address}:6443")
    return cluster.on_node(machine.name, "sh", "-c", command, "sh", stdin, *server, *arguments, check=check)


def statuses(cluster: Cluster, node: str, urls: Iterable[str]) -> dict[str, str]:
    """The HTTP status of each address, asked from a node without credentials; NO_ANSWER where there was none."""
    wanted = list(urls)
    targets = [part for url in wanted for part in ("-o", "/dev/null", url)]
    options = ("-ksZ", "-m", "5", "-w", "%{url} %{http_code}\n")
    answers = dict(
        line.rsplit(" ", 1) for line in cluster.on_node(node, "curl", *options, *targets, check=False).splitlines()
    )
    return {url: answers.get(url, NO_ANSWER) for url in wanted}


def answered(cluster: Cluster, node: str, urls: Iterable[str]) -> dict[str, str]:
    """The HTTP status of each address once all have answered: a server that is busy says nothing of what it tells.

    Raises TimedOut naming those that did not.
    """
    wanted = list(urls)

    def all_answered() -> dict[str, str]:
        seen = statuses(cluster, node, wanted)
        silent = [url for url, code in seen.items() if code == NO_ANSWER]
        assert not silent, f"no answer from {', '.join(silent)}"
        return seen

    return eventually(all_answered, within=API_ANSWERS, what="each address to answer", hint="kubectl get nodes")
