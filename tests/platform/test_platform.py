"""How components come up: what is tried again, who is blamed, and when a new kind of object may be used."""

import contextlib
import datetime
import time
from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.cluster import manifests, namespace
from acceptance.platform import applications
from acceptance.platform.application_status import REFRESH
from acceptance.platform.platform import Blocked, Component, Platform, with_needs


def conditions(*pairs):
    """A custom resource definition as the API shows it; without pairs, as it is when it was just made."""
    found = [SimpleNamespace(type=kind, status=status) for kind, status in pairs] or None
    return SimpleNamespace(status=SimpleNamespace(conditions=found))


def test_a_definition_that_has_no_conditions_yet_is_waited_for(monkeypatch):
    answers = iter([conditions(), conditions(("Established", "False")), conditions(("Established", "True"))])
    api = SimpleNamespace(read_custom_resource_definition=lambda name: next(answers))
    monkeypatch.setattr(client, "ApiextensionsV1Api", lambda _: api)
    manifests.wait_established(SimpleNamespace(api=None), ["applications.argoproj.io"])
    assert next(answers, None) is None


def test_a_command_in_a_pod_leaves_the_client_of_other_threads_alone(monkeypatch):
    shared = client.ApiClient(client.Configuration())
    used = []

    def stream(method, *_, **__):
        used.append(method.__self__.api_client)
        return SimpleNamespace(
            run_forever=lambda timeout: None,
            is_open=lambda: False,
            read_stdout=lambda: "said",
            read_stderr=lambda: "",
            returncode=0,
        )

    monkeypatch.setattr(namespace, "stream", stream)
    place = namespace.Namespace(SimpleNamespace(api=shared, core=client.CoreV1Api(shared)), "default")
    assert place.execute("pod", "true") == "said"
    assert used[0] is not shared
    assert used[0].configuration is shared.configuration


def refused(_platform):
    """A deployment that the API refuses."""
    raise UserError("unknown field spec.replica", "read the lines above")


@pytest.fixture
def platform(monkeypatch, tmp_path):
    """A platform without a cluster, for components that need none."""
    monkeypatch.setattr(Platform, "record", lambda self, name: None)
    nothing = contextlib.nullcontext
    run = SimpleNamespace(
        options=SimpleNamespace(reuse=False),
        environment=SimpleNamespace(name=tmp_path.name, is_long_lived=False),
        attaches=False,
        phase=lambda name: nothing(),
        waiting=nothing,
    )
    return Platform(run, None, None, None, {})


def test_a_component_is_deployed_again_when_the_api_was_away_and_blamed_when_it_refused(monkeypatch, platform):
    tries = []

    def away(_platform):
        tries.append(1)
        if len(tries) == 1:
            raise UserError("Error from server: etcdserver: leader changed", "read the lines above")

    monkeypatch.setitem(platform.components, "away", Component("away", away))
    monkeypatch.setitem(platform.components, "refused", Component("refused", refused))
    monkeypatch.setitem(platform.components, "above", Component("above", lambda _platform: None, needs=("refused",)))
    platform.start(["away", "above"])
    platform.wait_for("away")
    assert len(tries) == 2
    with pytest.raises(Blocked, match=r"^blocked by refused: unknown field"):
        platform.wait_for("above")


def test_a_component_stands_without_those_that_it_wants(monkeypatch, platform):
    monkeypatch.setitem(platform.components, "refused", Component("refused", refused))
    monkeypatch.setitem(platform.components, "above", Component("above", lambda _platform: None, wants=("refused",)))
    assert with_needs(["above"], platform.components) == ["refused", "above"]
    assert platform.get("above") is None
    assert platform.has_ended("refused")
    with pytest.raises(Blocked, match=r"^blocked by refused: unknown field"):
        platform.get("refused")


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
            status=SimpleNamespace(phase="Running", conditions=[], container_statuses=[container]),
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
        monkeypatch.setattr(applications, "COMPONENT_READY", Deadline(0.3, "this test"))
        environment = SimpleNamespace(is_long_lived=False)
        cluster = SimpleNamespace(apps=apps, batch=batch, core=core, custom=custom)
        return SimpleNamespace(cluster=cluster, environment=environment)

    return with_ready


def test_an_application_that_serves_is_judged_although_its_sync_failed(monkeypatch, application):
    said = []
    monkeypatch.setattr(applications, "say", said.append)
    applications.wait_deployed(application([2], [1]), "database")
    assert said == ["  continuing with database although it is Synced/Healthy/Failed the hook failed"]


@pytest.mark.parametrize("ready", [([2], [None]), ([0], []), ([], [])])
def test_one_of_which_nothing_serves_is_not_there(application, ready):
    said = r"blocked by database: .*saw Synced/Healthy/Failed the hook failed .*; kubectl get pods; a-pod is Running"
    with pytest.raises(Blocked, match=said + r" \(running, not ready\): HTTP probe failed with statuscode: 404$"):
        applications.wait_deployed(application(*ready), "database")


def test_what_an_application_said_before_argocd_looked_again_is_not_taken(monkeypatch, application):
    said = []
    monkeypatch.setattr(applications, "say", said.append)
    applications.wait_deployed(application([2], [1], annotations={REFRESH: "normal"}), "database")
    assert "Argo CD has not polled Git yet" in said[0]


def test_a_sync_that_does_not_end_says_what_its_jobs_do(application):
    pod = "its pod a-pod on a-worker is Running (running, not ready): waiting for the database | still waiting"
    assert applications.jobs(application([2], [1]), "database") == ["Job init: 1 active", pod]


@pytest.mark.parametrize(("ago", "anew"), [(None, False), (5, False), (60, True)])
def test_a_sync_that_missed_the_end_of_its_job_is_begun_anew(monkeypatch, application, ago, anew):
    ended = ago and datetime.datetime.fromtimestamp(time.time() - ago, datetime.UTC)
    job = SimpleNamespace(metadata=SimpleNamespace(name="init"), status=SimpleNamespace(completion_time=ended))
    stuck, patches = application([2], [1]), []
    stuck.cluster.batch.list_namespaced_job = lambda *_, **__: SimpleNamespace(items=[job])
    stuck.cluster.custom.patch_namespaced_custom_object = lambda *parts: patches.append(parts[-1])
    monkeypatch.setattr(applications, "say", lambda text: None)
    state = {"phase": "Running", "message": "waiting for completion of hook batch/Job/init"}
    applications.begin_anew_if_stuck(stuck, "database", {"operationState": state})
    assert [*map(list, patches)] == ([["status"], ["operation"]] if anew else [])
