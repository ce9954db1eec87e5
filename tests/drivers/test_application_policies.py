"""What is held against the platform's Applications: each judge finds a careless change, and none in what we have."""

import copy

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers import application_policies as policies
from acceptance.drivers.application_policies import HOOK, SKIP
from acceptance.drivers.polling import longest_wait, polling

APPLICATIONS = [
    yaml.safe_load(path.read_text())
    for path in sorted((ROOT / "k8s" / "argocd" / "applications" / "base").glob("*.yaml"))
    if path.name != "kustomization.yaml"
]
BACKEND = yaml.safe_load((ROOT / "k8s" / "backend-service" / "base" / "deployment.yaml").read_text())


def changed(manifest, path, value):
    """A copy of a manifest with another value at a path; None takes the key out."""
    found = item = copy.deepcopy(manifest)
    *above, last = path.split("/")
    for key in above:
        item = item[int(key)] if key.isdigit() else item.setdefault(key, {})
    if value is None:
        del item[last]
    else:
        item[last] = value
    return found


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda item: item["metadata"]["name"])
def test_the_applications_are_as_they_should_be(application):
    found = [judge(application) for judge in (policies.needs_a_hand, policies.leaves_out, policies.forgets)]
    assert found == ["", "", ""]


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
        (policies.forgets, "spec/revisionHistoryLimit", 1),
    ],
)
def test_a_careless_change_of_an_application_is_found(judge, path, value):
    above, _, key = path.partition("#")
    bad = changed(APPLICATIONS[0], above, {key: value} if key else value)
    assert policies.troubles({"good": APPLICATIONS[0], "bad": bad}, judge).keys() == {"bad"}


@pytest.mark.parametrize(
    ("judge", "path", "value"),
    [
        (policies.never_fails, "spec/template/spec/containers/0/readinessProbe", None),
        (policies.never_fails, "spec/progressDeadlineSeconds", 2147483647),
        (policies.loses_requests, "spec/strategy", {"type": "Recreate"}),
        (policies.loses_requests, "spec/strategy/rollingUpdate/maxUnavailable", "100%"),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle", None),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle/preStop", {"exec": {"command": ["true"]}}),
        (policies.loses_requests, "spec/template/spec/containers/0/lifecycle/preStop", {"sleep": {"seconds": 1}}),
    ],
)
def test_a_careless_change_of_a_deployment_is_found(judge, path, value):
    assert not judge(BACKEND)
    assert judge(changed(BACKEND, path, value))


def test_nothing_to_judge_is_no_pass():
    with pytest.raises(AssertionError, match="there are none"):
        policies.troubles({}, policies.forgets)


def test_what_argocd_leaves_out_or_calls_healthy_is_found():
    upstream = "- {apiGroups: [''], kinds: [Endpoints]}\n"
    released = {"data": {"resource.exclusions": upstream, "url": "https://argocd"}}
    assert not policies.hides(released) and not policies.excuses(released)
    for key, value in {
        "resource.exclusions": f"{upstream}- {{apiGroups: ['apps'], kinds: [Deployment]}}\n",
        "resource.customizations.ignoreDifferences.all": "jsonPointers: [/spec]",
    }.items():
        assert policies.hides({"data": {key: value}})
    assert policies.excuses({"data": {"resource.customizations.health.apps_Deployment": "return {status = 'Healthy'}"}})


def test_a_project_with_times_at_which_nothing_is_synced_is_found():
    assert not policies.has_windows({"spec": {}})
    assert policies.has_windows({"spec": {"syncWindows": [{"kind": "deny", "schedule": "* * * * *"}]}})


def test_hooks_count_where_they_ended_a_whole_sync_well():
    hook = {"name": "synced", "hookType": "PostSync", "hookPhase": "Succeeded"}
    status = {"operationState": {"operation": {"sync": {}}, "syncResult": {"resources": [hook]}}}
    assert policies.hooks_that_ran({"status": status}) == ["synced"]
    hook["hookPhase"] = "Failed"
    assert policies.hooks_that_ran({"status": status}) == []
    # A heal of single objects runs none.
    status["operationState"]["operation"]["sync"]["resources"] = [{"kind": "Service", "name": "redis"}]
    assert policies.hooks_that_ran({"status": status}) is None


def test_every_component_has_a_hook_in_its_base_and_one_taken_out_is_missed():
    job = yaml.safe_load((ROOT / "k8s" / "redis" / "base" / "synced-job.yaml").read_text())
    assert policies.hooks_in([job, BACKEND]) == ["redis-synced"]
    assert policies.hooks_in([changed(job, "metadata/annotations", {HOOK: "PreSync"}), BACKEND]) == []


def workload(**variables):
    env = [{"name": name, **value} for name, value in variables.items()]
    return {"spec": {"template": {"spec": {"containers": [{"name": "one", "env": env}]}}}}


def from_settings(key):
    return {"valueFrom": {"configMapKeyRef": {"name": "argocd-cm", "key": key}}}


def test_the_longest_wait_comes_from_what_the_processes_are_started_with():
    controller = workload(
        ARGOCD_RECONCILIATION_TIMEOUT=from_settings("timeout.reconciliation"),
        ARGOCD_RECONCILIATION_JITTER=from_settings("timeout.reconciliation.jitter"),
    )
    repo_server = workload(ARGOCD_RECONCILIATION_TIMEOUT={"value": "5s"})
    settings = {"timeout.reconciliation": "1m0s", "timeout.reconciliation.jitter": "30s"}
    assert longest_wait(polling(controller, repo_server, settings)) == 155
    # As Argo CD is released, a push may wait for longer than three minutes.
    assert longest_wait(polling(controller, workload(), {})) == 480
    # A value of the pod's own wins over the settings.
    own = workload(ARGOCD_RECONCILIATION_TIMEOUT={"value": "10m"})
    assert longest_wait(polling(own, repo_server, settings)) > 1200
    controller["spec"]["template"]["spec"]["containers"][0]["args"] = ["--app-resync=600"]
    with pytest.raises(AssertionError, match="app-resync"):
        polling(controller, repo_server, settings)
