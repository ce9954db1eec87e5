"""Argo CD's work on the scenarios' own small Applications: noticing pushes, syncing, health."""

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import DETECTED_BY_POLLING, DETECTED_BY_WEBHOOK
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.argocd import (
    argocd_settings,
    other_repositories,
    polling,
    production_applications,
    self_heal,
    sync_hooks,
    sync_options,
    sync_retries,
    syncs,
    webhooks,
)
from acceptance.drivers.argocd.demos import wait_status
from acceptance.drivers.services import hook_copies
from acceptance.drivers.workloads import replicas, workload_health
from acceptance.platform.application_status import GOOD


@given(parsers.parse('an Application for the repository "{repository}" with auto-sync on'), target_fixture="demo")
def automated_demo(demos, repository):
    demo = demos.take(repository, automated=True)
    yield demo
    demo.delete()


@given(parsers.parse('an Application for the repository "{repository}" with auto-sync off'), target_fixture="demo")
def manual_demo(demos, repository):
    demo = demos.take(repository, automated=False)
    yield demo
    demo.delete()


@then("Argo CD reports that it can read that repository")
def repository_is_read(argocd, demo, evidence):
    evidence.add("connection", syncs.wait_read(argocd, demo.repository.url))


@then("it reports the same for the repository of each of the platform's Applications")
def repositories_are_read(platform, argocd, applications, evidence):
    found = policies.applications_everywhere(platform)
    urls = {found[name]["spec"]["source"]["repoURL"] for name in found if not name.startswith("production's")}
    evidence.add("connections", {url: syncs.wait_read(argocd, url) for url in urls})


@then("the Application's commit is the latest one on the repository's main branch")
def commit_is_head(demo):
    syncs.wait_at_head(demo)


@given("Argo CD has just checked Git")
def just_looked(demo):
    # Its next poll is a whole interval away: a change that is noticed sooner was not found by polling.
    demo.look()


@when("a change is pushed to main")
def push_change(demo):
    demo.push()


@when("a change is pushed to main and a sync is requested")
def push_and_ask(demo):
    demo.push_and_ask()


@then("it is noticed by polling")
def noticed_by_polling(demo, environment, evidence):
    took = syncs.wait_noticed(demo, DETECTED_BY_POLLING)
    evidence.add("from git push to detected by polling", f"{took:.1f} s (every {environment.gitops.polling_seconds} s)")


@then("it is noticed by webhook")
def noticed_by_webhook(demo, environment, evidence):
    took = syncs.wait_noticed(demo, DETECTED_BY_WEBHOOK)
    evidence.add("from git push to detected by webhook", f"{took:.1f} s")
    interval = environment.gitops.polling_seconds * 0.75
    assert took < interval, (
        f"expected the webhook to report the push within {interval:.0f} s, saw {took:.1f} s: polling may have found it"
    )


@then("polling finds a push within three minutes, here and in production")
def polling_is_in_time(platform, evidence):
    seen = polling.polling_everywhere(platform)
    evidence.add("seconds until polling finds a push at the latest", seen)
    late = {where: seconds for where, seconds in seen.items() if seconds > polling.NOTICED_WITHIN}
    assert not late, (
        f"expected 180 s or less for twice the polling interval, the jitter and the commit cache, saw {late}"
    )


@then("a push to the platform's own repository also calls the webhook")
def platform_calls_webhook(cluster, git):
    wrong = webhooks.without_webhook(cluster, git)
    assert not wrong, f"expected pushes to the platform's repository to call Argo CD's webhook, but {wrong}"


@then("the cluster has the change")
def cluster_has_change(demo, evidence):
    syncs.wait_change(demo)
    evidence.add("deployed", {"commit": demo.pushed, "text": demo.text})


@then("each of the platform's Applications tracks everything on main, here and in production")
def applications_follow_main(platform, argocd, applications, repository):
    seen = policies.applications_everywhere(platform)
    found = policies.troubles(seen, policies.leaves_out) | other_repositories.not_from_main(seen, repository)
    found |= policies.other_sources(seen, platform.render("argocd/applications"))
    found |= production_applications.pointing_elsewhere(platform)
    objects = sync_options.objects_and_live(platform, argocd)
    found |= policies.troubles(objects, sync_options.is_not_as_in_git) | sync_options.hooks_in_use(objects)
    found |= policies.troubles(argocd_settings.settings_everywhere(platform), argocd_settings.hides)
    assert not found, f"expected Argo CD to apply all of Git, saw {found}. Try: kubectl -n argocd get cm argocd-cm"


@when(
    parsers.parse("a version that takes {seconds:d} seconds to become ready is pushed to main and a sync is requested")
)
def push_slow(demo, seconds):
    demo.push_and_ask(ready_after=seconds)


@then("the sync is not reported as successful before the new pods are ready")
def not_successful_before(demo, evidence):
    watch = syncs.PhaseWatch(demo)
    watch.watch()
    evidence.add("phase of the sync and readiness of the pods", watch.seen)
    sync = f"the sync of {demo.pushed[:8]}"
    assert not watch.early, f"expected {sync} to be Running, saw {watch.early[0]}. {syncs.HOOK_HINT}"
    seen = syncs.as_text(watch.seen)
    assert watch.ran_while_unready, f"expected to see {sync} running before its pods were ready, saw {seen}"


@then("it is reported as successful afterwards")
def successful_afterwards(demo):
    wait_status(demo, GOOD, demo.pushed)


@then("each of the platform's Applications ends its syncs with a hook that waits for health, here and in production")
def applications_have_hooks(platform, argocd, applications, evidence):
    seen = sync_hooks.hooks_everywhere(platform, argocd)
    evidence.add("hooks that end a sync", seen)
    without = sorted(name for name, hooks in seen.items() if not hooks)
    assert not without, f"expected a PostSync hook at the end of each sync, saw none for {without}"
    found = policies.troubles(policies.workloads_everywhere(platform), workload_health.is_ignored)
    found |= policies.troubles(argocd_settings.settings_everywhere(platform), argocd_settings.excuses)
    assert not found, f"expected each sync to wait for its workloads' health, saw {found}"


@given(
    "copies of the platform's own sync hooks, each cut off only from the Application that it waits for",
    target_fixture="hooks",
)
def copies_of_hooks(namespace, argocd, applications):
    return hook_copies.start_each(namespace, argocd)


@then("none of the hook copies succeeds")
def hooks_wait(namespace, hooks, evidence):
    evidence.add("copies of hooks", hooks)
    wrong = hook_copies.ended_well(namespace, hooks)
    hint = f"Try: kubectl -n {namespace.name} logs {wrong[0]}" if wrong else ""
    assert hooks and not wrong, f"expected each hook to wait for its own Application, but {wrong} did not. {hint}"


@when("a version that never becomes ready is pushed to main and a sync is requested")
def push_broken(demo):
    demo.push_and_ask(never_ready=True)


@then("the Application becomes Degraded and reports the reason")
def becomes_degraded(demo, evidence):
    says = syncs.wait_degraded(demo)
    evidence.add("what it says", says)
    named = demo.name in says and "progress deadline" in says
    assert named, f"expected Application {demo.name} to name its Deployment and the reason, saw {says!r}"


@then("an unhealthy workload of the platform would also be reported, a Deployment as Degraded, here and in production")
def workloads_can_fail(platform, applications):
    found = workload_health.that_never_fail(platform)
    found |= policies.troubles(argocd_settings.settings_everywhere(platform), argocd_settings.excuses)
    assert not found, f"expected Argo CD to call no workload with unhealthy pods Healthy, saw {found}"


@then("Argo CD synchronises it automatically")
def synchronises_by_itself(demo, evidence):
    demo.look()
    operation = wait_status(demo, GOOD, demo.pushed)["operationState"]
    evidence.add("operation", operation["operation"])
    by = operation["operation"].get("initiatedBy", {})
    assert by.get("automated") is True, f"expected an automated sync of {demo.name}, saw one initiated by {by}"
    assert demo.deployed_text() == demo.text, (
        f"expected {demo.text!r} in the ConfigMap of {demo.name} once its sync has succeeded, but it is not there"
    )


@when("an object is removed from Git")
def take_out_of_git(demo):
    demo.push(with_deployment=False)


@then("Argo CD automatically removes it from the cluster")
def takes_out_by_itself(demo):
    syncs.wait_taken_out(demo)


@when("someone changes the cluster by hand")
def change_by_hand(demo):
    demo.change_by_hand()


@then("Argo CD automatically reverts it to the state in Git")
def puts_back_by_itself(demo):
    syncs.wait_healed(demo)


@then("each of the platform's Applications syncs, prunes and self-heals automatically, here and in production")
def applications_are_automated(platform, argocd, applications, evidence):
    seen = policies.applications_everywhere(platform)
    evidence.add("sync policies", {name: item["spec"].get("syncPolicy") for name, item in seen.items()})
    found = policies.troubles(seen, sync_retries.gives_up_at_once) | policies.troubles(seen, policies.needs_a_hand)
    found |= policies.troubles(policies.projects_everywhere(platform), policies.has_windows)
    found |= sync_options.not_removed(sync_options.objects_and_live(platform, argocd))
    found |= self_heal.heals_late_everywhere(platform) | replicas.against_git(platform, argocd)
    assert not found, f"expected every Application to sync, prune and self-heal automatically at any time, saw {found}"


@then("the Application is OutOfSync at that commit")
def out_of_sync(demo):
    syncs.wait_out_of_sync(demo)


@then(parsers.parse("nothing is deployed for {seconds:d} seconds"))
def nothing_deployed(demo, seconds):
    syncs.stays_as_it_was(demo, seconds)


@when("an operator requests a sync")
def ask_for_sync(demo):
    demo.argocd.sync(demo.name)
