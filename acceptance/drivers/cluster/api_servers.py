"""The API servers, each queried individually: their common address seldom shows that one of three differs."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.base.deadlines import API_ANSWERS
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.infrastructure.contract import Machine

ADMIN = "/etc/kubernetes/admin.conf"
"""An administrator's kubeconfig on a control plane of kubeadm."""
NO_ANSWER = "000"
"""What curl prints if there was no answer, or none over HTTP."""


def ask(cluster: Cluster, machine: Machine, *arguments: str, stdin: str = "", check: bool = True) -> str:
    """What kubectl prints, including errors, when it queries only the API server of `machine`.

    Raises Unverifiable if the machines cannot be reached.
    """
    command = 'input=$1; shift; printf %s "$input" | kubectl "$@" 2>&1'
    server = ("--kubeconfig", ADMIN, "--server", f"https://{machine.address}:6443")
    return cluster.on_node(machine.name, "sh", "-c", command, "sh", stdin, *server, *arguments, check=check)


def statuses(cluster: Cluster, node: str, urls: Iterable[str], *credentials: str) -> dict[str, str]:
    """The HTTP status of each address, requested from a node without credentials; NO_ANSWER if there was none.

    `credentials`: curl's options for a request with some.
    """
    wanted = list(urls)
    targets = [part for url in wanted for part in ("-o", "/dev/null", url)]
    options = ("-ksZ", "-m", "5", "-w", "%{url} %{http_code}\n", *credentials)
    answers = dict(
        line.rsplit(" ", 1) for line in cluster.on_node(node, "curl", *options, *targets, check=False).splitlines()
    )
    return {url: answers.get(url, NO_ANSWER) for url in wanted}


def answered(cluster: Cluster, node: str, urls: Iterable[str]) -> dict[str, str]:
    """The HTTP status of each address once all have answered: a busy server's silence proves nothing.

    Raises TimedOut naming those that did not.
    """
    wanted = list(urls)

    def all_answered() -> dict[str, str]:
        seen = statuses(cluster, node, wanted)
        silent = [url for url, code in seen.items() if code == NO_ANSWER]
        assert not silent, f"these addresses did not answer: {', '.join(silent)}"
        return seen

    return eventually(all_answered, within=API_ANSWERS, what="each address to answer", hint="kubectl get nodes")
