"""A service with more replicas, and a cordoned worker that gets none of them."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers.operations import scaling
from acceptance.drivers.workloads import disruption_budgets, pod_budgets, pod_spread


@given("disruption budgets neither block the drain of a worker nor let it take all pods, here and in production")
def budgets_let_pods_go(platform):
    found = disruption_budgets.in_the_way(platform) + pod_budgets.held_back(platform.cluster)
    assert not found, (
        "expected each disruption budget to allow the eviction of one pod, but not of all at once, "
        f"saw: {'; '.join(found)}. Try: kubectl get poddisruptionbudgets --all-namespaces"
    )


@given("no service's pods wait for a worker that is drained, here and in production")
def pods_find_a_place(platform):
    found = pod_spread.without_place(platform)
    hint = "Try: kubectl get deployments -o yaml, for topologySpreadConstraints"
    assert not found, f"expected a machine for every pod while one worker is drained, saw: {'; '.join(found)}. {hint}"


@when(parsers.parse("{count:d} replicas of it are committed to Git"))
def commit_replicas(service, count, evidence):
    evidence.add("commit", scaling.push_replicas(service, count))


@then(parsers.parse("{count:d} pods of it are ready, spread over all workers"))
def ready_on_every_worker(service, outputs, count, evidence):
    homes = scaling.wait_ready(service, count)
    evidence.add("pods by node", homes)
    fewest = min(count, len(outputs.workers))
    assert len(homes) >= fewest, (
        f"expected pods of {service.name} on {fewest} workers, saw {homes}. Try: {service.hint}"
    )


@when("a worker with pods of it is cordoned and those pods are evicted", target_fixture="drained")
def drain_worker(service, evidence):
    with scaling.drained_worker(service) as drained:
        evidence.add("kubectl drain", drained.said)
        yield drained


@when("another version of it is pushed meanwhile")
def push_version(service, evidence):
    evidence.add("commit", scaling.push_another_version(service))


@then(parsers.parse("{count:d} pods of it are ready, none of them on that worker"))
def ready_elsewhere(service, drained, count, evidence):
    homes = scaling.wait_ready(service, count)
    evidence.add("pods by node", homes)
    left = homes.get(drained.node)
    assert not left, f"expected no pod of {service.name} on {drained.node}, saw {left}. Try: {service.hint}"
