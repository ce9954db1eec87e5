"""The evidence of a failure from the cluster, read from a minimal API."""

import datetime
from types import SimpleNamespace

from kubernetes import client
from kubernetes.client import ApiException

from acceptance.cluster.diagnostics import LOG_LINES, diagnostics

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


def pod(namespace, name, *, app="", ready=True):
    conditions = [client.V1PodCondition(type="Ready", status=str(ready))]
    return client.V1Pod(
        metadata=client.V1ObjectMeta(namespace=namespace, name=name, labels={"app": app}),
        spec=client.V1PodSpec(containers=[client.V1Container(name="one")], node_name="worker"),
        status=client.V1PodStatus(phase="Running", conditions=conditions),
    )


def event(reason, *, last=None, first=None):
    return SimpleNamespace(
        last_timestamp=last, event_time=first, metadata=SimpleNamespace(creation_timestamp=NOW), type="Warning",
        involved_object=SimpleNamespace(kind="Pod", name="it"), reason=reason, message="",
    )  # fmt: skip


class Core:
    """Pods, events and logs."""

    def __init__(self, pods, events=()):
        self.pods, self.events = pods, events

    def list_pod_for_all_namespaces(self, **_):
        return SimpleNamespace(items=self.pods)

    def list_event_for_all_namespaces(self, **_):
        return SimpleNamespace(items=self.events)

    def read_namespaced_pod_log(self, name, namespace, *, tail_lines, **_):
        if name == "starting":
            raise ApiException(status=400, reason="Bad Request")
        return f"{tail_lines} lines of {namespace}/{name}"


def logs(pods, reason):
    found = diagnostics(SimpleNamespace(core=Core(pods)), NOW.timestamp(), reason)
    return {title.removeprefix("log of "): text for title, text in found.items() if title.startswith("log of ")}


def test_logs_are_those_of_pods_that_the_hint_names_of_scenarios_and_of_what_is_not_ready():
    pods = [
        pod("argocd", "argocd-server"), pod("default", "auth-1", app="auth-service"), pod("default", "backend-1"),
        pod("default", "starting", ready=False), pod("scenario-1", "server"), pod("traefik", "traefik-1"),
    ]  # fmt: skip
    seen = logs(pods, "no certificate. Try: kubectl -n traefik logs deploy/traefik; kubectl logs -l app=auth-service")
    assert list(seen)[:2] == ["default/auth-1", "traefik/traefik-1"]
    assert seen["traefik/traefik-1"] == f"{5 * LOG_LINES} lines of traefik/traefik-1"
    assert seen["scenario-1/server"] == f"{LOG_LINES} lines of scenario-1/server"
    # One that has none yet says so, and keeps none of the others from being read.
    assert "400" in seen["default/starting"]
    assert len(seen) == 4


def test_events_are_those_since_the_scenario_began_in_their_order():
    hour, second = datetime.timedelta(hours=1), datetime.timedelta(seconds=1)
    events = [event("Second", first=NOW + second), event("Old", last=NOW - hour), event("First", last=NOW)]
    found = diagnostics(SimpleNamespace(core=Core([], events)), NOW.timestamp(), "")
    assert [line.split()[3] for line in found["events"].splitlines()] == ["First", "Second"]
