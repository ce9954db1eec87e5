"""Argo CD's records of syncs, rollbacks to them, requested ones, who could request one, and what may be applied."""

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import SYNCED
from acceptance.base.waiting import eventually
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.argocd import (
    apply_rights,
    given_up_syncs,
    reported_status,
    requested_syncs,
    shared_objects,
    sync_retries,
    syncs,
)
from acceptance.drivers.argocd.demos import create_applications, new_demo, remove, wait_status
from acceptance.drivers.ingress import argocd_route
from acceptance.drivers.security import sync_rights
from acceptance.platform.application_status import GOOD, messages
from acceptance.platform.applications import APPLICATIONS

UI = "the Argo CD UI"
API = "the API that it reads, for this image has no UI"
OTHER = 'an Application for the repository "{repository}" with auto-sync off and an undeployed change'


def see_ui(platform, argocd, argocd_ui, evidence):
    """See the page at Argo CD's host; record the API as a substitute where the server itself has no UI."""
    wrong = argocd_route.wrong_everywhere(platform)
    assert not wrong, f"expected the UI's host to lead to {argocd_route.SERVER} alone, saw {wrong}. {argocd_route.HINT}"
    evidence.add("the page at Argo CD's host", argocd_route.wait_same_page(argocd_ui, argocd))
    if not argocd.has_ui():
        evidence.substitute(UI, API)


@then("the record shows that commit, the time and that the sync succeeded")
def record_of_success(demo, evidence):
    status = syncs.sync_record(demo, "Succeeded")
    entry = status["history"][-1]
    evidence.add("history", status["history"])
    assert entry["revision"] == demo.pushed, (
        f"expected {demo.pushed} as the last entry in the history of {demo.name}, saw {entry['revision']}"
    )
    for moment in (entry["deployedAt"], status["operationState"]["finishedAt"]):
        assert syncs.is_recent(moment), f"expected a recent time in the record of {demo.name}, saw {moment}"


@when("a change that the API rejects is pushed to main and a sync is requested")
def push_refused(demo):
    # A Deployment's selector cannot be changed.
    demo.push_and_ask(label="other")


@then("the record shows that commit, the time and that the sync failed")
def record_of_failure(demo, evidence):
    operation = syncs.sync_record(demo, "Failed")["operationState"]
    evidence.add("operation", operation)
    ended, said = operation["finishedAt"], syncs.said_of_failure(operation)
    assert syncs.is_recent(ended), f"expected a recent end of the sync of {demo.name}, saw {ended}"
    names_failure = any("immutable" in text for text in said)
    assert names_failure, f"expected the API's refusal (immutable) in the record of {demo.name}, saw {said}"


@then("the record of the previous sync is still there")
def record_before(demo, evidence):
    kept = [entry["revision"] for entry in demo.status()["history"]]
    evidence.add("commits in the history", kept)
    assert kept[-1] == demo.commits[-2], (
        f"expected {demo.commits[-2][:8]} as the last good sync of {demo.name}, its history has {kept}"
    )
    assert demo.first in kept, f"expected the first sync ({demo.first[:8]}) in the history of {demo.name}, saw {kept}"


@then("each of the platform's Applications keeps its sync records, here and in production")
def records_are_kept(platform, argocd, applications):
    seen = policies.applications_everywhere(platform)
    found = policies.troubles(seen, policies.forgets) | policies.troubles(seen, sync_retries.has_no_end)
    found |= policies.troubles({name: seen[name] for name in APPLICATIONS}, policies.has_lost_records)
    assert not found, f"expected every Application to keep records of its syncs (revisionHistoryLimit), saw {found}"
    refused = apply_rights.out_of_hand(argocd, seen)
    assert not refused, (
        f"expected Argo CD to let an operator sync and roll back every Application, but it refuses: {refused}"
    )


@given(parsers.parse(OTHER), target_fixture="other")
def changed_demo(git, argocd, repository, demo):
    other = new_demo(git.repository(repository), demo.namespace, argocd, automated=False)
    other.push()
    create_applications([other])
    yield other
    remove([other])


@then("the UI shows every Application with its sync status")
def ui_shows_all(platform, argocd, argocd_ui, demo, other, evidence):
    wanted = {demo.name: "Synced", other.name: "OutOfSync"}
    shown = lambda: reported_status.shown_as(argocd_ui, wanted)  # noqa: E731
    seen = eventually(shown, within=SYNCED, what=f"the sync statuses {wanted}", hint=demo.hint)
    evidence.add("sync status by Application", seen)
    unknown = reported_status.without_status(platform.cluster, seen)
    assert not unknown, f"expected a sync status for each Application, saw none for {unknown}"
    see_ui(platform, argocd, argocd_ui, evidence)


@then("an open UI is notified of a change without reloading")
def ui_hears_of_change(argocd_ui, demo, evidence):
    evidence.add("sync status by event, as the UI listens", reported_status.hears_of_change(argocd_ui, demo))


@when("a change is pushed to main and deployed")
def push_and_deploy(demo):
    demo.push_and_ask()
    wait_status(demo, GOOD, demo.pushed)
    assert demo.deployed_text() == demo.text, (
        f"expected {demo.text!r} in the ConfigMap of {demo.name}, saw another text"
    )


@when("the Application is rolled back to the previous commit")
def roll_back(demo, evidence):
    evidence.add("history before", syncs.roll_back(demo))


@then("the cluster matches that commit")
def cluster_has_first(demo, evidence):
    evidence.add("history after", syncs.wait_rolled_back(demo))


@then("the UI shows why its pods are not ready")
def shows_degraded(argocd_ui, demo, evidence):
    syncs.wait_degraded(demo)
    says = messages(reported_status.wait_status(argocd_ui, demo.name))
    evidence.add("messages of a version that is not ready", says)
    assert "progress deadline" in says, (
        f"expected Application {demo.name} to say that the progress deadline passed, saw {says!r}"
    )


@then("its tree of objects has every object of the Application, down to those pods")
def shows_objects(argocd_ui, demo, evidence):
    evidence.add("objects that the UI lists", reported_status.wait_objects_shown(argocd_ui, demo.name))


@then("the UI shows the API's error message")
def shows_refusal(platform, argocd, argocd_ui, demo, evidence):
    syncs.sync_record(demo, "Failed")
    shown = syncs.said_of_failure(reported_status.wait_status(argocd_ui, demo.name)["operationState"])
    evidence.add("messages", shown)
    assert any("immutable" in text for text in shown), (
        f"expected Argo CD to show the API's refusal (immutable) of {demo.name}, saw {shown}"
    )
    see_ui(platform, argocd, argocd_ui, evidence)


@then("Argo CD has given up on none of the platform's Applications")
def none_given_up(platform, applications):
    given_up_syncs.wait_none_given_up(platform)


@given(
    "a requested sync of each of the platform's Applications that no other scenario syncs", target_fixture="requested"
)
def each_sync_requested(platform, argocd, applications):
    asked = requested_syncs.request_each(argocd)
    yield asked
    requested_syncs.put_back(platform, argocd, asked)


@then("each requested sync of the platform's Applications succeeds, too")
def each_sync_succeeds(platform, argocd, requested, evidence):
    evidence.add("requested syncs", requested_syncs.wait_each(platform, argocd, requested))


@given("no object of the platform belongs to two Applications")
def none_shared(platform, applications):
    shared_objects.wait_none_shared(platform)


@then("nothing but Argo CD and its operators could request a sync")
def nothing_asks_for_syncs(platform, argocd, evidence):
    found = sync_rights.without_operator(platform)
    evidence.add("programs that could request a sync", found)
    assert not found, (
        f"expected only operators to request syncs, also able to are {found}. Try: kubectl -n argocd get all"
    )


@then("Argo CD is allowed to apply every object of the platform, here and in production")
def may_apply_all(platform, argocd, applications):
    found = apply_rights.not_applied(platform, argocd)
    assert not found, f"expected Argo CD to have the rights to apply every object in Git, saw {found}"
