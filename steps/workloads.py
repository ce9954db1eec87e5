"""Pods, Deployments, Services, probes and logs."""

from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json, describe, is_ready
from acceptance.base.waiting import LOGS_READABLE, POD_READY, RESTART, eventually
from acceptance.cluster.probe import pod_spec, probe_container, probe_pod


@when(parsers.parse("a Deployment with {replicas:d} replicas is created"), target_fixture="deployment")
def create_deployment(namespace, replicas):
    labels = {"app": "spread"}
    namespace.create({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "spread"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": pod_spec(probe_container())}},
    })  # fmt: skip
    return replicas


@then("its pods run on more than one worker")
def pods_are_spread(namespace, deployment, outputs, evidence):
    hint = f"kubectl -n {namespace.name} get pods -o wide"

    def all_ready():
        pods = namespace.pods("app=spread")
        ready = [pod for pod in pods if is_ready(pod)]
        assert len(ready) == deployment, f"{len(ready)} of {deployment} pods Ready"
        return ready

    pods = eventually(all_ready, within=POD_READY, what=f"{deployment} pods Ready", hint=hint)
    nodes = {pod.metadata.name: pod.spec.node_name for pod in pods}
    evidence.add("pods and their nodes", nodes)
    workers = {worker.name for worker in outputs.workers}
    assert set(nodes.values()) <= workers, f"expected pods on workers only, saw {nodes}"
    assert len(set(nodes.values())) > 1, f"expected more than one worker, saw {nodes}. Try: {hint}"


@given("a server pod behind a ClusterIP Service", target_fixture="service_address")
def server_behind_service(namespace, cluster, outputs):
    namespace.create({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "server"},
        "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8080}]},
    })  # fmt: skip
    namespace.create(probe_pod("server"))
    for worker in outputs.workers:
        namespace.create(probe_pod(f"client-{worker.name}", nodeSelector={"kubernetes.io/hostname": worker.name}))
    namespace.wait_ready("server")
    return cluster.core.read_namespaced_service("server", namespace.name).spec.cluster_ip


@then("a pod on each worker reaches the Service by address and by name")
def service_is_reached(namespace, outputs, service_address, evidence):
    server = namespace.pod("server").metadata.name
    seen = {}
    for worker in outputs.workers:
        client = f"client-{worker.name}"
        namespace.wait_ready(client)
        for target in (service_address, f"server.{namespace.name}.svc.cluster.local", "server"):

            def reach(client=client, target=target):
                # Until its node has heard of a new pod, connections to the old one hang.
                answer = as_json(namespace.execute(client, "/probe", "get", f"http://{target}/", "1s"))
                assert answer["pod"] == server, f"{answer['pod']} answered"
                return answer["pod"]

            what = f"{client} to reach the Service at {target}"
            seen[f"{client} -> {target}"] = eventually(
                reach, within=POD_READY, what=what, hint="kubectl get endpointslices -A"
            )
    evidence.add("who reached whom", seen)


@when("the server pod is replaced")
def replace_server(namespace, cluster):
    old = namespace.pod("server").metadata.uid
    cluster.core.delete_namespaced_pod("server", namespace.name, grace_period_seconds=0)

    def gone():
        assert all(pod.metadata.uid != old for pod in namespace.pods("app=server")), "the old pod is still there"
        return True

    eventually(gone, within=POD_READY, what="the old server pod gone")
    namespace.run_pod("server")


@then("the Service still has its address")
def service_keeps_address(namespace, cluster, service_address):
    now = cluster.core.read_namespaced_service("server", namespace.name).spec.cluster_ip
    assert now == service_address, f"expected {service_address}, saw {now}"


@given("a server pod with a health probe every second", target_fixture="probed")
def server_with_probe(namespace):
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 3}
    return namespace.run_pod("probed", container={"livenessProbe": probe})


@when("its health probe begins to fail")
def probe_fails(namespace, cluster, probed):
    assert probed.status.container_statuses[0].restart_count == 0, "the container was restarted before its probe failed"
    cluster.core.connect_post_namespaced_pod_proxy_with_path("probed:8080", namespace.name, "unhealthy")


@then("three failures are recorded and the container is restarted once")
def restarted_after_three(namespace, cluster, evidence):
    hint = f"kubectl -n {namespace.name} describe pod probed"

    def restarted():
        pod = namespace.pod("probed")
        count = pod.status.container_statuses[0].restart_count
        assert count >= 1, f"no restart yet; the pod {describe(pod)}"
        return count

    def three_failures():
        events = cluster.core.list_namespaced_event(namespace.name, field_selector="involvedObject.name=probed").items
        failures = sum(event.count or 1 for event in events if event.reason == "Unhealthy")
        assert failures >= 3, f"{failures} failed probes recorded"
        return [f"{event.reason} x{event.count or 1}: {event.message}" for event in events]

    eventually(restarted, within=RESTART, what="the container restarted", hint=hint)
    evidence.add(
        "events", eventually(three_failures, within=LOGS_READABLE, what="three failed probes recorded", hint=hint)
    )


@then("the pod is Ready again")
def ready_again(namespace):
    pod = namespace.wait_ready("probed")
    count = pod.status.container_statuses[0].restart_count
    assert count == 1, f"expected one restart, saw {count}"


@when(parsers.parse("a pod writes {count:d} lines"), target_fixture="lines")
def pod_writes_lines(namespace, count):
    namespace.create(probe_pod("talking", "log", str(count)))
    namespace.wait_ready("talking")
    return [f"line {number} of {count}" for number in range(1, count + 1)]


@then(parsers.parse("the API returns all {count:d} lines"))
def api_returns_lines(namespace, cluster, lines, count):
    def complete():
        seen = cluster.core.read_namespaced_pod_log("talking", namespace.name).splitlines()
        assert seen == lines, f"{len(seen)} of {count} lines, the last {seen[-1:]}"
        return True

    eventually(complete, within=LOGS_READABLE, what=f"{count} lines", hint=f"kubectl -n {namespace.name} logs talking")


@then(parsers.parse("kubectl returns the last {count:d} of them"))
def kubectl_returns_tail(namespace, cluster, lines, count):
    seen = cluster.kubectl("logs", "-n", namespace.name, "talking", f"--tail={count}").splitlines()
    assert seen == lines[-count:], f"expected the last {count} lines, saw {len(seen)}, beginning with {seen[:1]}"
