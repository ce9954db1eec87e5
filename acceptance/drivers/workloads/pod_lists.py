"""All pods except scenarios': as kubectl lists them, whether they are ready, and whether they are failing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from kubernetes.client import ApiException
from kubernetes.utils import parse_quantity

from acceptance.base.conditions import as_json, describe, is_ready
from acceptance.base.deadlines import LOGS_READABLE, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace, of_scenario

LIVENESS = "Liveness probe failed"
LATELY = datetime.timedelta(minutes=1)
RESTARTING = "Back-off restarting"
WATCHED = Deadline(15, "the suite: a container that crashes is started again after ten seconds at first")
KUBELET_LOOKS = Deadline(12, "the kubelet: containerLogMonitorInterval is 10 s where nothing is said")
MEASURED_AFTER = datetime.timedelta(minutes=2)
"""How long a pod may run without metrics: metrics-server scrapes every 15 s and needs two samples."""


def platform_pods(cluster: Cluster) -> list[Any]:
    """Every pod that no scenario created."""
    return [
        pod
        for pod in cluster.core.list_pod_for_all_namespaces().items
        if not (pod.metadata.namespace.startswith("scenario") or of_scenario(pod.metadata.labels))
    ]


def listed_as_counted(cluster: Cluster) -> str:
    """kubectl's list of pods. Raises AssertionError naming a pod whose READY column differs from the API's."""
    text = cluster.kubectl("get", "pods", "--all-namespaces", "--no-headers")
    listed = {tuple(line.split()[:2]): line.split()[2] for line in text.splitlines()}
    for pod in platform_pods(cluster):
        wanted = counted(pod)
        seen = listed.get((pod.metadata.namespace, pod.metadata.name))
        assert seen == wanted, (
            f"pod {pod.metadata.namespace}/{pod.metadata.name} is listed with {seen} containers ready, "
            f"but the API counts {wanted}"
        )
    return text


def counted(pod: Any) -> str:
    """How many of a pod's containers are ready, and how many it has; sidecars among its init containers count, too."""
    sidecars = {
        part.name for part in getattr(pod.spec, "init_containers", None) or [] if part.restart_policy == "Always"
    }
    ready = sum(status.ready for status in pod.status.container_statuses or [])
    beside = [status for status in pod.status.init_container_statuses or [] if status.name in sidecars]
    ready += sum(bool(status.started and status.ready) for status in beside)
    return f"{ready}/{len(pod.spec.containers) + len(sidecars)}"


def all_ready(cluster: Cluster) -> bool:
    """Raise AssertionError naming the pods that are not ready; completed pods need not be."""
    waiting = [
        f"{pod.metadata.namespace}/{pod.metadata.name} {describe(pod)}"
        for pod in platform_pods(cluster)
        if pod.status.phase != "Succeeded" and not pod.metadata.deletion_timestamp and not is_ready(pod)
    ]
    assert not waiting, "; ".join(waiting)
    return True


def ailing(cluster: Cluster) -> dict[str, str]:
    """Pods whose liveness probe failed within the last minute, since their containers started, with the last event.

    A single slow answer of a busy machine ages out; a probe that keeps failing fails again after ten seconds.
    """
    started = {}
    lately = datetime.datetime.now(datetime.UTC) - LATELY
    for pod in platform_pods(cluster):
        running = [status.state.running for status in pod.status.container_statuses or [] if status.state.running]
        if running:
            started[pod.metadata.uid] = min(state.started_at for state in running)
    found = {}
    for event in cluster.core.list_event_for_all_namespaces(field_selector="reason=Unhealthy").items:
        began = started.get(event.involved_object.uid)
        last = event.last_timestamp or event.event_time
        if began and last and last > max(began, lately) and LIVENESS in (event.message or ""):
            found[f"{event.involved_object.namespace}/{event.involved_object.name}"] = (
                f"{event.count or 1} times, last {last:%H:%M:%S}: {event.message[:160]}"
            )
    return found


def restarts(cluster: Cluster) -> dict[tuple[str, str], tuple[str, int]]:
    """How each container last ended, and its restart count, by its pod's UID and its name."""
    return {
        (pod.metadata.uid, status.name): (
            f"{status.name} of {pod.metadata.name} {ending(status)}",
            status.restart_count,
        )
        for pod in platform_pods(cluster)
        for status in (*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or []))
    }


def ending(status: Any) -> str:
    """How a container last ended; empty if it never did."""
    last = status.last_state.terminated if status.last_state else None
    return f"({last.reason}, exit code {last.exit_code})" if last else ""


def started_again(
    before: dict[tuple[str, str], tuple[str, int]], now: dict[tuple[str, str], tuple[str, int]]
) -> list[str]:
    """The containers that restarted between two observations; new and deleted pods do not count."""
    return [title for key, (title, count) in now.items() if key in before and count > before[key][1]]


def held_back(cluster: Cluster) -> dict[str, str]:
    """Pods whose containers the kubelet held back from a restart within the last minute, with the event's text."""
    lately = datetime.datetime.now(datetime.UTC) - LATELY
    there = {pod.metadata.uid for pod in platform_pods(cluster)}
    return {
        f"{event.involved_object.namespace}/{event.involved_object.name}": str(event.message)[:160]
        for event in cluster.core.list_event_for_all_namespaces(field_selector="reason=BackOff").items
        if event.involved_object.uid in there
        and RESTARTING in (event.message or "")
        and (last := event.last_timestamp or event.event_time)
        and last > lately
    }


def none_restarts(cluster: Cluster, before: dict[tuple[str, str], tuple[str, int]]) -> None:
    """Raise AssertionError once a container restarts, since `before` or while it is watched."""

    def none() -> bool:
        found = started_again(before, restarts(cluster))
        assert not found, f"these containers restarted: {', '.join(found)}"
        return True

    hint = "kubectl get pods -A; kubectl logs --previous"
    consistently(none, during=WATCHED, every=2, what="no container crashing", hint=hint)


def read_logs(cluster: Cluster) -> tuple[dict[str, str], int]:
    """Pods whose log cannot be read, with the reason, and the number of containers whose log can.

    Only running, ready pods count. The API server asks the kubelet of each pod's node.
    """
    unread: dict[str, str] = {}
    read, silent = 0, set()
    for pod in platform_pods(cluster):
        if pod.status.phase != "Running" or pod.metadata.deletion_timestamp or not is_ready(pod):
            continue
        if pod.spec.node_name in silent:
            # A kubelet that does not answer costs a time-out for each pod.
            continue
        for container in pod.spec.containers:
            place = (pod.metadata.name, pod.metadata.namespace)
            try:
                cluster.core.read_namespaced_pod_log(*place, container=container.name, tail_lines=1)
                read += 1
            except ApiException as error:
                # A pod that was deleted meanwhile does not count.
                if error.status != 404:
                    unread[f"{pod.metadata.namespace}/{pod.metadata.name} on {pod.spec.node_name}"] = str(error.reason)
                    silent.add(pod.spec.node_name)
    return unread, read


def wait_written(namespace: Namespace, name: str) -> int:
    """Wait until a pod has written all its numbered lines; return their number."""

    def written() -> int:
        text = str(namespace.cluster.core.read_namespaced_pod_log(name, namespace.name, tail_lines=1)).strip()
        _, number, _, count = text.split() if text.count(" ") == 3 else ("", "", "", "all")
        assert number == count, f"its last line so far is {text!r}"
        return int(count)

    hint = f"kubectl -n {namespace.name} logs {name} --tail=1"
    return eventually(written, within=LOGS_READABLE, what=f"{name} to have written all its lines", hint=hint)


def last_lines(written: int, count: int) -> list[str]:
    """The last `count` of `written` numbered lines."""
    return [f"line {number} of {written}" for number in range(written - count + 1, written + 1)]


def lines_stay(namespace: Namespace, names: Iterable[str], written: int, count: int) -> None:
    """Raise AssertionError unless the last `count` lines that pods wrote stay readable for a while.

    The kubelet checks every ten seconds whether a log is too long, and then rotates it, which hides the old lines.
    """
    wanted = last_lines(written, count)

    def all_there() -> bool:
        for name in names:
            text = namespace.cluster.core.read_namespaced_pod_log(name, namespace.name, tail_lines=count)
            seen = str(text).splitlines()
            assert seen == wanted, f"{len(seen)} lines of {name}, from {seen[:1]} to {seen[-1:]}"
        return True

    what = f"the last {count} of {written} lines of each pod"
    consistently(all_there, during=KUBELET_LOOKS, what=what, hint="kubectl get --raw /api/v1/nodes/NAME/proxy/configz")


def longest_log(cluster: Cluster, node: str) -> int:
    """The size in bytes at which a node's kubelet rotates a container's log, from the kubelet's own configuration.

    kubectl reads the newest file only: after each rotation the last 1000 lines are unavailable for a while.
    """
    said = as_json(cluster.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/configz"))
    return int(parse_quantity(said["kubeletconfig"].get("containerLogMaxSize", "10Mi")))


def used_nodes(cluster: Cluster, names: Iterable[str]) -> dict[str, str]:
    """The nodes' resource usage, from `kubectl top`. Raises AssertionError naming the nodes without metrics."""
    rows = cluster.kubectl("top", "nodes", "--no-headers").splitlines()
    listed = dict(row.split(None, 1) for row in rows)
    # A node without metrics yet is listed with <unknown>.
    missing = [name for name in names if "<unknown>" in listed.get(name, "<unknown>")]
    assert listed and not missing, f"kubectl top shows no metrics of the nodes {missing}"
    return listed


def used_as_running(cluster: Cluster) -> str:
    """The pods' resource usage, from `kubectl top`. Raises AssertionError naming pods without metrics for too long."""
    text = cluster.kubectl("top", "pods", "--all-namespaces", "--no-headers")
    rows = [line.split() for line in text.splitlines()]
    shown = {(row[0], row[1]) for row in rows if "<unknown>" not in row}
    since = datetime.datetime.now(datetime.UTC) - MEASURED_AFTER
    missing = [
        f"{pod.metadata.namespace}/{pod.metadata.name}"
        for pod in platform_pods(cluster)
        if is_ready(pod) and pod.status.start_time < since and (pod.metadata.namespace, pod.metadata.name) not in shown
    ]
    assert shown and not missing, f"kubectl top shows no metrics of the pods {missing or '(none is shown)'}"
    return text
