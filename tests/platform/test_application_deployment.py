"""How an Application comes up: what is waited for, what is accepted, and what is reported of a failed one."""

import datetime
import time
from types import SimpleNamespace
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.environment import load_environment
from acceptance.platform import application_deployment
from acceptance.platform.application_status import REFRESH
from acceptance.platform.platform import Blocked


@pytest.fixture
def application(monkeypatch):
    """An Application whose sync failed; the pods that are ready, of two workloads, can be set."""

    def with_ready(*ready, annotations=None):
        deployments, sets = ([SimpleNamespace(status=SimpleNamespace(ready_replicas=n)) for n in ns] for ns in ready)
        status = {
            "sync": {"status": "Synced"}, "health": {"status": "Healthy"},
            "operationState": {"phase": "Failed", "message": "the hook failed"},
        }  # fmt: skip
        apps = SimpleNamespace(
            list_namespaced_deployment=lambda *_, **__: SimpleNamespace(items=deployments),
            list_namespaced_stateful_set=lambda *_, **__: SimpleNamespace(items=sets),
        )
        state = SimpleNamespace(waiting=None, terminated=None)
        container = SimpleNamespace(state=state, ready=False)
        pod = SimpleNamespace(
            metadata=SimpleNamespace(name="a-pod", namespace="default"),
            spec=SimpleNamespace(node_name="a-worker"),
            status=SimpleNamespace(
                phase="Running", conditions=[], init_container_statuses=None, container_statuses=[container]
            ),
        )
        warnings = [
            SimpleNamespace(message=text, metadata=SimpleNamespace(resource_version=version))
            for text, version in [("HTTP probe failed with statuscode: 404", "10"), ("not scheduled", "9")]
        ]
        core = SimpleNamespace(
            list_namespaced_pod=lambda *_, **__: SimpleNamespace(items=[pod]),
            list_namespaced_event=lambda *_, **__: SimpleNamespace(items=warnings),
            read_namespaced_pod_log=lambda *_, **__: "waiting for the database\nstill waiting\n",
        )
        job = SimpleNamespace(metadata=SimpleNamespace(name="init"), status=SimpleNamespace(conditions=None, active=1))
        batch = SimpleNamespace(list_namespaced_job=lambda *_, **__: SimpleNamespace(items=[job]))
        found = {"metadata": {"annotations": annotations or {}}, "status": status}
        custom = SimpleNamespace(get_namespaced_custom_object=lambda *_: found)
        monkeypatch.setattr(application_deployment, "COMPONENT_READY", Deadline(0.3, "this test"))
        environment = SimpleNamespace(is_long_lived=False)
        cluster = SimpleNamespace(apps=apps, batch=batch, core=core, custom=custom)
        return SimpleNamespace(cluster=cluster, environment=environment)

    return with_ready


def test_an_application_that_serves_is_judged_although_its_sync_failed(monkeypatch, application):
    said = []
    monkeypatch.setattr(application_deployment, "say", said.append)
    application_deployment.wait_deployed(application([2], [1]), "database")
    assert said == ["  continuing with database although it is Synced/Healthy/Failed the hook failed"]


@pytest.mark.parametrize("ready", [([2], [None]), ([0], []), ([], [])])
def test_one_of_which_nothing_serves_is_not_there(application, ready):
    said = r"blocked by database: .*saw Synced/Healthy/Failed the hook failed .*; kubectl get pods; a-pod is Running"
    with pytest.raises(Blocked, match=said + r" \(running, not ready\): HTTP probe failed with statuscode: 404$"):
        application_deployment.wait_deployed(application(*ready), "database")


def test_what_an_application_said_before_argocd_looked_again_is_not_taken(monkeypatch, application):
    said = []
    monkeypatch.setattr(application_deployment, "say", said.append)
    application_deployment.wait_deployed(application([2], [1], annotations={REFRESH: "normal"}), "database")
    assert "Argo CD has not polled Git yet" in said[0]


def test_a_sync_that_does_not_end_says_what_its_jobs_do(application):
    pod = "its pod a-pod on a-worker is Running (running, not ready): waiting for the database | still waiting"
    assert application_deployment.jobs(application([2], [1]), "database") == ["Job init: 1 active", pod]


@pytest.mark.parametrize(("ago", "anew"), [(None, False), (5, False), (60, True)])
def test_a_sync_that_missed_the_end_of_its_job_is_begun_anew(monkeypatch, application, ago, anew):
    ended = ago and datetime.datetime.fromtimestamp(time.time() - ago, datetime.UTC)
    job = SimpleNamespace(metadata=SimpleNamespace(name="init"), status=SimpleNamespace(completion_time=ended))
    stuck, patches = application([2], [1]), []
    stuck.cluster.batch.list_namespaced_job = lambda *_, **__: SimpleNamespace(items=[job])
    stuck.cluster.custom.patch_namespaced_custom_object = lambda *parts: patches.append(parts[-1])
    monkeypatch.setattr(application_deployment, "say", lambda text: None)
    state = {"phase": "Running", "message": "waiting for completion of hook batch/Job/init"}
    application_deployment.begin_anew_if_stuck(stuck, "database", {"operationState": state})
    assert [*map(list, patches)] == ([["status"], ["operation"]] if anew else [])


@pytest.mark.parametrize(("environment", "seconds"), [("production", 900), ("kind", 300)])
def test_a_first_deployment_on_machines_has_the_time_that_the_plan_gives_the_database(
    environment, seconds, monkeypatch
):
    given = []
    monkeypatch.setattr(application_deployment, "eventually", lambda check, within, **_: given.append(within.seconds))
    application_deployment.wait_deployed(Thing(environment=load_environment(environment)), "database")
    assert given == [seconds]
