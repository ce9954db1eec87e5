"""Hardening: benchmark, encryption at rest, network policies, developers' rights, pod security. Source: task 27."""

import base64
import contextlib
import json
import re
import secrets

import pytest
from kubernetes import client
from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from fixtures import benchmark
from fixtures.clients.caller import Caller
from fixtures.clients.web import url
from fixtures.cluster import SCENARIO_LABEL, as_json, probe_pod
from fixtures.components.access import DEVELOPER, NAMESPACE
from fixtures.components.gitops import APPLICATIONS, ARGOCD, GROUP
from fixtures.database import PORT as DATABASE_PORT
from fixtures.etcd import DATA, etcd_pod, etcdctl
from fixtures.manifests import overlay, render
from fixtures.platform import own_namespace
from fixtures.pods import delete_now
from fixtures.services import NAME_LABEL, PORTS
from fixtures.verdicts import Unverifiable
from fixtures.waiting import CERTIFICATE_ISSUED, GONE, POD_READY, SYNCED, Deadline, TimedOut, eventually

STANDARD = "pod-security.kubernetes.io"
ENFORCED = Deadline(6, "the suite: a network that keeps to policies does so within seconds")
RULES_APPLY = Deadline(150, "the suite: rules for new pods, and the time-outs of those who are kept out")

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


# Encryption at rest.

SNAPSHOT = f"{DATA}/hardening.db"
ENCRYPTED = re.compile(rb"k8s:enc:(?!identity)[a-z]+:v\d+:[^:]+:")


def stored(cluster, prefix):
    """What etcd holds below a key: bytes, by key."""
    found = as_json(etcdctl(cluster, "get", prefix, "--prefix", "--write-out", "json")).get("kvs", [])
    return {base64.b64decode(item["key"]).decode(): base64.b64decode(item["value"]) for item in found}


@given("a Secret and a ConfigMap, each with a value of its own", target_fixture="marks")
def secret_and_config_map(namespace):
    marks = {kind: f"mark-{secrets.token_hex(16)}" for kind in ("Secret", "ConfigMap")}
    for kind, mark in marks.items():
        data = {"stringData" if kind == "Secret" else "data": {"value": mark}}
        namespace.apply({"apiVersion": "v1", "kind": kind, "metadata": {"name": "marked"}, **data})
    return marks


@when("a snapshot of etcd is taken", target_fixture="snapshot")
def take_snapshot(cluster, namespace, marks):
    node = etcd_pod(cluster).spec.node_name
    # What is read from a member, it has: a member may be a moment behind what the API acknowledged.
    held = stored(cluster, f"/registry/configmaps/{namespace.name}/marked")
    assert any(marks["ConfigMap"].encode() in value for value in held.values()), f"etcd holds {sorted(held)}"
    try:
        etcdctl(cluster, "snapshot", "save", SNAPSHOT)
        yield node
    finally:
        cluster.on_node(node, "rm", "-f", SNAPSHOT, check=False)


@then("the ConfigMap's value is in it in clear, and the Secret's is not")
def secret_not_in_clear(cluster, namespace, marks, snapshot, evidence):
    def found(text):
        # grep ends with 1 where it finds nothing, and prints 0.
        count = cluster.on_node(snapshot, "grep", "--count", "--text", "--fixed-strings", text, SNAPSHOT, check=False)
        assert count.isdigit(), f"the snapshot on {snapshot} cannot be searched: {count!r}"
        return int(count) > 0

    secret = stored(cluster, f"/registry/secrets/{namespace.name}/marked")
    assert list(secret) == [f"/registry/secrets/{namespace.name}/marked"], f"etcd holds {list(secret)} of the Secret"
    coded = base64.b64encode(marks["Secret"].encode()).decode()
    seen = {
        "the ConfigMap's value": found(marks["ConfigMap"]),
        "the Secret's key": found(f"/registry/secrets/{namespace.name}/marked"),
        "the Secret's value": found(marks["Secret"]) or found(coded),
    }
    (value,) = secret.values()
    evidence.add("found in the snapshot", {**seen, "what is stored of the Secret": repr(value[:60])})
    assert seen["the ConfigMap's value"], "the ConfigMap's value is not found either: the search proves nothing"
    assert seen["the Secret's key"], "the Secret is not in the snapshot: the search proves nothing"
    assert not seen["the Secret's value"], "the Secret's value is in the snapshot of etcd in clear"


@then("etcd holds no Secret of the cluster but encrypted")
def all_secrets_encrypted(cluster, evidence):
    values = stored(cluster, "/registry/secrets/")
    ways = {key: match[0].decode() for key, value in values.items() if (match := ENCRYPTED.match(value))}
    evidence.add(
        "Secrets by the way they are stored", {way: list(ways.values()).count(way) for way in {*ways.values()}}
    )
    clear = sorted(set(values) - set(ways))
    assert values and not clear, f"expected every Secret encrypted in etcd, {len(clear)} are not: {clear[:10]}"


@then("all API servers have the same key, in a file that only root may read")
def key_is_private(cluster, outputs, evidence):
    servers = benchmark.facts(cluster)[benchmark.API]
    paths = {found.get("encryption-provider-config") for found in servers.values()}
    assert len(paths) == 1 and None not in paths, f"expected one --encryption-provider-config, saw {paths}"
    (path,) = paths
    modes, digests = {}, set()
    for machine in outputs.control_planes:
        # The owner is whoever made the cluster, on whose machine the node's root is root.
        modes[machine.name] = cluster.on_node(machine.name, "stat", "--format", "%a", path)
        digests.add(cluster.on_node(machine.name, "sha256sum", path).split()[0])
    evidence.add(f"mode of {path}", modes)
    assert set(modes.values()) == {"600"}, f"expected mode 600 of {path} on every control plane, saw {modes}"
    assert len(digests) == 1, f"the API servers have {len(digests)} different keys: one cannot read what another wrote"


# Who reaches whom.

SERVICES = {
    **{name: (name, port) for name, port in PORTS.items()},
    "database": ("yb-tservers", DATABASE_PORT),
    "redis": ("redis", 6379),
}
"""Service and port of each of the platform's Applications."""
PODS = {name: f"app={name}" for name in SERVICES} | {"database": "app in (yb-tserver, yb-master)"}
DENY = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}  # fmt: skip
ANSWERED = (" answered ", "malformed HTTP", "EOF", "reset by peer")
"""What a client of HTTP says of a server that has no such page, or speaks something else."""
KEPT_OUT = ("i/o timeout", "Client.Timeout", "deadline exceeded", "connection refused", "no route to host")
STRANGER, ELSEWHERE = "a stranger", "a stranger elsewhere that calls itself backend-service"


@pytest.fixture(scope="session")
def policies_of_git(cluster, environment):
    """The specs of the network policies that the manifests hold, by name."""
    folders = [overlay(name, environment) for name in ("access", *APPLICATIONS)]
    manifests = [item for folder in folders for item in render(cluster, folder, environment)]
    return {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "NetworkPolicy"}


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


def reaches(namespace, pod, target):
    """Whether a pod connects to `target` (host:port), whatever speaks there. Raises RuntimeError if it cannot tell."""
    try:
        namespace.execute(pod, "/probe", "get", f"http://{target}/")
    except AssertionError as error:
        said = str(error)
        if any(sign in said for sign in ANSWERED):
            return True
        if "lookup" in said or not any(sign in said for sign in KEPT_OUT):
            raise RuntimeError(f"whether {pod} reaches {target} does not show: {said}") from error
        return False
    return True


@pytest.fixture(scope="session")
def keeps_to_policies(cluster, infrastructure, scenario_namespaces):
    """Whether the network keeps to policies: one that forbids everything is tried in a namespace of its own."""
    with own_namespace(cluster, infrastructure) as namespace:
        for name in ("server", "client"):
            namespace.apply(probe_pod(name))
        address = f"{namespace.wait_ready('server').status.pod_ip}:8080"
        namespace.wait_ready("client")

        def reached():
            assert reaches(namespace, "client", address), f"no connection to {address}"
            return True

        def refused():
            assert not reaches(namespace, "client", address), "the connection is still made"
            return True

        eventually(reached, within=POD_READY, what="a connection before there is a policy")
        namespace.apply(DENY)
        try:
            return eventually(refused, within=ENFORCED, what="a connection refused that a policy forbids")
        except TimedOut:
            return False


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
            pod = probe_pod(name)
            pod["metadata"]["labels"] |= {SCENARIO_LABEL: "true", **labels[who]}
            place.apply(pod)
        # A label counts in the namespace of the services alone.
        outside = probe_pod("outside")
        outside["metadata"]["labels"][NAME_LABEL] = "backend-service"
        namespace.apply(outside)
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


# What developers may do.

HERE = f"/api/v1/namespaces/{NAMESPACE}"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
READ_ONLY = {"get", "list", "watch"}
ABOUT_ONESELF = {"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"}
LEADS_ON = {
    "*", "secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy",
    "serviceaccounts/token",
}  # fmt: skip
"""Rights that lead to Secrets, even with a verb that reads."""
PATCH = {"Content-Type": "application/merge-patch+json"}


@given("a developer with a token of their own", target_fixture="developer")
def developer_with_token(access, evidence):
    developer = access.developer()
    answer = developer.who_am_i()
    assert answer.status_code == 201, f"the token is not accepted: {answer.status_code} {answer.text[:200]}"
    who = answer.json()["status"]["userInfo"]["username"]
    evidence.add("signed in as", who)
    assert who == f"system:serviceaccount:{NAMESPACE}:{DEVELOPER}", f"the token speaks for {who}"
    return developer


def all_answered(caller, attempts, wanted, evidence, title):
    """Make all attempts (by name: method, path, body, headers); raise AssertionError naming the unexpected answers."""
    seen = {name: caller(*attempt).status_code for name, attempt in attempts.items()}
    evidence.add(title, seen)
    other = {name: status for name, status in seen.items() if status != wanted}
    assert not other, f"expected {wanted}, saw {other}. Try: kubectl -n {NAMESPACE} describe role {DEVELOPER}"


@then("the developer reads pods, logs, Services, Deployments and events there")
def developer_reads(developer, backend, evidence):
    attempts = {
        "pods": ("GET", f"{HERE}/pods"),
        "a log": ("GET", f"{HERE}/pods/{backend.running()[0].metadata.name}/log?tailLines=5"),
        "Services": ("GET", f"{HERE}/services"),
        "Deployments": ("GET", f"{APPS}/deployments"),
        "StatefulSets": ("GET", f"{APPS}/statefulsets"),
        "events": ("GET", f"{HERE}/events"),
    }
    all_answered(developer, attempts, 200, evidence, "what the developer reads")


@then("nothing elsewhere")
def developer_reads_nothing_elsewhere(developer, evidence):
    attempts = {
        "pods of all namespaces": ("GET", "/api/v1/pods"),
        "pods of kube-system": ("GET", "/api/v1/namespaces/kube-system/pods"),
        "namespaces": ("GET", "/api/v1/namespaces"),
        "nodes": ("GET", "/api/v1/nodes"),
        "roles of the cluster": ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
    }
    all_answered(developer, attempts, 403, evidence, "what the developer reads elsewhere")


@then("whatever the developer tries to change is refused")
def developer_changes_nothing(developer, backend, evidence):
    pod, restarted = (
        backend.running()[0].metadata.name,
        {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}},
    )
    attempts = {
        "delete a pod": ("DELETE", f"{HERE}/pods/{pod}?dryRun=All"),
        "restart a Deployment": ("PATCH", f"{APPS}/deployments/backend-service?dryRun=All", restarted, PATCH),
        "scale a Deployment": (
            "PATCH", f"{APPS}/deployments/backend-service/scale?dryRun=All", {"spec": {"replicas": 1}}, PATCH,
        ),
        "change a ConfigMap": (
            "PATCH", f"{HERE}/configmaps/backend-config?dryRun=All", {"data": {"NODE_ENV": "development"}}, PATCH,
        ),
        "create a pod": ("POST", f"{HERE}/pods?dryRun=All", probe_pod("own")),
        "delete a network policy": (
            "DELETE", f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies/default-deny?dryRun=All",
        ),
        "relabel the namespace": (
            "PATCH", f"{HERE}?dryRun=All", {"metadata": {"labels": {f"{STANDARD}/enforce": "privileged"}}}, PATCH,
        ),
        "change an Application": (
            "PATCH", f"/apis/argoproj.io/v1alpha1/namespaces/{ARGOCD}/applications/backend-service?dryRun=All",
            {"spec": {"project": "default"}}, PATCH,
        ),
    }  # fmt: skip
    all_answered(developer, attempts, 403, evidence, "what the developer tries to change")


@then("the API lists no right of the developer's but to read")
def rights_are_to_read(developer, evidence):
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": NAMESPACE},
    }
    answer = developer("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)
    assert answer.status_code == 201, f"the API lists no rights: {answer.status_code}"
    evidence.add("rights", answer.json()["status"])
    rules = answer.json()["status"]["resourceRules"]
    assert any("pods" in rule["resources"] for rule in rules), f"the list lacks even the right to read pods: {rules}"
    for rule in rules:
        resources, verbs = set(rule["resources"]), set(rule["verbs"])
        assert verbs <= READ_ONLY or resources <= ABOUT_ONESELF, f"a right beyond reading: {rule}"
        assert not resources & LEADS_ON, f"a right that leads to Secrets: {rule}"


@given("Secrets that an administrator sees")
def secrets_are_there(platform_secrets, sealed_secrets, cluster):
    names = {item.metadata.name for item in cluster.core.list_namespaced_secret(NAMESPACE).items}
    assert {"jwt-secret", "database-credentials"} <= names, f"the namespace {NAMESPACE} has the Secrets {sorted(names)}"
    assert sealed_secrets.key_secrets(), "the Sealed Secrets controller has no key"


@then("the developer sees none of them")
def developer_sees_no_secrets(developer, sealed_secrets, evidence):
    attempts = {
        "list": ("GET", f"{HERE}/secrets"),
        "watch": ("GET", f"{HERE}/secrets?watch=true&timeoutSeconds=1"),
        "read jwt-secret": ("GET", f"{HERE}/secrets/jwt-secret"),
        "read database-credentials": ("GET", f"{HERE}/secrets/database-credentials"),
        "list everywhere": ("GET", "/api/v1/secrets"),
        "list the sealing keys": ("GET", f"/api/v1/namespaces/{sealed_secrets.namespace}/secrets"),
        "list Argo CD's": ("GET", f"/api/v1/namespaces/{ARGOCD}/secrets"),
        "list kube-system's": ("GET", "/api/v1/namespaces/kube-system/secrets"),
    }
    all_answered(developer, attempts, 403, evidence, "Secrets, as the developer asks for them")


@then("gets at none in a roundabout way")
def no_way_around(developer, backend, evidence):
    pod, key = backend.running()[0].metadata.name, {"secretKeyRef": {"name": "jwt-secret", "key": "JWT_SECRET"}}
    mounted = probe_pod("taker", volumes=[{"name": "taken", "secret": {"secretName": "jwt-secret"}}])
    mounted["spec"]["containers"][0]["volumeMounts"] = [{"name": "taken", "mountPath": "/taken"}]
    named = probe_pod("taker", container={"env": [{"name": "TAKEN", "valueFrom": key}]})
    run = f"{HERE}/pods/{pod}/exec?command=cat&command=/proc/1/environ&stdout=true"
    attempts = {
        "as an administrator": (
            "GET", f"{HERE}/secrets/jwt-secret", None,
            {"Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters"},
        ),
        "as the controller of sealed secrets": (
            "GET", f"{HERE}/secrets/jwt-secret", None,
            {"Impersonate-User": "system:serviceaccount:sealed-secrets:sealed-secrets"},
        ),
        # With a right to impersonate, this would be answered with 200.
        "as another user": ("GET", f"{HERE}/pods", None, {"Impersonate-User": "somebody"}),
        "by exec": ("POST", run),
        "by exec over GET": ("GET", run),
        "by attach": ("POST", f"{HERE}/pods/{pod}/attach?stdout=true"),
        "by a port-forward": ("POST", f"{HERE}/pods/{pod}/portforward?ports=4000"),
        "by a container beside it": (
            "PATCH", f"{HERE}/pods/{pod}/ephemeralcontainers?dryRun=All",
            {"spec": {"ephemeralContainers": [{"name": "beside", "image": "none"}]}}, PATCH,
        ),
        "by a pod that mounts it": ("POST", f"{HERE}/pods?dryRun=All", mounted),
        "by a pod that has it as a variable": ("POST", f"{HERE}/pods?dryRun=All", named),
        "by another account's token": (
            "POST", f"{HERE}/serviceaccounts/default/token", {"spec": {"expirationSeconds": 600}},
        ),
        "by more rights": (
            "POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings?dryRun=All",
            {"metadata": {"name": "more"}, "subjects": [],
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}},
        ),
    }  # fmt: skip
    all_answered(developer, attempts, 403, evidence, "Secrets in a roundabout way")


@when(
    "Applications of the platform's project name another repository, or another namespace", target_fixture="foreigners"
)
def foreign_applications(argocd, cluster, auth_service):
    real = cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", "auth-service")["spec"]
    source, destination = real["source"], real["destination"]
    elsewhere = source["repoURL"].rpartition("/")[0] + "/demo.git"
    changes = {
        "another repository": ({**source, "repoURL": elsewhere}, destination),
        "kube-system": (source, {**destination, "namespace": "kube-system"}),
        "another namespace": (source, {**destination, "namespace": ARGOCD}),
    }
    mark = secrets.token_hex(3)
    made = {what: f"foreign-{number}-{mark}" for number, what in enumerate(changes)}
    try:
        for what, (changed, target) in changes.items():
            # Without auto-sync: should it be accepted, nothing is deployed all the same.
            body = {
                "apiVersion": "/".join(GROUP),
                "kind": "Application",
                "metadata": {"name": made[what], "labels": {SCENARIO_LABEL: "true"}},
                "spec": {"project": real["project"], "source": changed, "destination": target},
            }
            cluster.custom.create_namespaced_custom_object(*GROUP, ARGOCD, "applications", body)
        yield made
    finally:
        for name in made.values():
            with contextlib.suppress(ApiException):
                cluster.custom.delete_namespaced_custom_object(*GROUP, ARGOCD, "applications", name)

        def gone():
            items = cluster.custom.list_namespaced_custom_object(*GROUP, ARGOCD, "applications")["items"]
            left = [item["metadata"]["name"] for item in items if item["metadata"]["name"] in made.values()]
            assert not left, f"still there: {left}"
            return True

        eventually(gone, within=GONE, what="the foreign Applications gone")


@then("Argo CD refuses each of them")
def foreigners_refused(foreigners, cluster, evidence):
    def refused(name):
        found = cluster.custom.get_namespaced_custom_object(*GROUP, ARGOCD, "applications", name)
        conditions = found.get("status", {}).get("conditions", [])
        said = [item["message"] for item in conditions if item["type"] == "InvalidSpecError"]
        assert any("in project" in text for text in said), f"its conditions are {conditions}"
        return said

    for what, name in foreigners.items():
        hint = f"kubectl -n {ARGOCD} describe application {name}"
        said = eventually(
            lambda name=name: refused(name), within=SYNCED, what=f"the Application that names {what} refused", hint=hint
        )
        evidence.add(f"of the Application that names {what}", said)


# Pod security.

RESTRICTED = ("argocd", "sealed-secrets", "traefik")
ON_KIND = ("acme", "git")
TOKENLESS = ("auth-service", "backend-service", "frontend-service", "redis")
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
DANGEROUS = {
    "privileged": {"container": {"securityContext": {"privileged": True}}},
    "on the node's network": {"hostNetwork": True},
    "with the node's processes": {"hostPID": True},
    "with the node's files": {"volumes": [{"name": "node", "hostPath": {"path": "/"}}]},
}


def refusal(cluster, namespace, pod):
    """What the API says against a pod; empty if it would admit it. Nothing is made."""
    try:
        cluster.core.create_namespaced_pod(namespace, pod, dry_run="All")
    except ApiException as error:
        message = as_json(error.body)["message"]
        if error.status != 403 or "violates PodSecurity" not in message:
            raise
        return message
    return ""


@given("the services' namespace, labelled with the plan's pod security standard")
def labelled(access, cluster, evidence):
    labels = cluster.core.read_namespace(NAMESPACE).metadata.labels
    seen = {key: value for key, value in labels.items() if key.startswith(STANDARD)}
    evidence.add(f"labels of {NAMESPACE}", seen)
    enforced = seen.get(f"{STANDARD}/enforce")
    assert enforced in ("baseline", "restricted"), f"expected {STANDARD}/enforce=baseline, saw {enforced}"
    for mode in ("warn", "audit"):
        assert seen.get(f"{STANDARD}/{mode}") == "restricted", f"expected {STANDARD}/{mode}=restricted, saw {seen}"


@then("the API refuses pods there that could take over their node, and admits one that could not")
def dangerous_refused(cluster, evidence):
    said = refusal(cluster, NAMESPACE, probe_pod("good"))
    assert not said, f"expected a pod that asks for nothing to be admitted: {said}"
    seen = {what: refusal(cluster, NAMESPACE, probe_pod("bad", **spec)) for what, spec in DANGEROUS.items()}
    evidence.add("refusals", seen)
    admitted = [what for what, text in seen.items() if not text]
    assert not admitted, f"expected a refusal of pods that run {admitted}"


@then("every pod that runs there keeps to the restricted standard")
def all_would_pass(cluster, applications, evidence):
    body = {"metadata": {"labels": {f"{STANDARD}/enforce": "restricted"}}}
    _, _, headers = cluster.core.patch_namespace_with_http_info(NAMESPACE, body, dry_run="All")
    said = headers.get("Warning", "")
    evidence.add("what the API says to enforcing it", said or "nothing")
    assert not said, f"expected all pods to keep to it: {said}"


@then("the platform's other namespaces enforce the restricted standard")
def others_enforce(cluster, sealed_secrets, traefik, argocd, evidence):
    there = {item.metadata.name: item.metadata.labels for item in cluster.core.list_namespace().items}
    names = [*RESTRICTED, *(name for name in ON_KIND if name in there)]
    seen = {name: there.get(name, {}).get(f"{STANDARD}/enforce") for name in names}
    evidence.add(f"{STANDARD}/enforce", seen)
    assert set(seen.values()) == {"restricted"}, f"expected restricted of each, saw {seen}"
    for name in names:
        said = refusal(cluster, name, probe_pod("bad", container={"securityContext": {}}))
        assert said, f"{name} admits a pod that may run as root"


@then("pods of services that do not call the API hold no token for it")
def no_needless_tokens(default, evidence):
    look = f"if test -e {TOKEN}; then echo a token; else echo none; fi"
    seen = {
        pod.metadata.name: default.execute(pod.metadata.name, "sh", "-c", look).strip()
        for name in TOKENLESS
        for pod in default.pods(f"app={name}")
        if pod.metadata.deletion_timestamp is None
        and any(status.state.running for status in pod.status.container_statuses or [])
    }
    evidence.add(TOKEN, seen)
    for name in TOKENLESS:
        assert any(pod.startswith(name) for pod in seen), f"no pod of {name} runs. Try: kubectl get pods -l app={name}"
    holders = [pod for pod, found in seen.items() if found != "none"]
    assert not holders, f"{holders} hold a token of the API at {TOKEN}, which they do not need"
