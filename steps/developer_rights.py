"""What developers may do in the cluster. Source: plan 27."""

import contextlib
import secrets

from kubernetes.client import ApiException
from pytest_bdd import given, then, when

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import GONE, SYNCED, eventually
from acceptance.platform.access import DEVELOPER, NAMESPACE
from acceptance.platform.application_status import ARGOCD, GROUP
from steps.pod_security import STANDARD

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
def developer_changes_nothing(developer, cluster, backend, evidence):
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
        "create a pod": ("POST", f"{HERE}/pods?dryRun=All", cluster.probe.pod("own")),
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
def no_way_around(developer, cluster, backend, evidence):
    pod, key = backend.running()[0].metadata.name, {"secretKeyRef": {"name": "jwt-secret", "key": "JWT_SECRET"}}
    mounted = cluster.probe.pod("taker", volumes=[{"name": "taken", "secret": {"secretName": "jwt-secret"}}])
    mounted["spec"]["containers"][0]["volumeMounts"] = [{"name": "taken", "mountPath": "/taken"}]
    named = cluster.probe.pod("taker", container={"env": [{"name": "TAKEN", "valueFrom": key}]})
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
