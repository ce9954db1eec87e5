"""The CIS benchmark of the nodes. Source: plan 27."""

from pytest_bdd import then, when

from acceptance.clients.caller import Caller
from acceptance.drivers import benchmark

# What the API tells whom.

NEEDS_CREDENTIALS = (
    "/api", "/apis", "/api/v1/namespaces", "/api/v1/secrets", "/api/v1/namespaces/default/pods", "/openapi/v2",
    "/metrics", "/version",
)  # fmt: skip
HEALTH = ("/healthz", "/livez", "/readyz")


@when("what the control plane and the kubelets run with is held against the benchmark", target_fixture="results")
def run_benchmark(cluster, evidence):
    results = benchmark.run(benchmark.facts(cluster))
    evidence.add("CIS Kubernetes Benchmark 1.10", "\n".join(result.line() for result in results))
    return results


@then("every check that has to pass here does")
def checks_pass(results, environment):
    found = benchmark.wanting(results, on_k3s="K3s" not in environment.stand_ins)
    lines = [f"{result.line()} on {', '.join(result.bad) or 'any node'}" for result in found]
    assert not found, f"expected these checks to pass: {'; '.join(lines)}"


@then("without credentials the API tells its health at most")
def nothing_for_strangers(cluster, evidence):
    stranger = Caller(cluster)
    seen = {path: stranger("GET", path).status_code for path in (*NEEDS_CREDENTIALS, *HEALTH)}
    evidence.add("answers without credentials", seen)
    told = {path: seen[path] for path in NEEDS_CREDENTIALS if seen[path] not in (401, 403)}
    assert not told, f"expected 401 or 403 without credentials, saw {told}"
