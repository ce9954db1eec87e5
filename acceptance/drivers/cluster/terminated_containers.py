"""What is left of a terminated container: its log, until its pod's next container terminates. Source: 2.7.

The kubelet tidies once a minute. Whether it leaves the last one is seen at once only in what it was started with.
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
"""What a crashing pod asks for: nothing listens there, and it says so as it ends."""
EACH, ALL = "maximum-dead-containers-per-container", "maximum-dead-containers"
"""The kubelet's flags: how many ended containers it keeps of each container (1), and of all (-1: any number)."""
FEWEST = 100
"""Of a limit of all: a container for each pod that a machine may have."""


def start_crashing_on_each(namespace: Namespace, outputs: Outputs) -> dict[str, str]:
    """A pod on each worker whose container ends with an error as soon as it begins; their names, by worker."""
    return start_on_each_worker(namespace, outputs, "crashing", "get", NOWHERE)


def log_of_crashed(namespace: Namespace, name: str) -> str:
    """What the container said that ended before. Raises AssertionError if there is none, or not why it crashed."""
    try:
        text = str(namespace.cluster.core.read_namespaced_pod_log(name, namespace.name, previous=True)).strip()
    except ApiException as error:
        # 400: no container of it has ended, or none is left.
        if error.status != 400:
            raise
        raise AssertionError(f"no container that ended: {error.body}") from error
    assert NOWHERE in text and "refused" in text, f"its log is {text[:200]!r}"
    return text


def keeps_too_few(words: str) -> str:
    """Why a kubelet that is started so takes away the last container that ended; nothing if it does not.

    `words`: its command, one a line.
    """
    given = {name: re.findall(rf"^--{name}[=\n](-?\d+)$", words, re.MULTILINE) for name in (EACH, ALL)}
    each, everything = int([1, *given[EACH]][-1]), int([-1, *given[ALL]][-1])
    if each == 0:
        return f"--{EACH}=0"
    return f"--{ALL}={everything}" if 0 <= everything < FEWEST else ""


def kubelets_that_keep_too_few(cluster: Cluster, outputs: Outputs) -> dict[str, str]:
    """The machines whose kubelet takes away what ended, and by which flag; none where no machine can be reached."""
    if cluster.is_attached:
        return {}
    look = "tr '\\0' '\\n' </proc/$(pgrep -o -x kubelet)/cmdline"
    found = {}
    for machine in every_machine(outputs):
        words = cluster.on_node(machine.name, "sh", "-c", look)
        assert "kubelet" in words, f"no kubelet runs on {machine.name}"
        if trouble := keeps_too_few(words):
            found[machine.name] = trouble
    return found
