"""What Argo CD and the cluster show of the platform."""

import datetime

from pytest_bdd import given, parsers, then

from acceptance.base.conditions import describe, is_ready
from acceptance.base.waiting import LOGS_READABLE, SETTLED, SYNCED, eventually
from acceptance.cluster.namespace import of_scenario
from steps.sync_records import see_ui, sync_record


@given("the platform's five Applications")
def five_applications(applications):
    pass


@then(parsers.parse("the UI shows each of them as {wanted}, as Argo CD keeps it"))
def ui_shows(argocd, applications, wanted, evidence, environment, web):
    field = "sync" if wanted in ("Synced", "OutOfSync") else "health"

    def shown():
        found = {item["metadata"]["name"]: item["status"] for item in argocd.applications()}
        missing = [name for name in applications if name not in found]
        assert not missing, f"not shown: {missing}"
        seen = {name: found[name].get(field, {}).get("status") for name in applications}
        assert set(seen.values()) == {wanted}, f"{seen}"
        return seen

    hint = "kubectl -n argocd get applications"
    evidence.add(field, eventually(shown, within=SYNCED, what=f"each Application {wanted}", hint=hint))
    see_ui(argocd, evidence)


@then("each of them shows the last commit of the repository as the one that it follows")
def follows_head(argocd, repository, applications, evidence):
    head = repository.git("ls-remote", repository.remote(), "refs/heads/main").split()[0]

    def all_follow():
        seen = {name: argocd.application(name, refresh=True)["status"]["sync"]["revision"] for name in applications}
        behind = {name: revision[:8] for name, revision in seen.items() if revision != head}
        assert not behind, f"{behind}, the last commit is {head[:8]}"
        return seen

    hint = "kubectl -n argocd get applications -o yaml | grep targetRevision"
    seen = eventually(all_follow, within=SYNCED, what=f"each Application at {head[:8]}", hint=hint)
    evidence.add("commit that each Application follows", seen)


@then("each of them shows a commit of the repository as deployed, and when")
def shows_deployed(argocd, repository, applications, evidence):
    repository.fetch()
    seen = {}
    for name in applications:
        history = argocd.application(name)["status"].get("history") or []
        assert history, f"{name} shows no deployment"
        entry = history[-1]
        pushed = int(repository.git("show", "--no-patch", "--format=%ct", entry["revision"]))
        deployed = datetime.datetime.fromisoformat(entry["deployedAt"]).timestamp()
        seen[name] = {"commit": entry["revision"], "deployed": entry["deployedAt"], "seconds after": deployed - pushed}
        assert deployed >= pushed - 1, f"{name} was deployed at {entry['deployedAt']}, before its commit was made"
        assert deployed <= datetime.datetime.now(datetime.UTC).timestamp() + 1, f"{name} was deployed in the future"
    evidence.add("deployed", seen)


@then("the list of pods shows for each pod how many of its containers are ready")
def list_shows_ready(cluster, evidence):
    def agrees():
        listed = {}
        text = cluster.kubectl("get", "pods", "--all-namespaces", "--no-headers")
        for line in text.splitlines():
            namespace, name, ready = line.split()[:3]
            listed[namespace, name] = ready
        for pod in cluster.core.list_pod_for_all_namespaces().items:
            if pod.metadata.namespace.startswith("scenario") or of_scenario(pod.metadata.labels):
                continue
            statuses = pod.status.container_statuses or []
            wanted = f"{sum(status.ready for status in statuses)}/{len(pod.spec.containers)}"
            seen = listed.get((pod.metadata.namespace, pod.metadata.name))
            assert seen == wanted, f"{pod.metadata.name} is listed as {seen}, its containers are {wanted}"
        return text

    # A pod may change between the two readings.
    evidence.add("kubectl get pods", eventually(agrees, within=LOGS_READABLE, what="the list to agree with the API"))


@then("every pod of every namespace is ready")
def all_ready(cluster):
    def ready():
        waiting = [
            f"{pod.metadata.namespace}/{pod.metadata.name} {describe(pod)}"
            for pod in cluster.core.list_pod_for_all_namespaces().items
            if pod.status.phase != "Succeeded"
            and not pod.metadata.deletion_timestamp
            and not pod.metadata.namespace.startswith("scenario")
            and not of_scenario(pod.metadata.labels)
            and not is_ready(pod)
        ]
        assert not waiting, "; ".join(waiting)
        return True

    eventually(ready, within=SETTLED, what="every pod of every namespace Ready", hint="kubectl get pods -A")


@then("the logs of the backend can be read")
def backend_logs(cluster, backend_service, evidence):
    seen = cluster.kubectl("logs", "-l", "app=backend-service", "--tail=100")
    evidence.add("kubectl logs -l app=backend-service", seen)
    assert seen.strip(), "the backend's log is empty. Try: kubectl logs -l app=backend-service --tail=100"


@then("the UI shows the API's refusal")
def shows_refusal(argocd, demo, evidence):
    sync_record(demo, "Failed")
    operation = demo.status()["operationState"]
    shown = [operation["message"], *(item.get("message", "") for item in operation["syncResult"].get("resources", []))]
    evidence.add("messages", shown)
    assert any("immutable" in text for text in shown), f"expected the API's refusal to be shown, saw {shown}"
    see_ui(argocd, evidence)


@given("metrics-server runs")
def metrics_server_runs(metrics_server):
    pass


@then('"kubectl top" shows the use of every node')
def top_nodes(cluster, outputs, evidence):
    def shown():
        text = cluster.kubectl("top", "nodes", "--no-headers")
        listed = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
        missing = [m.name for m in [*outputs.control_planes, *outputs.workers] if m.name not in listed]
        # A node without figures yet is listed with <unknown>.
        missing += [name for name, figures in listed.items() if "<unknown>" in figures]
        assert not missing, f"no figures of {missing}"
        return text

    hint = "kubectl top nodes; kubectl -n kube-system logs deploy/metrics-server"
    evidence.add("kubectl top nodes", eventually(shown, within=SETTLED, what="figures of every node", hint=hint))


@then('"kubectl top" shows the use of pods')
def top_pods(cluster, evidence):
    text = cluster.kubectl("top", "pods", "--all-namespaces", "--no-headers")
    evidence.add("kubectl top pods", text)
    assert len(text.splitlines()) >= 5, f"expected figures of the cluster's pods, saw {len(text.splitlines())} lines"
