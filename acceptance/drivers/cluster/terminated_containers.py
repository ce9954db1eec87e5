"""What is left of a terminated container: its log, until its pod's next container terminates. Source: 2.7.

The kubelet cleans up once a minute. Only its flags show at once whether it keeps the last one.
"""

from __future__ import annotations

import re

from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.cluster.machines import every_machine
from acceptance.drivers.workloads.pods import start_on_each_worker
from acceptance.infrastructure.contract import Outputs

NOWHERE = "http://127.0.0.1:1/why-it-crashed"
"""The address that a crashing pod requests: nothing listens there, which the pod logs before it exits."""
EACH, ALL = "maximum-dead-containers-per-container", "maximum-dead-containers"
"""The kubelet's flags for how many dead containers it keeps: of each one (default 1), and in all (-1: no limit)."""
FEWEST = 100
"""The lowest acceptable limit in all: a container for each pod that a machine may have."""


def start_crashing_on_each(namespace: Namespace, outputs: Outputs) -> dict[str, str]:
    """Start a pod on each worker whose container fails as soon as it starts; return their names, by worker."""
    return start_on_each_worker(namespace, outputs, "crashing", "get", NOWHERE)


def log_of_crashed(namespace: Namespace, name: str) -> str:
    """The log of a pod's previous container. Raises AssertionError if there is none, or it does not tell the reason."""
    try:
        text = str(namespace.cluster.core.read_namespaced_pod_log(name, namespace.name, previous=True)).strip()
    except ApiException as error:
        # 400: no container of the pod has terminated, or none is left.
        if error.status != 400:
            raise
        raise AssertionError(
            f"expected the log of a terminated container of the pod {name}, saw {error.body}"
        ) from error
    assert NOWHERE in text and "refused" in text, (
        f"expected the log of {name} to say why it crashed, saw {text[:200]!r}"
    )
    return text


def keeps_too_few(words: str) -> str:
    """The flag with which a kubelet removes the last dead container; empty if it keeps it.

    `words`: the kubelet's command, one argument a line.
    """
    given = {name: re.findall(rf"^--{name}[=\n](-?\d+)$", words, re.MULTILINE) for name in (EACH, ALL)}
    each, everything = int([1, *given[EACH]][-1]), int([-1, *given[ALL]][-1])
    if each == 0:
        return f"--{EACH}=0"
    return f"--{ALL}={everything}" if 0 <= everything < FEWEST else ""


def kubelets_that_keep_too_few(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """The machines whose kubelet removes dead containers, with the flag; none if no machine can be reached."""
    if cluster.is_attached:
        return {}
    look = "tr '\\0' '\\n' </proc/$(pgrep -o -x kubelet)/cmdline"
    found = {}
    for machine in every_machine(outputs):
        words = cluster.on_node(machine.name, "sh", "-c", look)
        assert "kubelet" in words, f"expected a running kubelet on {machine.name}, saw none"
        if trouble := keeps_too_few(words):
            found[machine.name] = trouble
    return found
