"""What Argo CD keeps on record of each sync, and rollbacks through it."""

import datetime
import json

from pytest_bdd import given, parsers, then, when

from acceptance.base.waiting import SYNCED, eventually
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.demos import create_applications, new_demo, remove, wait_status
from acceptance.platform.application_status import ARGOCD, GOOD, GROUP

UI = "the Argo CD UI"
API = "the API that it reads, for this image has no UI"


def see_ui(argocd, evidence):
    """Judge on the API where the running image was built without the UI, and say so."""
    if not argocd.has_ui():
        evidence.substitute(UI, API)


def sync_record(demo, phase):
    """The record of the sync of the pushed commit, once it ended with `phase`."""

    def ended():
        status = demo.status(refresh=True)
        operation = status.get("operationState", {})
        revision = operation.get("syncResult", {}).get("revision")
        assert (revision, operation.get("phase")) == (demo.pushed, phase), (
            f"{operation.get('phase')} of {(revision or 'no commit')[:8]} {operation.get('message', '')}"
        )
        return status

    return eventually(ended, within=SYNCED, what=f"the sync of {demo.pushed[:8]} {phase}", hint=demo.hint)


def is_recent(text):
    """Whether a time of Argo CD's is of the last minutes."""
    moment = datetime.datetime.fromisoformat(text)
    return abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()) < 180


@then("the record names that commit, the time and the success")
def record_of_success(demo, evidence):
    status = sync_record(demo, "Succeeded")
    entry = status["history"][-1]
    evidence.add("history", status["history"])
    assert entry["revision"] == demo.pushed, f"the history's last entry is of {entry['revision']}"
    assert is_recent(entry["deployedAt"]), f"it was deployed at {entry['deployedAt']}"
    assert is_recent(status["operationState"]["finishedAt"])


@when("a change that the API refuses is pushed to main and a sync is asked for")
def push_refused(demo):
    # A Deployment's selector cannot be changed.
    demo.push_and_ask(label="other")


@then("the record names that commit, the time and the failure")
def record_of_failure(demo, evidence):
    operation = sync_record(demo, "Failed")["operationState"]
    evidence.add("operation", operation)
    assert is_recent(operation["finishedAt"]), f"it ended at {operation['finishedAt']}"
    said = operation["message"] + json.dumps(operation["syncResult"])
    assert "immutable" in said, f"expected the API's refusal in the record, it says {operation['message']!r}"


@given(
    parsers.parse(
        'an Application of the repository "{repository}" without auto-sync, with a change that is not deployed'
    ),
    target_fixture="other",
)
def changed_demo(git, argocd, repository, demo):
    other = new_demo(git.repository(repository), demo.namespace, argocd, automated=False)
    other.push()
    create_applications([other])
    yield other
    remove([other])


@then("the UI shows every Application with the sync status that it has")
def ui_shows_all(argocd, cluster, demo, other, evidence):
    def shown():
        shown = {
            item["metadata"]["name"]: item.get("status", {}).get("sync", {}).get("status")
            for item in argocd.applications()
        }
        assert shown.get(other.name) == "OutOfSync", f"{other.name} {shown.get(other.name)}"
        assert shown.get(demo.name) == "Synced", f"{demo.name} {shown.get(demo.name)}"
        return shown

    seen = eventually(shown, within=SYNCED, what="both Applications shown with their status", hint=demo.hint)
    evidence.add("sync status by Application", seen)
    there = cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]
    # Those of other scenarios may be coming or going.
    names = {item["metadata"]["name"] for item in there if not of_scenario(item["metadata"].get("labels"))}
    names |= {demo.name, other.name}
    missing = names - set(seen)
    assert not missing, f"not shown: {sorted(missing)}"
    unknown = {name: seen[name] for name in names if seen[name] not in ("Synced", "OutOfSync")}
    assert not unknown, f"no sync status is shown for {unknown}"
    see_ui(argocd, evidence)


@when("a change is pushed to main and deployed")
def push_and_deploy(demo):
    demo.push_and_ask()
    wait_status(demo, GOOD, demo.pushed)
    assert demo.deployed_text() == demo.text


@when("the Application is rolled back to the commit before")
def roll_back(demo, evidence):
    history = demo.status()["history"]
    evidence.add("history before", history)
    assert [entry["revision"] for entry in history][-2:] == [demo.first, demo.pushed], f"the history is {history}"
    demo.argocd.rollback(demo.name, history[-2]["id"])


@then("the cluster has what that commit says")
def cluster_has_first(demo, evidence):
    def rolled_back():
        status = demo.status()
        operation = status.get("operationState", {})
        seen = (operation.get("phase"), operation.get("syncResult", {}).get("revision"))
        assert seen == ("Succeeded", demo.first), f"{seen[0]} of {(seen[1] or '')[:8]} {operation.get('message', '')}"
        assert demo.deployed_text() == "first", f"the ConfigMap says {demo.deployed_text()!r}"
        return status

    status = eventually(rolled_back, within=SYNCED, what=f"{demo.name} back at {demo.first[:8]}", hint=demo.hint)
    evidence.add("history after", status["history"])
