"""The CIS benchmark, and what only root and authenticated users may see. Source: plan 27.1."""

from pytest_bdd import then, when

from acceptance.drivers.cluster import cis_benchmark
from acceptance.drivers.security import machine_files, unauthenticated_access


@when("the settings of each control plane and each kubelet are checked against the benchmark", target_fixture="results")
def run_benchmark(cluster, evidence):
    found = cis_benchmark.facts(cluster)
    missing = cis_benchmark.not_shown(cluster, found)
    assert not missing, f"expected the settings of each control plane to be readable, but these are not: {missing}"
    results = cis_benchmark.run(found)
    evidence.add("CIS Kubernetes Benchmark 1.10", "\n".join(result.line() for result in results))
    return results


@then("every check that must pass here passes")
def checks_pass(results, environment):
    found = cis_benchmark.wanting(results, on_k3s="K3s" not in environment.stand_ins)
    lines = [f"{result.line()} on {', '.join(result.bad) or 'any node'}" for result in found]
    assert not found, f"expected every CIS check to pass, but these failed: {'; '.join(lines)}"


@then("each API server reveals at most its health without credentials")
def nothing_for_strangers(cluster, outputs, evidence):
    seen = unauthenticated_access.told_by_apis(cluster, outputs)
    evidence.add("answers of the API servers without credentials", seen)
    told = unauthenticated_access.told_too_much(seen)
    assert seen and not told, f"expected 401 or 403 from each API server without credentials, saw {told}"


@then("kubelets, schedulers, controller managers and etcd reveal nothing without credentials")
def components_tell_nothing(cluster, outputs, evidence):
    cluster.needs_machines()
    seen = unauthenticated_access.told_by_kubelets(cluster, outputs)
    evidence.add("answers of the kubelets without credentials", seen)
    told = unauthenticated_access.told_too_much(seen)
    assert seen and not told, f"expected 401 or 403 from each kubelet without credentials, saw {told}"
    doors = unauthenticated_access.open_doors(cluster, outputs)
    assert not doors, f"expected no answer without credentials, saw statuses {doors}"


@then("etcd takes no machine's certificate")
def stores_are_the_apis(cluster, outputs):
    found = unauthenticated_access.stores_open_to_machines(cluster, outputs)
    assert not found, (
        f"expected etcd to refuse a certificate of the cluster's authority, saw statuses {found}. "
        "Try: --trusted-ca-file and --peer-trusted-ca-file of etcd"
    )


@then("nothing else on a machine listens beyond that machine")
def nothing_else_listens(cluster, outputs):
    cluster.needs_machines()
    heard = unauthenticated_access.heard_besides(cluster, outputs)
    assert not heard, (
        f"expected only the components checked above to listen on external addresses, saw {heard}. Try: ss -tlnp on it"
    )


@then("no API server serves profiling data, not even to an administrator")
def no_profiles(cluster, outputs):
    served = unauthenticated_access.profiling_served(cluster, outputs)
    assert not served, (
        f"expected 404 for /debug/pprof/ from each API server, but {served} serve it. Try: --profiling=false"
    )


@then("only root can read keys, kubeconfigs, manifests and etcd's data on a machine")
def only_root_reads(cluster, outputs):
    open_files = unauthenticated_access.readable_by_others(cluster, outputs)
    assert not open_files, f"expected only root to be able to read these files, but others can: {open_files}"


@then("nobody else can use a container runtime there, or change what root runs")
def only_root_changes(cluster, outputs):
    found = machine_files.open_to_others(cluster, outputs)
    assert not found, f"expected only root to use these sockets and to change these files, but others can: {found}"
