"""Copies of services that can reach neither database nor cache."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services.isolated_copies import AWAY, READY, copy_of, needing, state

PROBE = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5}
TEMPLATE = {
    "metadata": {"labels": {"app": "backend-service"}},
    "spec": {
        "serviceAccountName": "backend-service",
        "topologySpreadConstraints": [{"maxSkew": 1}],
        "securityContext": {"runAsNonRoot": True},
        "containers": [
            {
                "name": "backend",
                "image": "backend:1",
                "envFrom": [{"configMapRef": {"name": "backend-config"}}],
                "env": [
                    {"name": "PORT", "value": "4000"},
                    {"name": "JWT_SECRET", "valueFrom": {"secretKeyRef": {"name": "jwt-secret", "key": "JWT_SECRET"}}},
                    {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "d", "key": "DATABASE_URL"}}},
                    {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "backend-config", "key": "NODE_ENV"}}},
                ],
                "resources": {"requests": {"cpu": "250m"}, "limits": {"memory": "1Gi"}},
                "readinessProbe": PROBE,
                "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
            }
        ],
    },
}


def test_a_copy_is_probed_as_the_service_and_has_none_of_its_secrets():
    spec = copy_of(TEMPLATE, {"backend-config": {"NODE_ENV": "production"}}, "copy")["spec"]
    (container,) = spec["containers"]
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert variables.pop("JWT_SECRET") not in (None, "")
    where = {"DATABASE_URL": AWAY["DATABASE_URL"]}
    assert variables == {"NODE_ENV": "production", "PORT": "4000", "MODE": "production", **where}
    assert (container["readinessProbe"], container["image"]) == (PROBE, "backend:1")
    assert spec["securityContext"] == {"runAsNonRoot": True}
    assert not {"serviceAccountName", "topologySpreadConstraints"} & {*spec} and "lifecycle" not in container
    assert container["resources"]["requests"]["cpu"] == "5m"


def a_deployment(*names):
    container = Thing(env=[Thing(name=name) for name in names] or None)
    return Thing(spec=Thing(template=Thing(spec=Thing(containers=[container]))))


def test_who_needs_neither_database_nor_cache_is_left_out():
    auth, backend, frontend = a_deployment("DATABASE_URL", "REDIS_URL"), a_deployment("DATABASE_URL"), a_deployment()
    assert needing([auth, backend, frontend]) == [auth, backend]
    with pytest.raises(AssertionError, match="DATABASE_URL"):
        needing([frontend])


def a_namespace(*messages, ready=False, restarts=0, count=None):
    running = Thing(state=Thing(waiting=None, terminated=None), ready=ready, restart_count=restarts)
    conditions = [Thing(type="Ready", status=str(ready), message=None)]
    pod = Thing(
        status=Thing(phase="Running", init_container_statuses=None, container_statuses=[running], conditions=conditions)
    )
    events = [Thing(message=message, count=count) for message in messages]
    core = Thing(list_namespaced_event=lambda *_, **__: Thing(items=events))
    return Thing(name="scenario-1", cluster=Thing(core=core), pod=lambda _: pod)


REFUSED = "Readiness probe failed: HTTP probe failed with statuscode: 503"
STARTS = "Startup probe failed: connection refused"


def test_a_copy_that_is_ready_though_it_reaches_nothing_is_told():
    assert state(a_namespace(ready=True), "copy") == READY


@pytest.mark.parametrize(
    "namespace", [a_namespace(REFUSED, count=2), a_namespace(STARTS, count=15), a_namespace(restarts=1)]
)
def test_a_copy_whose_probe_fails_or_that_ends_is_not_ready(namespace):
    assert state(namespace, "copy").startswith("is Running (running, not ready)")


@pytest.mark.parametrize("namespace", [a_namespace(), a_namespace(REFUSED), a_namespace(STARTS, count=14)])
def test_before_it_was_probed_nothing_is_said(namespace):
    with pytest.raises(AssertionError, match="not ready"):
        state(namespace, "copy")
