"""Pods, Deployments, Services, probes and logs."""

import functools

from pytest_bdd import given, parsers, then, when

from acceptance.base.deadlines import LOGS_READABLE, RESTART
from acceptance.base.waiting import eventually
from acceptance.cluster.probe import pod_spec
from acceptance.drivers.cluster import (
    api_server_logs,
    api_service,
    large_packets,
    silent_logs,
    terminated_containers,
)
from acceptance.drivers.network import outside, reachability
from acceptance.drivers.workloads import liveness_probes, pod_lists, pods_with_probes
from acceptance.drivers.workloads.pods import start_on_each_worker
from acceptance.drivers.workloads.pods_with_probes import wait_all_ready
from acceptance.platform.applications import APPLICATIONS


@when(parsers.parse("a Deployment with {replicas:d} replicas is created"), target_fixture="deployment")
def create_deployment(namespace, replicas):
    labels = {"app": "spread"}
    template = {"metadata": {"labels": labels}, "spec": pod_spec(namespace.cluster.probe.container())}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    namespace.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "spread"}, "spec": spec})
    return replicas


@then("its pods run on more than one worker")
def pods_are_spread(namespace, deployment, outputs, evidence):
    nodes = wait_all_ready(namespace, "app=spread", deployment)
    evidence.add("pods and their nodes", nodes)
    workers, used = {worker.name for worker in outputs.workers}, set(nodes.values())
    expected = f"expected pods of the Deployment spread in {namespace.name} on"
    assert used <= workers, f"{expected} workers only, saw {nodes}"
    assert len(used) > 1, f"{expected} more than one worker, saw {nodes}"


@given("a server pod behind a ClusterIP Service", target_fixture="service_address")
def server_behind_service(namespace, outputs):
    return reachability.create_service(namespace, outputs)


@then("a pod on each worker reaches the Service by address and by name")
def service_is_reached(namespace, outputs, service_address, evidence):
    evidence.add("who reached whom", reachability.reach_from_workers(namespace, outputs, service_address))


@then("what is outside the cluster answers the pods on workers, too")
def pods_are_answered_outside(namespace, outputs, environment, evidence):
    if environment.infrastructure.provisioner == "kind":
        target = outside.neighbour(outputs)
        assert target, f"expected the load balancer {outputs.load_balancer.id} on the machines' network"
        evidence.add(f"who was answered at {target}", outside.answered_outside(namespace, outputs, target))


@then("so does a pod on each control plane")
def service_is_reached_from_control_planes(namespace, outputs, service_address, evidence):
    seen = reachability.reach_from_control_planes(namespace, outputs, service_address)
    evidence.add("who reached whom from control planes", seen)


@then("a payload larger than one packet gets through from there to the server and back")
def large_payload_gets_through(namespace, outputs, evidence):
    evidence.add(
        "who answered as much to a pod on each control plane", large_packets.from_control_planes(namespace, outputs)
    )


@given("each new connection to the API's own Service is answered")
@then("each new connection to the API's own Service is answered")
def api_is_reached(namespace, outputs, evidence):
    evidence.add("connections that were answered", api_service.reach_from_workers(namespace, outputs))


@then("so does each machine itself, by address")
def service_is_reached_from_machines(namespace, outputs, service_address, evidence):
    seen = reachability.reach_from_machines(namespace, outputs, service_address)
    evidence.add("who reached whom from the machines' own network", seen)


@then("so do the pods on control planes and each machine itself, now that it is on another worker")
def service_is_reached_again(namespace, outputs, service_address, evidence):
    seen = reachability.reach_again(namespace, outputs, service_address)
    evidence.add("who reached whom after the server had moved", seen)


@then("each of the cluster's DNS servers, queried individually, resolves the Service")
def each_dns_server_knows_it(namespace, evidence):
    evidence.add("who answered, by DNS server", reachability.reach_by_each_dns_server(namespace))


@when("the server pod is replaced")
def replace_server(namespace, outputs):
    reachability.replace_server(namespace, outputs)


@then("the Service keeps its address")
def service_keeps_address(namespace, cluster, service_address):
    now = cluster.core.read_namespaced_service("server", namespace.name).spec.cluster_ip
    assert now == service_address, (
        f"expected the Service server in {namespace.name} to keep the address {service_address}, saw {now}"
    )


@given("a server pod on each worker with a liveness probe every second", target_fixture="probed_pods")
def servers_with_probe(namespace, outputs):
    return pods_with_probes.start_on_each(namespace, outputs)


@given("pods on each worker with a liveness probe that hangs", target_fixture="hanging_pods")
def pods_with_hanging_probe(namespace, outputs):
    return pods_with_probes.start_hanging_on_each(namespace, outputs)


@when("the server pods' liveness probes start to fail")
def probes_fail(namespace, probed_pods):
    pods_with_probes.let_probes_fail(namespace, probed_pods)


@then("three failures are recorded and the container is restarted once")
def restarted_after_three(namespace, probed_pods, evidence):
    for name in probed_pods:
        hint = f"kubectl -n {namespace.name} describe pod {name}"
        restarted = functools.partial(pods_with_probes.restarted, namespace, name)
        eventually(restarted, within=RESTART, what=f"the container of {name} to be restarted", hint=hint)
        failed = functools.partial(pods_with_probes.three_failures, namespace, name)
        what = f"events about three failed probes of {name}"
        evidence.add(f"events of {name}", eventually(failed, within=LOGS_READABLE, what=what, hint=hint))


@then("a hanging probe also counts as a failure, and the container is restarted")
def hanging_are_restarted(namespace, hanging_pods):
    for name in hanging_pods:
        hint = f"kubectl -n {namespace.name} describe pod {name}"
        restarted = functools.partial(pods_with_probes.restarted, namespace, name)
        eventually(restarted, within=RESTART, what=f"the container of {name} to be restarted", hint=hint)


@then("the pod is Ready again")
def ready_again(namespace, probed_pods):
    restarts = {name: namespace.wait_ready(name).status.container_statuses[0].restart_count for name in probed_pods}
    assert set(restarts.values()) == {1}, f"expected one restart of each pod in {namespace.name}, saw {restarts}"


@then(
    "each container of the platform's services has a liveness probe with the required threshold, rendered and running"
)
def services_have_probes(cluster, platform):
    rendered = [item for name in APPLICATIONS for item in platform.render(name)]
    wrong = liveness_probes.rendered_without_probe(rendered) + liveness_probes.deployed_without_probe(cluster)
    wrong += liveness_probes.production_without_probe(platform)
    wrong += liveness_probes.without_probe(liveness_probes.platform_pods(cluster))
    assert rendered and not wrong, f"expected a liveness probe in each container, saw {wrong or 'no rendered workload'}"


@then("no liveness probe of the cluster's own components or of Argo CD takes long to restart a hanging container")
def upstream_probes_are_in_time(cluster):
    late = liveness_probes.upstream_too_late(liveness_probes.upstream_pods(cluster))
    assert not late, (
        f"expected probes that restart a hanging container within {liveness_probes.LATEST_UPSTREAM} s, saw "
        f"{'; '.join(late)}. Try: kubectl -n kube-system get deployments,daemonsets -o yaml"
    )


@then("no pod is restarted repeatedly by its liveness probe")
def nothing_restarts_again(cluster):
    again = liveness_probes.restarted_by_probes(cluster)
    assert not again, (
        f"expected no pod that its liveness probe restarts repeatedly, saw {again}. Try: kubectl get events -A"
    )


@then("the logs of the platform's stores, if deployed, are not empty, and the database keeps none in files")
def stores_log(cluster, evidence):
    say = lambda: silent_logs.all_say_something(cluster)  # noqa: E731
    hint = "kubectl logs redis-0; kubectl logs yb-tserver-0"
    seen = eventually(say, within=LOGS_READABLE, what="a line in the log of each of the platform's stores", hint=hint)
    evidence.add("pods whose log has a line", seen)
    kept = silent_logs.kept_in_files(cluster)
    assert not kept, f"expected the database's log in kubectl logs, its members on {kept} keep it in files. Try: {hint}"


@given("a crashing pod on each worker", target_fixture="crashing")
def pods_that_crash(namespace, outputs):
    return terminated_containers.start_crashing_on_each(namespace, outputs)


@then("the API returns the logs of the crashed containers")
def logs_of_crashed(namespace, crashing, evidence):
    for worker, name in crashing.items():
        why = functools.partial(terminated_containers.log_of_crashed, namespace, name)
        what, hint = f"log of crashed {name} on {worker}", f"kubectl -n {namespace.name} logs --previous {name}"
        evidence.add(what, eventually(why, within=LOGS_READABLE, what=what, hint=hint))


@then("every kubelet keeps each container's last terminated instance")
def kubelets_keep_the_last(cluster, outputs):
    seen = terminated_containers.kubelets_that_keep_too_few(cluster, outputs)
    hint = "kubectl logs --previous; the kubelet's options are in /var/lib/kubelet/kubeadm-flags.env"
    assert not seen, (
        f"expected every kubelet to keep each container's last terminated instance, saw {seen}. Try: {hint}"
    )


@when(parsers.parse("a pod on each worker writes {count:d} log lines"), target_fixture="talking")
def pods_write_lines(namespace, outputs, count):
    names = [*start_on_each_worker(namespace, outputs, "talking", "log", str(count)).values()]
    for name in names:
        namespace.wait_ready(name)
    return names


@then(parsers.parse("the API returns all {count:d} lines of each"))
def api_returns_lines(namespace, talking, count):
    for name in talking:
        complete = lambda name=name: pods_with_probes.all_lines(namespace, name, count)  # noqa: E731
        hint = f"kubectl -n {namespace.name} logs {name}"
        eventually(complete, within=LOGS_READABLE, what=f"{count} lines of {name}", hint=hint)


@then(parsers.parse("kubectl returns the last {count:d} of them"))
def kubectl_returns_tail(namespace, cluster, talking, count):
    for name in talking:
        written = pod_lists.wait_written(namespace, name)
        seen = cluster.kubectl("logs", "-n", namespace.name, name, f"--tail={count}").splitlines()
        message = f"expected the last {count} of {written} lines, saw {len(seen)}, beginning with {seen[:1]}"
        assert seen == pod_lists.last_lines(written, count), message


@then("the API returns the log of a system pod on every node")
def logs_of_every_node(cluster, outputs, evidence):
    seen = pods_with_probes.nodes_with_logs(cluster)
    evidence.add("a system pod of each node whose log was read", seen)
    silent = {machine.name for machine in (*outputs.control_planes, *outputs.workers)} - set(seen)
    assert not silent, f"expected a readable log of a system pod on every node, there is none on {sorted(silent)}"


@then("each API server by itself returns a line of a pod's log")
def logs_through_each(cluster, evidence):
    evidence.add("whose log each API server returned", api_server_logs.read_through_each(cluster))
