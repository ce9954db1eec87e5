"""Who may reach whom. Source: plan 27.3 to 27.6."""

import json
import re
import secrets

import pytest
from kubernetes import client
from pytest_bdd import given, parsers, then

from acceptance.base.labels import NAME_LABEL, SCENARIO_LABEL
from acceptance.base.waiting import CERTIFICATE_ISSUED, Deadline, eventually
from acceptance.clients.web import url
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.database import PORT as DATABASE_PORT
from acceptance.drivers.network import ENFORCED, reaches
from acceptance.drivers.pods import delete_now
from acceptance.drivers.services import PORTS
from acceptance.platform.access import NAMESPACE

RULES_APPLY = Deadline(150, "the suite: rules for new pods, and the time-outs of those who are kept out")

# Who reaches whom.

SERVICES = {
    **{name: (name, port) for name, port in PORTS.items()},
    "database": ("yb-tservers", DATABASE_PORT),
    "redis": ("redis", 6379),
}
"""Service and port of each of the platform's Applications."""
PODS = {name: f"app={name}" for name in SERVICES} | {"database": "app in (yb-tserver, yb-master)"}
STRANGER, ELSEWHERE = "a stranger", "a stranger elsewhere that calls itself backend-service"


@given("the network policies of Git, and no others", target_fixture="policies")
def policies_as_in_git(access, applications, cluster, default, policies_of_git, evidence):
    wanted = policies_of_git
    found = client.NetworkingV1Api(cluster.api).list_namespaced_network_policy(NAMESPACE).items
    seen = {item.metadata.name: cluster.api.sanitize_for_serialization(item.spec) for item in found}
    evidence.add("network policies", seen)
    missing, more = sorted(set(wanted) - set(seen)), sorted(set(seen) - set(wanted))
    assert not missing, f"expected the network policies of Git, {missing} are missing. Try: kubectl get networkpolicies"
    # What one policy admits no other keeps out.
    assert not more, f"expected the network policies of Git alone, there are also {more}"
    for name, spec in wanted.items():
        assert seen[name] == spec, f"the network policy {name} is not as in Git: {json.dumps(seen[name])}"
    for name, selector in PODS.items():
        pods = default.pods(selector)
        labels = seen[name]["podSelector"]["matchLabels"]
        outside = [pod.metadata.name for pod in pods if not labels.items() <= pod.metadata.labels.items()]
        assert pods and not outside, f"the network policy {name} covers no pods, or not these: {outside}"
    return seen


@given("a network that keeps to policies")
def network_keeps_to_policies(keeps_to_policies):
    if not keeps_to_policies:
        raise Unverifiable(
            f"the network keeps to no policy: a connection that one forbids was made for {ENFORCED.seconds:.0f} s "
            "(that the policies are there, as Git has them, was judged)"
        )


@pytest.fixture
def callers(default, namespace):
    """Pods of all kinds, as policies know them, by who they are: namespace and name. No Service leads to them."""
    mark = secrets.token_hex(3)
    labels = {name: {NAME_LABEL: name} for name in SERVICES} | {STRANGER: {}}
    pods = {who: (default, f"caller-{number}-{mark}") for number, who in enumerate(labels)}
    try:
        for who, (place, name) in pods.items():
            pod = place.cluster.probe.pod(name)
            pod["metadata"]["labels"] |= {SCENARIO_LABEL: "true", **labels[who]}
            place.create(pod)
        # A label counts in the namespace of the services alone.
        outside = namespace.cluster.probe.pod("outside")
        outside["metadata"]["labels"][NAME_LABEL] = "backend-service"
        namespace.create(outside)
        pods[ELSEWHERE] = (namespace, "outside")
        for place, name in pods.values():
            place.wait_ready(name)
        yield pods
    finally:
        for place, name in pods.values():
            delete_now(place, name)


def who_reaches(callers, target, own):
    """Who of the callers reaches `target`, but for pods of its own Application."""
    host, _, port = target.partition(":")
    address = f"{host}.{NAMESPACE}.svc.cluster.local:{port}"
    return {who for who, (place, name) in callers.items() if who != own and reaches(place, name, address)}


@then(parsers.re('only (?P<who>.+?) reach(es)? "(?P<target>[^"]+)"'))
def only_these_reach(callers, who, target, web, routes, environment, evidence):
    own = next(name for name, (host, port) in SERVICES.items() if target == f"{host}:{port}")
    wanted = set(re.findall(r'"([^"]+)"', who))

    def settled():
        seen = who_reaches(callers, target, own)
        assert seen == wanted, f"{sorted(seen) or 'nobody'} of {sorted(set(callers) - {own})}"
        return sorted(seen)

    what = f"{target} reached by {sorted(wanted) or 'nobody'} alone"
    hint = f"kubectl describe networkpolicy {own}"
    evidence.add(f"pods that reach {target}", eventually(settled, within=RULES_APPLY, what=what, hint=hint))
    if "Traefik" in who:
        host, path = {
            "auth-service": ("auth", environment.services.auth_health_path),
            "backend-service": ("api", "/health"),
            "frontend-service": ("www", "/"),
        }[own]
        address = url(environment.domain, host, path)
        answer = eventually(lambda: web.get(address), within=CERTIFICATE_ISSUED, what=f"an answer at {address}")
        evidence.add(f"GET {address}, which Traefik passes on", answer.status_code)
        assert answer.status_code == 200, f"expected Traefik to reach {target}, it answers {answer.status_code}"


@then("a pod that no policy names reaches no other service either")
def stranger_reaches_nothing(callers, evidence):
    place, name = callers[STRANGER]
    targets = [f"{host}:{port}" for host, port in SERVICES.values()]

    def nothing():
        seen = [target for target in targets if reaches(place, name, target)]
        assert not seen, f"it reaches {seen}"
        return targets

    hint = "kubectl get networkpolicies"
    evidence.add(
        "out of a stranger's reach", eventually(nothing, within=RULES_APPLY, what="a stranger kept out", hint=hint)
    )
