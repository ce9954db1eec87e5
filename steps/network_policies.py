"""Which pods may reach which others. Source: plan 27.3 to 27.6."""

import json
import re

import pytest
from pytest_bdd import given, parsers, then

from acceptance.base.deadlines import CERTIFICATE_ISSUED, GONE, Deadline
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.web import url
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.network.pod_connections import ENFORCED
from acceptance.drivers.secrets.secret_use import NAMESPACE, running_workloads
from acceptance.drivers.security import (
    known_workloads,
    network_policies,
    policy_peers,
    policy_rules,
    production_coverage,
)

RULES_APPLY = Deadline(150, "the suite: rules for new pods, and the time-outs of those who are kept out")
STAYS = Deadline(5, "the suite: rules that apply once go on to apply")


@given("exactly the network policies in Git", target_fixture="policies")
def policies_as_in_git(access, applications, cluster, policies_of_git, evidence):
    seen = network_policies.policies(cluster)
    evidence.add("network policies", seen)
    # Policies are additive: what one admits no other can block, so there must be no others.
    names, wanted = sorted(seen), sorted(policies_of_git)
    assert names == wanted, f"expected the policies {wanted}, saw {names}. Try: kubectl get networkpolicies"
    other = {name: json.dumps(seen[name]) for name, spec in policies_of_git.items() if seen[name] != spec}
    assert not other, f"expected network policies as in Git, but these differ: {other}"
    return seen


@given("each pod behind a Service is covered by its policy, and there are no unknown pods")
def pods_are_covered(policies, default, platform):
    covered = lambda: network_policies.all_covered(default, policies)  # noqa: E731
    # Another scenario may just have replaced a pod.
    eventually(covered, within=GONE, what="each pod to be covered by the policy of its Application")
    started = known_workloads.pods_of_others(default, known_workloads.known(platform))
    unknown = sorted({*network_policies.unknown_pods(default), *started})
    assert not unknown, f"expected only pods of the platform's Applications in {default.name}, saw {unknown}"


@given("the policies admit no IP blocks and, from other namespaces, only Traefik's pods")
def nobody_from_elsewhere(policies, platform, cluster):
    namespaces = network_policies.labelled_namespaces(cluster)
    found = policy_peers.from_elsewhere_everywhere(platform, policies, namespaces)
    assert not found, (
        f"expected network policies to admit only the platform's pods and Traefik's, but they also admit {found}"
    )


@given("each policy names the Applications that it admits, here and in production")
def callers_are_named(access, applications, platform, default, cluster):
    seen, namespaces = network_policies.policies(cluster), network_policies.labelled_namespaces(cluster)
    found = policy_peers.admitted_everywhere(platform, default, seen, namespaces)
    assert not found, (
        f"expected network policies to admit pods only by the names of the Applications that need theirs, "
        f"they also admit {found}. Try: kubectl describe networkpolicy"
    )


@given("to other Applications and Traefik the policies open only the ports of Services, here and in production")
def ports_are_the_services(access, applications, platform, cluster):
    found = policy_rules.beyond_ports_everywhere(platform, network_policies.policies(cluster))
    assert not found, (
        f"expected network policies to open only the ports that Services lead to, they also open {found}. "
        "Try: kubectl describe networkpolicy"
    )


@given("a policy covers each pod, even one without labels, and none that denies everything is void")
def denial_is_not_void(access, applications, platform, default, cluster):
    found = policy_rules.void(network_policies.policies(cluster), policy_peers.pods_here(default))
    found += production_coverage.closed_in_production(platform)
    assert not found, f"expected policies that deny and admit as they should in {NAMESPACE}, but {'; '.join(found)}"


@given("from Traefik's namespace the policies admit Traefik alone")
def traefik_is_named(access, applications, cluster):
    seen, namespaces = network_policies.policies(cluster), network_policies.labelled_namespaces(cluster)
    found = policy_rules.beside_traefik(seen, namespaces)
    assert not found, f"expected network policies to name Traefik's pods (app: traefik), they admit {found}"


@given("no workload there starts pods of anything else")
def no_other_workloads(cluster, platform):
    there = running_workloads(cluster)
    unknown = known_workloads.unknown_workloads(there, known_workloads.known(platform))
    found = sorted({*policy_peers.of_no_application(there), *unknown})
    assert not found, f"expected only workloads of the platform's Applications in {NAMESPACE}, saw {found}"


@given("only namespaces of scenarios have the label by which policies admit scenarios' clients")
def nobody_poses_as_scenario(cluster):
    found = policy_peers.calling_themselves_scenarios(cluster)
    assert not found, (
        f"expected the label {SCENARIO_LABEL} only on namespaces that runs of this suite created, saw it on {found}: "
        "their pods can reach every service"
    )


@given("a network that enforces policies")
def network_keeps_to_policies(unprotected_workers, outputs, cluster):
    what = f"a forbidden connection to their pods was still made after {ENFORCED.seconds:.0f} s"
    # On the suite's own cluster there is a controller of policies, on somebody else's there may be none.
    if cluster.is_attached and len(unprotected_workers) == len(outputs.workers):
        raise Unverifiable(f"the network enforces no policies: {what} (the policies were compared with Git)")
    assert not unprotected_workers, (
        f"expected each worker to enforce network policies, but {unprotected_workers} do not: {what}. "
        "Try: kubectl -n kube-system get pods -l app=kube-router -o wide"
    )


@pytest.fixture
def callers(default, namespace):
    with network_policies.callers(default, namespace) as pods:
        yield pods


@then(parsers.re('only (?P<who>.+?) reach(es)? "(?P<target>[^"]+)"'))
def only_these_reach(callers, default, who, target, evidence):
    own, wanted = network_policies.application_at(target), set(re.findall(r'"([^"]+)"', who))
    what = f"{target} and each pod behind it to accept only these callers: {sorted(wanted) or 'nobody'}"
    settled = lambda: network_policies.only_these(callers, default, own, wanted)  # noqa: E731
    eventually(settled, within=RULES_APPLY, what=what, hint=f"kubectl describe networkpolicy {own}")
    evidence.add(f"who reaches {target}", consistently(settled, during=STAYS, what=what))


@then(parsers.parse('Traefik forwards requests to "{target}"'))
def traefik_reaches(web, routes, environment, target, evidence):
    address = url(
        environment.domain, *network_policies.page_through_traefik(environment, network_policies.application_at(target))
    )
    answer = eventually(lambda: web.get(address), within=CERTIFICATE_ISSUED, what=f"an answer from {address}")
    evidence.add(f"GET {address}, which Traefik passes on", answer.status_code)
    assert answer.status_code == 200, (
        f"expected 200 from {target} through Traefik, saw GET {address}: {answer.status_code}"
    )


@then("a pod that no policy names cannot reach any of the platform's services")
def stranger_reaches_nothing(callers, default, evidence):
    what, hint = "connections from a pod that no policy names to be blocked", "kubectl get networkpolicies"
    kept_out = lambda: network_policies.out_of_reach(callers, default)  # noqa: E731
    targets = eventually(kept_out, within=RULES_APPLY, what=what, hint=hint)
    evidence.add("out of a stranger's reach", targets)
