"""Rollouts of the platform's services, and taking them back, by kubectl and by Argo CD."""

import time

from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import is_ready
from acceptance.base.waiting import ROLLED_OUT, eventually
from acceptance.drivers.load import RequestLoop
from acceptance.drivers.service_under_change import put_back, service_under_change, stop_sync
from acceptance.platform.application_status import messages

STAYS = 8
"""Seconds within which auto-sync or self-heal would have undone a rollback."""


@given(parsers.parse('auto-sync of "{name}" is on'), target_fixture="service")
def auto_sync_on(cluster, argocd, repository, platform, applications, name):
    platform.get(name)
    service = service_under_change(name, cluster, argocd, repository)
    yield service
    put_back(service)


@given(parsers.parse('auto-sync of "{name}" is off'), target_fixture="service")
def auto_sync_off(cluster, argocd, repository, platform, applications, name):
    platform.get(name)
    service = service_under_change(name, cluster, argocd, repository)
    service.auto_sync(False)
    yield service
    put_back(service)


@given(parsers.parse('"{url}" is asked all the time'), target_fixture="requests_lost")
def asked_all_the_time(web, routes, environment, url):
    with RequestLoop(web, url.format(domain=environment.domain)) as loop:
        eventually(lambda: loop.answered >= 5 or None, within=ROLLED_OUT, what=f"answers of {loop.url}")
        yield loop


@then("no request was lost")
def nothing_lost(requests_lost, evidence):
    evidence.add("requests", {"answered": requests_lost.answered, "lost": requests_lost.lost})
    requests_lost.assert_nothing_lost("the change and its taking back")


@when("an operator rolls out a version of it that never becomes ready")
def roll_out_broken(service):
    running = service.deployment().spec.template.spec.containers[0]
    assert running.readiness_probe and running.readiness_probe.http_get, (
        f"{service.name} asks none of its pods whether it is ready, so a bad version would get requests. "
        f"Try: kubectl get deployment {service.name} -o yaml"
    )
    container = running.name
    probe = {"name": container, "readinessProbe": {"httpGet": {"path": "/no-such-path", "port": "http"}}}
    body = {"spec": {"template": {"spec": {"containers": [probe]}}}}
    service.cluster.apps.patch_namespaced_deployment(service.name, "default", body)

    def new_pod():
        new = [pod for uid, pod in service.pods().items() if uid not in service.before]
        assert new and all(pod.status.phase == "Running" for pod in new), "no pod of the new version runs yet"
        return True

    eventually(new_pod, within=ROLLED_OUT, what="a pod of the bad version running", hint=service.hint)


@then("its old pods are still there")
def old_pods_there(service):
    gone = set(service.before) - set(service.pods())
    assert not gone, f"{len(gone)} pods of the working version are gone. Try: {service.hint}"


@when("the operator undoes the rollout")
def undo(service, evidence):
    evidence.add("kubectl rollout undo", service.cluster.kubectl("rollout", "undo", f"deployment/{service.name}"))


@then("it runs the version before, with all its replicas")
def version_before(service):
    def back():
        service.all_of(None)
        template = service.deployment().spec.template.spec.containers[0].readiness_probe.http_get.path
        assert template != "/no-such-path", "the Deployment still has the bad version"
        return True

    eventually(back, within=ROLLED_OUT, what=f"{service.name} back on the version before", hint=service.hint)
    assert set(service.before) == set(service.pods()), "pods of the working version were replaced"


@when("a change that the API refuses is pushed for it")
def push_refused(service):
    # A Deployment's selector cannot be changed.
    labels = [
        {"op": "add", "path": f"/spec/{where}/extra", "value": "other"}
        for where in ("selector/matchLabels", "template/metadata/labels")
    ]
    service.push(*labels, message=f"{service.name}: a change that the API refuses")
    service.status(refresh=True)


@then("its sync fails and says why")
def sync_fails(service, evidence):
    def failed():
        operation = service.status().get("operationState", {})
        seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
        assert seen == ("Failed", service.pushed), f"{seen[0]} of {(seen[1] or '')[:8]} {operation.get('message', '')}"
        return operation

    operation = eventually(
        failed, within=ROLLED_OUT, what=f"the sync of {service.pushed[:8]} Failed", hint=service.hint
    )
    says = [operation["message"], *(item.get("message", "") for item in operation["syncResult"].get("resources", []))]
    evidence.add("what it says", says)
    assert any("immutable" in text for text in says), f"expected the API's refusal, it says {says}"


@then("its pods are those from before, not restarted")
def pods_undisturbed(service):
    now = service.pods()
    assert set(now) == set(service.before), "pods were replaced although the sync failed"
    for uid, pod in now.items():
        restarts = pod.status.container_statuses[0].restart_count
        assert restarts == service.before[uid].status.container_statuses[0].restart_count, (
            f"{pod.metadata.name} restarted"
        )
        assert is_ready(pod), f"{pod.metadata.name} is not ready"


def push_and_deploy(service):
    """Push another version, have it synced as an operator does, and wait for it; return its commit."""
    commit = service.push_version()
    service.status(refresh=True)
    service.is_still_off()
    service.argocd.sync(service.name)
    service.wait_deployed(commit, service.version)
    return commit


@when("two more versions of it are pushed and deployed, one after the other")
def deploy_two(service, evidence):
    evidence.add("commits", {"before": service.first, "then": [push_and_deploy(service), push_and_deploy(service)]})


@given("another version of it is pushed and deployed")
def deploy_one(service):
    push_and_deploy(service)


@when("the operator rolls back to the commit before both")
@when("the operator rolls back to the commit before")
def roll_back(service, evidence):
    history = service.status()["history"]
    evidence.add("history before", [{key: entry[key] for key in ("id", "revision", "deployedAt")} for entry in history])
    entry = [entry for entry in history if entry["revision"] == service.first][-1]
    service.is_still_off()
    service.argocd.rollback(service.name, entry["id"])


@then("its pods run what that commit says, and stay with it")
def pods_run_first(service, evidence):
    service.wait_deployed(service.first, None)
    until = time.monotonic() + STAYS
    eventually(lambda: time.monotonic() >= until, within=ROLLED_OUT, what="the time to pass")
    history = [entry["revision"] for entry in service.status()["history"]]
    evidence.add(f"history {STAYS} s later", history)
    undone = f"the rollback of {service.name} did not last: auto-sync or self-heal undid it. Try: {service.hint}"
    assert history[-1] == service.first, f"{history[-1][:8]} was deployed after it; {undone}"
    try:
        service.all_of(None)
    except AssertionError as error:
        raise AssertionError(f"{error}; {undone}") from error


@then("its record names that commit")
def record_names(service, evidence):
    entry = service.status()["history"][-1]
    evidence.add("history's last entry", {key: entry[key] for key in ("id", "revision", "deployedAt")})
    assert entry["revision"] == service.first, f"the record's last entry is {entry['revision'][:8]}"


@when("a version of it that never becomes ready is pushed")
def push_broken(service):
    path = "/spec/template/spec/containers/0/readinessProbe/httpGet/path"
    operation = {"op": "replace", "path": path, "value": "/no-such-path"}
    service.push(operation, message=f"{service.name}: a version that never becomes ready")
    service.status(refresh=True)


@then("its Application becomes Degraded and says why")
def becomes_degraded(service, evidence):
    def degraded():
        status = service.status()
        health = status["health"]["status"]
        assert health == "Degraded", f"it is {health}"
        return messages(status)

    says = eventually(degraded, within=ROLLED_OUT, what=f"{service.name} Degraded", hint=service.hint)
    evidence.add("what it says", says)
    assert "progress deadline" in says, f"expected it to say that the deadline passed, it says {says!r}"


@when("auto-sync is switched off and the operator rolls back")
def switch_off_and_roll_back(service, evidence):
    # Argo CD refuses a rollback while auto-sync is on.
    service.auto_sync(False)
    eventually(lambda: stop_sync(service), within=ROLLED_OUT, what="the sync of the broken version ended")
    roll_back(service, evidence)


@then("its Application is Healthy again")
def healthy_again(service):
    def healthy():
        health = service.status()["health"]["status"]
        assert health == "Healthy", f"it is {health}"
        return True

    eventually(healthy, within=ROLLED_OUT, what=f"{service.name} Healthy", hint=service.hint)
