"""What Argo CD and the cluster show about the platform."""

import datetime

from pytest_bdd import given, parsers, then

from acceptance.base.deadlines import LOGS_READABLE, SETTLED
from acceptance.base.waiting import eventually
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.argocd import argocd_settings, reported_status, stale_variables
from acceptance.drivers.cluster.machines import every_machine
from acceptance.drivers.services import late_logs, service_logs
from acceptance.drivers.services.service import now
from acceptance.drivers.workloads import machine_logs, missing_references, pod_lists
from acceptance.drivers.workloads.machine_room import blocked_anywhere, own_namespaces
from steps.sync_records import see_ui


@given("the platform's five Applications")
def five_applications(applications):
    pass


@given("no quota, limit or admission blocks a new pod of the platform or of what it runs on")
def pods_can_come_back(cluster, applications):
    found = blocked_anywhere(cluster)
    assert not found, f"expected each lost pod to be replaced, but {'; '.join(found)}. Try: kubectl get quota,limits -A"
    # A sync, or another scenario, may just be replacing one.
    there = lambda: missing_references.all_there(cluster, own_namespaces(cluster))  # noqa: E731
    hint = "kubectl get configmaps,secrets,serviceaccounts -A"
    eventually(there, within=SETTLED, what="what new pods refer to", hint=hint)


@then("Argo CD's processes run with what their settings say now")
def processes_have_settings(cluster, argocd):
    found = stale_variables.stale(cluster)
    hint = "Try: kubectl -n argocd rollout restart deployment,statefulset"
    assert not found, f"expected Argo CD to run as it will after its next start, but {'; '.join(found)}. {hint}"


@then(parsers.parse("the UI shows each of them as {wanted} after a refresh"))
def ui_shows(platform, argocd, argocd_ui, applications, wanted, evidence):
    field = "sync" if wanted in ("Synced", "OutOfSync") else "health"
    evidence.add(field, reported_status.wait_shown(argocd_ui, applications, field, wanted))
    see_ui(platform, argocd, argocd_ui, evidence)


@then("no custom health check in Argo CD's settings overrides an object's health, here and in production")
def nothing_is_excused(platform):
    found = policies.troubles(argocd_settings.settings_everywhere(platform), argocd_settings.excuses)
    assert not found, f"expected no setting of Argo CD to override objects' health, saw {found}"


@then("Argo CD does not exclude the pods of any Application, here and in production")
def pods_are_seen(platform):
    found = policies.troubles(argocd_settings.settings_everywhere(platform), argocd_settings.hides_pods)
    assert not found, f"expected Argo CD to see each Application's pods, and why they are not ready, saw {found}"


@then("each of them shows the repository's latest commit as the one that it tracks")
def follows_head(argocd_ui, repository, applications, evidence):
    seen = reported_status.wait_all_follow(argocd_ui, repository, applications)
    evidence.add("commit that each Application follows", seen)


@then("each of them shows which commit of the repository was deployed, and when")
def shows_deployed(argocd_ui, repository, applications, evidence):
    repository.fetch()
    seen = {name: reported_status.deployed(argocd_ui, repository, name) for name in applications}
    evidence.add("deployed", seen)


@given("the restart count of each container", target_fixture="restarts")
def restarts_before(cluster):
    return pod_lists.restarts(cluster)


@then("none of their containers restarts meanwhile or is in a crash loop")
def none_crashes(cluster, restarts):
    pod_lists.none_restarts(cluster, restarts)

    def none() -> bool:
        found = pod_lists.held_back(cluster)
        assert not found, f"expected no crashing containers, saw {found}"
        return True

    eventually(none, within=SETTLED, what="a minute without crashing containers", hint="kubectl get events -A")


@then("kubectl shows for each pod how many of its containers are ready")
def list_shows_ready(cluster, evidence):
    # A pod may change between the two readings.
    agrees = lambda: pod_lists.listed_as_counted(cluster)  # noqa: E731
    evidence.add("kubectl get pods", eventually(agrees, within=LOGS_READABLE, what="the list to match the API"))


@then("every pod in every namespace is ready")
def all_ready(cluster):
    ready = lambda: pod_lists.all_ready(cluster)  # noqa: E731
    eventually(ready, within=SETTLED, what="every pod in every namespace to be Ready", hint="kubectl get pods -A")


@then("none of their liveness probes has failed in the last minute")
def none_ails(cluster, evidence):
    def none() -> bool:
        found = pod_lists.ailing(cluster)
        assert not found, f"expected no failed liveness probes, saw {found}"
        return True

    eventually(none, within=SETTLED, what="a minute without a failed liveness probe", hint="kubectl get events -A")
    evidence.add("failed liveness probes of the last minute", "none")


@then(
    parsers.parse(
        "the last {count:d} of {written:d} lines stay readable while the kubelet checks whether to rotate the log"
    )
)
def lines_stay(namespace, talking, written, count):
    pod_lists.lines_stay(namespace, talking, written, count)


@then("the log of every pod of the platform can be read")
def all_logs(cluster, evidence):
    unread, read = pod_lists.read_logs(cluster)
    evidence.add("pods whose logs were read", read)
    assert read and not unread, (
        f"expected the log of every pod to be readable, but these are not: {unread or 'none was read'}"
    )


@then(parsers.parse("no node rotates a log before it reaches {mebibytes:d} MiB"))
def logs_are_long(cluster, outputs, mebibytes, evidence):
    seen = {machine.name: pod_lists.longest_log(cluster, machine.name) for machine in every_machine(outputs)}
    seen |= {"production's machines": machine_logs.shortest_log()}
    evidence.add("containerLogMaxSize of each kubelet, in bytes", seen)
    short = {name: size for name, size in seen.items() if size < mebibytes * 1024**2}
    hint = "Try: kubectl get --raw /api/v1/nodes/NAME/proxy/configz"
    assert seen and not short, f"expected logs of {mebibytes} MiB or more, saw containerLogMaxSize {short}. {hint}"


@then("each pod of auth, the backend and the frontend logs something after a request")
def services_log(auth, backend, frontend, data_client, evidence):
    for service in (auth, backend, frontend):
        since = now() - datetime.timedelta(minutes=1)
        mark, answered = service_logs.ask_each_pod(service, data_client)
        evidence.add(f"last lines of {service.name}", service_logs.wait_said(service, mark, answered))
        late_logs.assert_written_at_once(service, data_client, mark, since)


@given("metrics-server runs")
def metrics_server_runs(metrics_server):
    pass


@then('"kubectl top" shows the resource usage of every node')
def top_nodes(cluster, outputs, evidence):
    names = [machine.name for machine in every_machine(outputs)]
    shown = lambda: pod_lists.used_nodes(cluster, names)  # noqa: E731
    hint = "kubectl top nodes; kubectl -n kube-system logs deploy/metrics-server"
    evidence.add("kubectl top nodes", eventually(shown, within=SETTLED, what="the usage of every node", hint=hint))


@then('"kubectl top" shows the resource usage of pods')
def top_pods(cluster, evidence):
    used = lambda: pod_lists.used_as_running(cluster)  # noqa: E731
    hint = "kubectl top pods -A; kubectl -n kube-system logs deploy/metrics-server"
    evidence.add("kubectl top pods", eventually(used, within=SETTLED, what="the usage of every pod", hint=hint))
