"""Argo CD at work on small Applications of the scenarios' own: noticing, syncing, health, records, rollback."""

import json
import time
from urllib.parse import quote

from pytest_bdd import given, parsers, then, when

from acceptance.base.waiting import DETECTED_BY_POLLING, DETECTED_BY_WEBHOOK, POD_READY, SYNCED, eventually
from acceptance.drivers.demos import wait_status
from acceptance.platform.application_status import GOOD, messages


@given(parsers.parse('an Application of the repository "{repository}" with auto-sync'), target_fixture="demo")
def automated_demo(demos, repository):
    demo = demos.take(repository, automated=True)
    yield demo
    demo.delete()


@given(parsers.parse('an Application of the repository "{repository}" without auto-sync'), target_fixture="demo")
def manual_demo(demos, repository):
    demo = demos.take(repository, automated=False)
    yield demo
    demo.delete()


@then("Argo CD says that it can read that repository")
def repository_is_read(argocd, demo, evidence):
    def connected():
        found = argocd.call("GET", f"repositories/{quote(demo.repository.url, safe='')}", forceRefresh="true")
        state = found.get("connectionState", {})
        assert state.get("status") == "Successful", f"{state.get('status')}: {state.get('message', '')[:300]}"
        return state

    hint = "kubectl -n argocd logs deploy/argocd-repo-server; kubectl -n git get pods"
    evidence.add("connection", eventually(connected, within=POD_READY, what=f"{demo.repository.url} read", hint=hint))


@then("the Application's commit is the last one of the repository's main branch")
def commit_is_head(demo):
    head = demo.repository.git("ls-remote", demo.repository.remote(), "refs/heads/main").split()[0]

    def at_head():
        seen = demo.status(refresh=True)["sync"].get("revision")
        assert seen == head, f"it is at {seen}"
        return True

    eventually(at_head, within=DETECTED_BY_WEBHOOK, what=f"{demo.name} at {head}", hint=demo.hint)


@given("Argo CD has just looked into Git")
def just_looked(demo):
    # Its next look by itself is a whole polling interval away: what is noticed sooner was not found by polling.
    demo.look()


@when("a change is pushed to main")
def push_change(demo):
    demo.push()


@when("a change is pushed to main and a sync is asked for")
def push_and_ask(demo):
    demo.push_and_ask()


def detected(demo, deadline):
    """Wait until the Application is OutOfSync at the pushed commit; return how long that took, in seconds."""

    def noticed():
        status = demo.status()
        seen = status["sync"]
        assert (seen.get("revision"), seen["status"]) == (demo.pushed, "OutOfSync"), (
            f"{seen['status']} at {seen.get('revision', '')[:8]}"
        )
        return time.monotonic() - demo.pushed_at

    return eventually(noticed, within=deadline, what=f"the push of {demo.pushed[:8]} noticed", hint=demo.hint)


@then("it is noticed by polling")
def noticed_by_polling(demo, environment, evidence):
    took = detected(demo, DETECTED_BY_POLLING)
    evidence.add("from git push to detected by polling", f"{took:.1f} s (every {environment.gitops.polling_seconds} s)")


@then("it is noticed by webhook")
def noticed_by_webhook(demo, environment, evidence):
    took = detected(demo, DETECTED_BY_WEBHOOK)
    evidence.add("from git push to detected by webhook", f"{took:.1f} s")
    assert took < environment.gitops.polling_seconds / 2, f"after {took:.1f} s it may have been polling that noticed it"


@then("the cluster has the change")
def cluster_has_change(demo, evidence):
    def has_change():
        seen = demo.deployed_text()
        assert seen == demo.text, f"the ConfigMap says {seen!r}"
        return True

    # Whether the push is noticed by itself is another criterion's: here Argo CD is told to look.
    demo.look()
    eventually(has_change, within=SYNCED, what=f"the ConfigMap with {demo.text!r}", hint=demo.hint)
    wait_status(demo, GOOD, demo.pushed)
    evidence.add("deployed", {"commit": demo.pushed, "text": demo.text})


@when(
    parsers.parse("a version that takes {seconds:d} seconds to become ready is pushed to main and a sync is asked for")
)
def push_slow(demo, seconds):
    demo.push_and_ask(ready_after=seconds)


def new_pods_ready(demo):
    """Whether the Deployment's newest version has all its pods ready."""
    deployment = demo.namespace.cluster.apps.read_namespaced_deployment(demo.name, demo.namespace.name)
    env = {item.name: item.value for item in deployment.spec.template.spec.containers[0].env}
    status = deployment.status
    current = status.observed_generation == deployment.metadata.generation
    return (
        env.get("TEXT") == demo.text
        and current
        and status.updated_replicas == 1
        and (status.unavailable_replicas or 0) == 0
    )


@then("the sync is not called successful before the new pods are ready")
def not_successful_before(demo, evidence):
    seen = []

    def ready_at_last():
        # Health is read first: what is ready after the phase was read says nothing of that moment.
        ready = new_pods_ready(demo)
        status = demo.status()
        operation = status.get("operationState", {})
        ours = operation.get("syncResult", {}).get("revision") == demo.pushed
        phase = operation.get("phase") if ours else None
        seen.append({"ready": ready, "phase": phase, "after": round(time.monotonic() - demo.pushed_at, 1)})
        if phase == "Succeeded" and not ready:
            # The pods may have become ready between the two readings; a second look tells.
            assert new_pods_ready(demo), (
                f"the sync of {demo.pushed[:8]} was called Succeeded {seen[-1]['after']} s after the push, "
                "while its pods were not ready. Try: is there a PostSync hook in the Application's manifests?"
            )
        return ready

    early = []

    def watch():
        try:
            return ready_at_last()
        except AssertionError as error:
            early.append(str(error))
            return True

    eventually(watch, within=SYNCED, what="the new pods ready", hint=demo.hint)
    evidence.add("phase of the sync and readiness of the pods", seen)
    assert not early, early[0]
    assert any(not item["ready"] and item["phase"] == "Running" for item in seen), (
        f"the sync was never seen running while the pods were not ready: {json.dumps(seen[-5:])}"
    )


@then("it is called successful afterwards")
def successful_afterwards(demo):
    wait_status(demo, GOOD, demo.pushed)


@when("a version that never becomes ready is pushed to main and a sync is asked for")
def push_broken(demo):
    demo.push_and_ask(never_ready=True)


@then("the Application becomes Degraded and says why")
def becomes_degraded(demo, evidence):
    def degraded():
        status = demo.status()
        health = status.get("health", {}).get("status")
        assert health == "Degraded", f"health is {health}"
        return status

    status = eventually(degraded, within=SYNCED, what=f"{demo.name} Degraded", hint=demo.hint)
    says = messages(status)
    evidence.add("what it says", says)
    assert demo.name in says and "progress deadline" in says, (
        f"expected it to name the Deployment and why, it says {says!r}"
    )


@then("Argo CD synchronises it by itself")
def synchronises_by_itself(demo, evidence):
    demo.look()
    operation = wait_status(demo, GOOD, demo.pushed)["operationState"]
    evidence.add("operation", operation["operation"])
    assert operation["syncResult"]["revision"] == demo.pushed, (
        f"the last sync was of {operation['syncResult']['revision']}"
    )
    by = operation["operation"].get("initiatedBy", {})
    assert by.get("automated") is True, f"expected the sync to be automated, it was asked for by {by}"
    assert demo.deployed_text() == demo.text, "the sync is called Succeeded, but the cluster does not have the change"


@then("the Application is OutOfSync at that commit")
def out_of_sync(demo):
    def at_commit():
        seen = demo.status(refresh=True)["sync"]
        assert (seen["status"], seen.get("revision")) == ("OutOfSync", demo.pushed), f"{seen['status']}"
        return True

    eventually(at_commit, within=SYNCED, what=f"{demo.name} OutOfSync at {demo.pushed[:8]}", hint=demo.hint)


@then(parsers.parse("nothing is deployed for {seconds:d} seconds"))
def nothing_deployed(demo, seconds, evidence):
    until = time.monotonic() + seconds
    looks = 0

    def waited():
        nonlocal looks
        looks += 1
        # A finding ends the wait, so that it is no "not yet".
        return demo.deployed_text() != "first" or time.monotonic() >= until

    eventually(waited, within=SYNCED, what="the time to pass")
    evidence.add("looks at the cluster", looks)
    operation = demo.status().get("operationState", {}).get("syncResult", {}).get("revision")
    assert demo.deployed_text() == "first", f"{demo.pushed[:8]} was deployed although auto-sync is off and nobody asked"
    assert operation == demo.first, f"a sync of {operation} ran although nobody asked"


@when("an operator asks for a sync")
def ask_for_sync(demo):
    demo.argocd.sync(demo.name)
