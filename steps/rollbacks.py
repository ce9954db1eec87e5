"""Rollouts of the platform's services, and their rollbacks with kubectl and Argo CD."""

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import ROLLED_OUT
from acceptance.base.waiting import eventually
from acceptance.clients import web as https
from acceptance.drivers.api.slow_requests import SlowLoop, question
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.argocd import lost_revisions, sync_options
from acceptance.drivers.ingress import route_retries
from acceptance.drivers.network.load import RequestLoop
from acceptance.drivers.operations import earlier_versions, rollouts, typed_rollbacks
from acceptance.drivers.operations.last_requests import TakenAway
from acceptance.drivers.operations.service_under_change import put_back, service_under_change
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.machine_room import restarts_blocked


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


@given("every service keeps previous versions to roll back to, here and in production")
def services_keep_versions(platform, evidence):
    seen = rollouts.history_limits(platform)
    evidence.add("earlier versions that each Deployment keeps", seen)
    none = sorted(name for name, limit in seen.items() if not limit)
    assert not none, f"expected each Deployment to keep earlier versions (revisionHistoryLimit), but {none} keep none"
    found = earlier_versions.irreversible(platform)
    assert not found, f"expected every rollout to be reversible, saw {found}"


@given("every service starts new pods before it stops old ones, here and in production")
def services_replace_first(platform, applications):
    found = policies.that_lose_requests(platform)
    assert not found, f"expected updates of all services without lost requests, saw {found}"
    full = restarts_blocked(platform.cluster, "default")
    assert not full, (
        f"expected room for a new pod beside the old ones in default, saw {full}. Try: kubectl describe quota,limits"
    )
    early = rollouts.leads_to_unready(platform)
    assert not early, f"expected no Service to route to pods that are not ready, but these do: {early}"


@given("every service's route retries another pod if a connection to one fails, here and in production")
def routes_try_again(platform, routes):
    found = route_retries.lose_requests(platform)
    assert not found, f"expected a retry Middleware on the route of each service, saw {found}"


@given("Argo CD does not recreate objects that the API refuses to change, here and in production")
def nothing_is_forced(platform, argocd, applications):
    seen = policies.applications_everywhere(platform) | sync_options.objects_everywhere(platform, argocd)
    found = policies.troubles(seen, sync_options.is_forced) | policies.troubles(seen, sync_options.may_be_emptied)
    assert not found, f"expected a failing sync to leave existing objects alone, saw {found}"


@given(parsers.parse('"{url}" is requested continuously'), target_fixture="requests_lost")
def asked_all_the_time(web, routes, environment, url):
    with RequestLoop(web, url.format(domain=environment.domain)) as loop:
        eventually(lambda: loop.answered >= 5 or None, within=ROLLED_OUT, what=f"answers from {loop.url}")
        yield loop


@then("no request was lost")
def nothing_lost(requests_lost, evidence):
    evidence.add("requests", {"answered": requests_lost.answered, "lost": requests_lost.lost})
    requests_lost.assert_nothing_lost("the change and its taking back")


@when("an operator rolls out a version of it that never becomes ready")
def roll_out_broken(service):
    rollouts.roll_out_never_ready(service)


@then("its old pods are still there")
def old_pods_there(service):
    gone = set(service.before) - set(service.pods())
    assert not gone, (
        f"expected the previous pods of {service.name} to stay, but {len(gone)} are gone. Try: {service.hint}"
    )


@when("the operator undoes the rollout")
def undo(service, evidence):
    evidence.add("kubectl rollout undo", rollouts.undo(service))


@then("it runs the previous version with all its replicas")
def version_before(service):
    rollouts.wait_version_before(service)
    assert set(service.before) == set(service.pods()), (
        f"expected {service.name} to keep the pods of the working version, but some were replaced"
    )


@when(
    parsers.parse('requests to the host "{host}" that take {seconds:d} seconds to arrive are sent continuously'),
    target_fixture="slow_requests",
)
def sent_slowly(web, environment, host, seconds):
    path, body = question(environment, host)
    with SlowLoop(web, https.url(environment.domain, host, path), body, seconds) as loop:
        yield loop


@when(
    parsers.parse('a copy of "{name}" is deleted while requests that take {seconds:d} seconds to arrive are in flight'),
    target_fixture="taken_away",
)
def taken_away(platform, default, data_client, environment, name, seconds):
    platform.get(name)
    with TakenAway(Service(default, name), data_client, environment, seconds) as copy:
        yield copy


@then("the deleted copy also answered each of its requests")
def copy_answered(taken_away, evidence):
    evidence.add("requests on their way to a copy that was deleted", taken_away.assert_nothing_lost())


@then("every slow request was answered")
def nothing_cut(slow_requests, evidence):
    evidence.add("requests that took seconds to come", slow_requests.assert_nothing_lost())


@when("an operator rolls out another version of it to all its pods")
def roll_out_another(service):
    rollouts.roll_out_completely(service)


@then("all its pods run the previous version again")
def all_run_version_before(service):
    rollouts.wait_version_before(service)


@when("a change that the API rejects is pushed for it")
def push_refused(service):
    rollouts.push_refused(service)


@then("its sync fails and reports the reason")
def sync_fails(service, evidence):
    says = rollouts.wait_sync_failed(service)
    evidence.add("what it says", says)
    assert any("immutable" in text for text in says), (
        f"expected the API's refusal (immutable) in the sync of {service.name}, saw {says}"
    )


@then("its pods are the same as before and have not restarted")
def pods_undisturbed(service):
    rollouts.stays_undisturbed(service)


@when("two more versions of it are pushed and deployed, one after the other")
def deploy_two(service, evidence):
    commits = [rollouts.push_and_deploy(service), rollouts.push_and_deploy(service)]
    evidence.add("commits", {"before": service.first, "then": commits})


@given("another version of it is pushed and deployed")
def deploy_one(service):
    rollouts.push_and_deploy(service)


@when("the operator rolls back to the commit before both")
def roll_back(service, evidence):
    evidence.add("history before", rollouts.roll_back_to_first(service))


@when("the operator rolls back to the previous commit, as the handbook says")
@when("the operator switches auto-sync off and rolls back, as the handbook says")
def roll_back_by_handbook(service, tmp_path, evidence):
    evidence.add("the handbook's rollback", typed_rollbacks.roll_back(service, tmp_path))


@then("its pods run the version of that commit and stay on it")
def pods_run_first(service):
    rollouts.stays_with_first(service)


@then("its sync record names that commit")
def record_names(service, evidence):
    entry = service.status()["history"][-1]
    evidence.add("history's last entry", {key: entry[key] for key in rollouts.SHOWN})
    assert entry["revision"] == service.first, (
        f"expected {service.first[:8]} as the last entry in the history of {service.name}, saw {entry['revision'][:8]}"
    )


@when("a version of it that never becomes ready is pushed")
def push_broken(service):
    rollouts.push_never_ready(service)


@then("its Application becomes Degraded and reports the reason")
def becomes_degraded(service, evidence):
    says = rollouts.wait_health(service, "Degraded")
    evidence.add("what it says", says)
    assert "progress deadline" in says, (
        f"expected Application {service.name} to say that the progress deadline passed, saw {says!r}"
    )


@when("the operator reverts the commit in Git and switches auto-sync on again, as the handbook says")
def revert(service, tmp_path, evidence):
    evidence.add("the handbook's revert", typed_rollbacks.revert(service, tmp_path))


@then("its Application is shown as Synced and Healthy at the latest commit")
def shown_as_well(argocd_ui, service, evidence):
    evidence.add("shown", rollouts.wait_shown_well(argocd_ui, service))


@then("its pods run the previous version")
def pods_before(service):
    rollouts.wait_version_before(service)


@then("its Application is Healthy again")
def healthy_again(service):
    rollouts.wait_health(service, "Healthy")


@then("the commit of each of their records is still in the repository")
def records_lead_to_commits(cluster, argocd, git, repository, applications, evidence):
    unkept = lost_revisions.not_on_claims(cluster, git.settings)
    assert not unkept, f"expected Git's history to outlive its server's pod, but {', '.join(unkept)}"
    known, since = lost_revisions.known_commits(repository), lost_revisions.repositories_since(cluster)
    evidence.add("commits in the repository", len(known))
    lost = lost_revisions.lost_revisions(argocd.applications(), repository.url, known, since)
    assert not lost, f"expected the commit of each sync record in {repository.url}, but these are gone: {lost}"
