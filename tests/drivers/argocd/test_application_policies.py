"""Checks of the platform's Applications: each finds its fault, and finds none in our manifests."""

import pytest
import yaml
from manifest_changes import BACKEND, changed
from tests_support import kustomized

from acceptance.base.paths import ROOT
from acceptance.cluster.manifests import HOOK
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.argocd import argocd_settings, sync_options, sync_retries
from acceptance.drivers.argocd.application_policies import PATHS, SKIP
from acceptance.drivers.workloads import workload_health

APPLICATIONS = [
    yaml.safe_load(path.read_text())
    for path in sorted((ROOT / "k8s" / "argocd" / "applications" / "base").glob("*.yaml"))
    if path.name != "kustomization.yaml"
]
PROBE = "spec/template/spec/containers/0/readinessProbe"


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda item: item["metadata"]["name"])
def test_the_applications_are_as_they_should_be(application):
    judges = (policies.needs_a_hand, policies.leaves_out, policies.forgets, sync_retries.has_no_end)
    assert [judge(application) for judge in (*judges, sync_retries.gives_up_at_once)] == [""] * 5


@pytest.mark.parametrize(
    ("judge", "path", "value"),
    [
        (policies.needs_a_hand, "spec/syncPolicy/automated", None),
        (policies.needs_a_hand, "spec/syncPolicy/automated/enabled", False),
        (policies.needs_a_hand, "spec/syncPolicy/automated/prune", False),
        (policies.needs_a_hand, "spec/syncPolicy/automated/selfHeal", None),
        (policies.leaves_out, "spec/source/targetRevision", "v1.2.3"),
        (policies.leaves_out, "spec/ignoreDifferences", [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]),
        (policies.leaves_out, f"metadata/annotations#{SKIP}", "true"),
        (policies.forgets, "spec/revisionHistoryLimit", 0),
        (policies.forgets, "spec/revisionHistoryLimit", 2),
        (sync_retries.has_no_end, "spec/syncPolicy/retry/limit", -1),
        (
            sync_retries.has_no_end,
            "spec/syncPolicy/retry",
            {"limit": 5, "backoff": {"duration": "2h", "maxDuration": "24h"}},
        ),
        (
            sync_retries.has_no_end,
            "spec/syncPolicy/retry",
            {"limit": 1, "backoff": {"duration": "1900", "maxDuration": "1d"}},
        ),
        (sync_retries.has_no_end, "spec/syncPolicy/retry/limit", 50),
        (sync_retries.gives_up_at_once, "spec/syncPolicy/retry/limit", 0),
        (sync_retries.gives_up_at_once, "spec/syncPolicy/retry", {"backoff": {"duration": "5s"}}),
        (sync_retries.gives_up_at_once, "spec/syncPolicy/retry", {}),
        (policies.needs_a_hand, "spec/syncPolicy/syncOptions", ["Prune=false"]),
        (policies.needs_a_hand, "spec/syncPolicy/syncOptions", ["PruneLast=true", "PrunePropagationPolicy=orphan"]),
        (policies.leaves_out, "spec/source/kustomize", {"images": ["alternate-futures/auth:old"]}),
        (policies.leaves_out, f"metadata/annotations#{PATHS}", "/docs"),
        (sync_options.is_forced, "spec/syncPolicy/syncOptions", ["Force=true"]),
        (policies.leaves_out, "spec/syncPolicy/syncOptions", ["Validate=false"]),
        (sync_options.may_be_emptied, "spec/syncPolicy/automated/allowEmpty", True),
    ],
)
def test_a_careless_change_of_an_application_is_found(judge, path, value):
    above, _, key = path.partition("#")
    bad = changed(APPLICATIONS[0], above, {key: value} if key else value)
    assert policies.troubles({"good": APPLICATIONS[0], "bad": bad}, judge).keys() == {"bad"}


@pytest.mark.parametrize(
    ("judge", "path", "value"),
    [
        (workload_health.never_fails, PROBE, None),
        (workload_health.never_fails, "spec/progressDeadlineSeconds", 2147483647),
        (
            workload_health.never_fails,
            "spec/template/spec/containers/0/readinessProbe",
            {"exec": {"command": ["true"]}},
        ),
        (workload_health.never_fails, PROBE, {"exec": {"command": ["redis-cli", "ping"]}}),
        (workload_health.never_fails, PROBE, {"exec": {"command": ["redis-cli", "--version"]}}),
        (workload_health.never_fails, PROBE, {"httpGet": {"path": "/liveness", "port": 8008}}),
        (workload_health.never_fails, PROBE, {"httpGet": {"path": "/livez/", "port": 8008}}),
        (workload_health.never_fails, PROBE, {"httpGet": {"path": "/livez?x", "port": 8008}}),
        (workload_health.never_fails, PROBE, {"httpGet": {"path": "/", "port": 3000, "host": "10.96.0.1"}}),
        (workload_health.never_fails, PROBE, {"httpGet": {"path": "/", "port": 3000, "host": "127.0.0.1"}}),
        (workload_health.never_fails, PROBE, {"tcpSocket": {"port": "http"}}),
        (workload_health.never_fails, f"{PROBE}/failureThreshold", 1000),
        (workload_health.never_fails, f"{PROBE}/timeoutSeconds", 300),
        (workload_health.never_fails, "spec/paused", True),
        (workload_health.never_fails, "metadata/annotations", {workload_health.IGNORED: "true"}),
        (workload_health.stays_in_service, f"{PROBE}/periodSeconds", 40),
        (workload_health.stays_in_service, f"{PROBE}/failureThreshold", 7),
        (workload_health.stays_in_service, f"{PROBE}/timeoutSeconds", 16),
        (policies.cannot_be_undone, "spec/paused", True),
        (policies.loses_requests, "spec/strategy", {"type": "Recreate"}),
        (policies.loses_requests, "spec/strategy/rollingUpdate/maxUnavailable", "100%"),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle", None),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle/preStop", {"exec": {"command": ["true"]}}),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle/preStop", {"sleep": {"seconds": 1}}),
        (policies.loses_requests, "spec/template/spec/terminationGracePeriodSeconds", 1),
        (policies.loses_requests, "spec/template/spec/terminationGracePeriodSeconds", 6),
        (policies.loses_requests, "spec/template/spec/terminationGracePeriodSeconds", 19),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle/preStop", {"sleep": {"seconds": 20}}),
    ],
)
def test_a_careless_change_of_a_deployment_is_found(judge, path, value):
    assert not judge(BACKEND)
    assert judge(changed(BACKEND, path, value))


@pytest.mark.parametrize(
    ("path", "is_blind"),
    [("/readiness", False), ("/replica?lag=16MB", False), ("/health", True), ("/", True), ("/liveness", True)],
)
def test_patroni_is_asked_whether_a_member_leads_or_follows(path, is_blind):
    (members,) = [item for item in kustomized("database/overlays/kind") if item["kind"] == "StatefulSet"]
    found = workload_health.never_fails(changed(members, f"{PROBE}/httpGet/path", path))
    assert ("only shows that the process is alive" in found) is is_blind


@pytest.mark.parametrize("share", ["25%", "0%", 0, None])
def test_a_share_that_is_rounded_down_to_no_pod_loses_nothing(share):
    assert not policies.loses_requests(changed(BACKEND, "spec/strategy/rollingUpdate/maxUnavailable", share))


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        ("redis-cli ping | grep -q PONG", True),
        ("redis-cli -e ping", True),
        ("redis-cli ping", False),
        ("redis-cli ping | grep -q PONG || true", False),
        ("redis-cli -e ping | cat", False),
        ("redis-cli -e ping|tee /tmp/ping", False),
        ("redis-cli -e ping &", False),
        ("redis-cli -e ping& wait", False),
        ("redis-cli -e ping; exit 0", False),
        ("redis-cli ping | grep PONG | wc -l", False),
        ("redis-cli ping 2>&1 | grep -q 'PONG'", True),
        ("redis-cli ping | tr -d '\\r' | grep -q PONG", True),
        ("set -e; redis-cli -e ping", True),
        ("set -o pipefail; redis-cli -e ping | cat", True),
        ("redis-cli -e ping && echo yes", True),
        ("pg_isready --quiet >/dev/null 2>&1;", True),
        ("psql -c 'select 1;'", True),
        ("redis-cli -e ping '", True),
        ("", False),
    ],
)
def test_a_probe_of_a_shell_is_read(script, asks):
    probe = changed(BACKEND, PROBE, {"exec": {"command": ["sh", "-c", script]}})
    assert bool(workload_health.never_fails(probe)) is not asks


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        ("curl -f http://127.0.0.1:4000/health", True),
        ("curl -fsS --max-time 2 http://localhost:4000/health", True),
        ("curl --silent --fail --output /dev/null localhost:4000/health", True),
        ("curl -f http://[::1]:4000/", True),
        ("wget -q --spider http://127.0.0.1:4000/health", True),
        ("wget -qO- localhost:4000/health >/dev/null", True),
        ("curl -f http://127.0.0.1:4000/health && curl -f http://127.0.0.1:4000/graphql", True),
        ("curl -f http://localhost:4000/health || exit 1", True),
        ("curl -f http://localhost:4000/health || exit 0", False),
        ("curl -s http://localhost:4000/health || exit 1", False),
        ("curl -s http://127.0.0.1:4000/health", False),
        ("curl --output f http://127.0.0.1:4000/health", False),
        ("curl -f http://127.0.0.1:4000/live", False),
        ("curl -f 'http://127.0.0.1:4000/live?by=kubelet'", False),
        ("curl -f http://other:4000/health", False),
        ("wget -q http://127.0.0.1:4000/health || true", False),
        ("wget -qO- http://127.0.0.1:4000/health | cat", False),
        ("curl -f http://127.0.0.1:4000/health; true", False),
        ("echo curl -f http://127.0.0.1:4000/health", False),
        ("curl --fail --version", False),
        ("wget --help", False),
    ],
)
def test_a_probe_by_an_http_client_is_read(script, asks):
    probe = {"exec": {"command": ["sh", "-c", script]}}
    assert bool(workload_health.never_fails(changed(BACKEND, PROBE, probe))) is not asks
    if not any(word in script for word in ("&", "|", ";", "'", ">")):
        probe = {"exec": {"command": script.split()}}
        assert bool(workload_health.never_fails(changed(BACKEND, PROBE, probe))) is not asks


@pytest.mark.parametrize("command", [["timeout", "3", "redis-cli", "-e", "ping"], ["psql", "-c", "select 1; select 2"]])
def test_a_probe_without_a_shell_is_read(command):
    assert not workload_health.never_fails(changed(BACKEND, PROBE, {"exec": {"command": command}}))


def test_a_pod_in_its_machines_network_may_be_asked_there():
    probe = changed(BACKEND, PROBE, {"httpGet": {"path": "/", "port": 3000, "host": "127.0.0.1"}})
    assert not workload_health.never_fails(changed(probe, "spec/template/spec/hostNetwork", True))


def test_a_pod_that_may_finish_what_it_has_begun_loses_nothing():
    assert not policies.loses_requests(changed(BACKEND, "spec/template/spec/terminationGracePeriodSeconds", 20))


SIDECAR = {"name": "metrics", "ports": [{"name": "metrics", "containerPort": 9100}]}


def sleeping(script):
    return {"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", script]}}}}


@pytest.mark.parametrize(
    ("script", "loses"),
    [
        ("sleep 5", False),
        ("sleep 5 && kill 1", False),
        ("sleep 5 2>&1; true", False),
        ("sleep 5 & wait", False),
        ("echo; sleep 5\nkill 1 &", False),
        ("sleep 5 &", True),
        ("(sleep 5) & true", True),
        ("sleep 5 >/dev/null 2>&1 &", True),
    ],
)
def test_a_sleep_in_the_background_delays_nothing(script, loses):
    hook = sleeping(script)["lifecycle"]
    assert bool(policies.loses_requests(changed(BACKEND, "spec/template/spec/containers/0/lifecycle", hook))) is loses


@pytest.mark.parametrize(
    ("command", "loses"),
    [
        (["sleep", "5"], False),
        (["/bin/sleep", "5"], False),
        (["busybox", "sh", "-c", "sleep 5"], False),
        (["/bin/bash", "-ec", "sleep 5"], False),
        (["bash", "-o", "pipefail", "-c", "-e", "sleep 5; kill 1"], False),
        (["sleep 5"], True),
        (["sleep 5", "&&", "kill 1"], True),
        (["sh", "sleep 5"], True),
        (["sh", "-c", "sleep", "5"], True),
        (["sh", "-c"], True),
        ([], True),
    ],
)
def test_a_pause_that_cannot_run_is_none(command, loses):
    hook = {"preStop": {"exec": {"command": command}}}
    assert bool(policies.loses_requests(changed(BACKEND, "spec/template/spec/containers/0/lifecycle", hook))) is loses


def test_the_container_that_serves_has_to_stay():
    (main,) = BACKEND["spec"]["template"]["spec"]["containers"]
    service = {"spec": {"selector": {"app": "backend-service"}, "ports": [{"port": 4000, "targetPort": "http"}]}}
    path, gone = "spec/template/spec/containers", {**main, "lifecycle": None}
    assert not policies.loses_requests(changed(BACKEND, path, [main, SIDECAR]), [service])
    assert policies.loses_requests(changed(BACKEND, path, [gone, SIDECAR | sleeping("sleep 5")]), [service])
    assert policies.loses_requests(changed(BACKEND, path, [gone, SIDECAR | sleeping("sleep 5")]))


def test_a_deployment_without_a_strategy_is_judged():
    bare = changed(BACKEND, "spec/strategy", None)
    assert not policies.loses_requests(bare)
    assert policies.loses_requests(changed(bare, "spec/template/spec/containers/0/lifecycle", None))
    assert not policies.loses_requests({"spec": {"updateStrategy": {}}})


def test_retries_that_nobody_set_are_argocds_own():
    assert not sync_retries.gives_up_at_once(changed(APPLICATIONS[0], "spec/syncPolicy/retry", None))


def test_nothing_to_judge_is_no_pass():
    with pytest.raises(AssertionError, match="saw none"):
        policies.troubles({}, policies.forgets)


def test_what_argocd_leaves_out_or_calls_healthy_is_found():
    upstream = "- {apiGroups: [''], kinds: [Endpoints]}\n"
    released = {"data": {"resource.exclusions": upstream, "url": "https://argocd"}}
    assert not argocd_settings.hides(released) and not argocd_settings.excuses(released)
    for key, value in {
        "resource.exclusions": f"{upstream}- {{apiGroups: ['apps'], kinds: [Deployment]}}\n",
        "resource.customizations.ignoreDifferences.all": "jsonPointers: [/spec]",
        "resource.customizations": "apps/StatefulSet: {health.lua: x}",
        "resource.inclusions": "- {apiGroups: ['apps']}",
    }.items():
        assert argocd_settings.hides({"data": {key: value}})
    assert argocd_settings.hides({"data": {"resource.exclusions": "- {apiGroups: ['*'], kinds: ['Stateful*']}"}})
    assert argocd_settings.excuses(
        {"data": {"resource.customizations.health.apps_Deployment": "return {status = 'Healthy'}"}}
    )


def test_settings_by_which_argocd_sees_no_pods_are_found():
    assert not argocd_settings.hides_pods({"data": {"resource.exclusions": "- {kinds: [Endpoints]}"}})
    for kinds in ("kinds: [Endpoints, Pod]", "kinds: ['*']", "apiGroups: ['']"):
        assert argocd_settings.hides_pods({"data": {"resource.exclusions": f"- {{{kinds}}}"}})
    assert argocd_settings.excuses({"data": {"resource.customizations": "apps/StatefulSet: {health.lua: x}"}})


def test_an_application_that_follows_another_folder_is_found():
    name = APPLICATIONS[0]["metadata"]["name"]
    assert policies.other_sources({name: APPLICATIONS[0]}, APPLICATIONS) == {}
    other = changed(APPLICATIONS[0], "spec/source/path", "k8s/redis/overlays/production")
    assert policies.other_sources({name: other}, APPLICATIONS).keys() == {name}


def records(*numbers):
    """The records of syncs with these numbers."""
    return [{"id": number, "revision": "abc", "deployedAt": "2026-01-01T00:00:00Z"} for number in numbers]


SYNCED = {
    "history": [{"revision": "abc", "deployedAt": "2026-01-01T00:00:00Z"}],
    "operationState": {"phase": "Succeeded", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:00Z"},
}


@pytest.mark.parametrize(
    ("path", "value", "is_told"),
    [
        ("history", SYNCED["history"], False),
        ("history", None, True),
        ("history", records(0, 1, 2), False),
        ("history", records(7, 8, 9), False),
        ("history", records(12), True),
        ("history", records(1, 2), True),
        ("history", records(3, 5, 6), True),
        ("history", [{"id": 0}, *records(1)], True),
        ("operationState/finishedAt", None, True),
        ("operationState", {"phase": "Running", "startedAt": "2026-01-01T00:00:00Z"}, False),
        ("operationState", None, True),
    ],
)
def test_records_that_were_lost_are_found(path, value, is_told):
    assert bool(policies.has_lost_records({"status": changed(SYNCED, path, value)})) is is_told


@pytest.mark.parametrize(
    ("judge", "annotations"),
    [
        (sync_options.is_skipped, {HOOK: "Skip"}),
        (sync_options.is_skipped, {HOOK: "PreSync"}),
        (sync_options.stays, {sync_options.SYNC: "ServerSideApply=true, Prune=false"}),
        (sync_options.stays, {sync_options.COMPARE: "IgnoreExtraneous"}),
        (sync_options.is_forced, {sync_options.SYNC: "Force=true,Replace=true"}),
        (sync_options.is_not_as_in_git, {sync_options.SYNC: "Validate=false"}),
        (sync_options.is_not_as_in_git, {HOOK: "Skip"}),
    ],
)
def test_an_object_that_asks_to_be_treated_otherwise_is_found(judge, annotations):
    assert judge(changed(BACKEND, "metadata/annotations", annotations))
    assert not judge(changed(BACKEND, "metadata/annotations", {sync_options.SYNC: "PruneLast=true"}))
    job = {"kind": "Job", "metadata": {"annotations": {HOOK: "PostSync"}}}
    assert not judge(job)


def test_a_project_with_times_at_which_nothing_is_synced_is_found():
    assert not policies.has_windows({"spec": {}})
    assert policies.has_windows({"spec": {"syncWindows": [{"kind": "deny", "schedule": "* * * * *"}]}})


@pytest.mark.parametrize(
    ("retry", "seconds"),
    [
        ({}, 0),
        ({"limit": 2, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "1m"}}, 15),
        ({"limit": 5}, 155),
        ({"limit": 3, "backoff": {"duration": "500ms", "factor": 1, "maxDuration": "3m"}}, 1.5),
        ({"limit": 3, "backoff": {"duration": "2h", "maxDuration": "1m30s"}}, 270),
    ],
)
def test_the_time_between_tries_is_what_argo_cd_waits(retry, seconds):
    assert sync_retries.waited(retry) == seconds


@pytest.mark.parametrize(
    ("more", "kind", "stays"),
    [
        ({"strategy": {}}, None, True),
        ({}, "Deployment", True),
        ({"updateStrategy": {}}, None, False),
        ({}, "StatefulSet", False),
    ],
)
def test_the_pods_of_deployments_are_taken_out_soon(more, kind, stays):
    containers = [{"name": "a", "readinessProbe": {"periodSeconds": 40}}]
    workload = {"spec": {**more, "template": {"spec": {"containers": containers}}}} | ({"kind": kind} if kind else {})
    assert bool(workload_health.stays_in_service(workload)) is stays
    containers[0]["readinessProbe"] = {"httpGet": {"path": "/ready"}}
    assert not workload_health.stays_in_service(workload)


SERVICE = {"spec": {"selector": {"app": "backend-service"}, "ports": [{"port": 4000, "targetPort": "http"}]}}


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"name": "proxy"}, ""),
        ({"name": "proxy", "ports": [{"name": "http", "containerPort": 8080}]}, "proxy has no readiness probe"),
        ({"name": "proxy", "readinessProbe": {"exec": {"command": ["true"]}}}, "proxy has a readiness probe that does"),
    ],
)
def test_a_sidecar_that_serves_nothing_needs_no_probe(container, said):
    containers = BACKEND["spec"]["template"]["spec"]["containers"]
    workload = changed(BACKEND, "spec/template/spec/containers", [*containers, container])
    found = workload_health.never_fails(workload, [SERVICE])
    assert said in found and bool(found) is bool(said)
