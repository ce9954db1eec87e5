"""Whether what the platform's stores log goes to the container's output, which alone `kubectl logs` shows. Source: 2.7.

A log that is written to a file can be read as well through the API: it is empty.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from acceptance.base.conditions import is_ready
from acceptance.base.labels import NAME_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import main_container
from acceptance.drivers.workloads.liveness_probes import long_lived
from acceptance.platform.access import NAMESPACE
from acceptance.platform.routes import SERVICES
from acceptance.platform.secrets import NAMESPACE as SEALED_SECRETS

LOGGER = re.compile(r"\bpostgres: \S+: logger$")
"""The title of the process that collects PostgreSQL's log in files, under a name that Patroni gives the cluster.
YugabyteDB, which has no such name, has the process and copies its own log to the output."""
ROTATED = ".log."
"""What the names of a log's older files have in them."""
OFTEN_ROTATED = datetime.timedelta(days=1)
"""Age of a container whose newest file may be empty after a rotation, where its machine cannot be asked."""


def saying(cluster: Cluster) -> list[Any]:
    """The ready pods of the database, of Redis and of Sealed Secrets, which all say something when they start.

    Traefik, like many services, may log nothing but requests; 13.5 judges the services after one.
    """
    ours = [pod for pod in cluster.core.list_namespaced_pod(NAMESPACE).items if of_store(pod.metadata.labels or {})]
    pods = long_lived([*ours, *cluster.core.list_namespaced_pod(SEALED_SECRETS).items])
    return [pod for pod in pods if is_ready(pod)]


def of_store(labels: dict[str, str]) -> bool:
    """Whether labels are those of a pod of one of the plan's Applications that is none of the three services."""
    return NAME_LABEL in labels and labels.get("app") not in SERVICES


def is_silent(cluster: Cluster, pod: Any) -> bool:
    """Whether a pod's main container has logged nothing: neither a line in its newest file, nor an older file."""
    container = main_container(pod.spec).name
    place = (pod.metadata.name, pod.metadata.namespace)
    if cluster.core.read_namespaced_pod_log(*place, container=container, tail_lines=1):
        return False
    if cluster.is_attached:
        return bool(datetime.datetime.now(datetime.UTC) - pod.status.start_time < OFTEN_ROTATED)
    folder = f"/var/log/pods/{pod.metadata.namespace}_{pod.metadata.name}_{pod.metadata.uid}/{container}"
    return ROTATED not in cluster.on_node(pod.spec.node_name, "ls", folder, check=False)


def all_say_something(cluster: Cluster) -> list[str]:
    """The pods whose main container's log has a line. Raises AssertionError naming those that are silent."""
    pods = saying(cluster)
    silent = sorted(f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in pods if is_silent(cluster, pod))
    assert not silent, f"the log of {', '.join(silent)} is empty"
    return sorted(pod.metadata.name for pod in pods)


def kept_in_files(cluster: Cluster) -> list[str]:
    """The workers on which a member of the database collects its log in files. Attached clusters are not asked."""
    if cluster.is_attached:
        return []
    asked = {worker.name: ("pgrep", "-af", "^postgres: ") for worker in cluster.outputs.workers}
    said = {name: cluster.on_node(name, *command, check=False).splitlines() for name, command in asked.items()}
    return [name for name, lines in said.items() if any(LOGGER.search(line.strip(" \0")) for line in lines)]
