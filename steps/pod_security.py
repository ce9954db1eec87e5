"""Hardening: benchmark, encryption at rest, network policies, developers' rights, pod security. Source: task 27."""

from kubernetes.client import ApiException
from pytest_bdd import given, then

from acceptance.base.conditions import as_json
from acceptance.platform.access import NAMESPACE

STANDARD = "pod-security.kubernetes.io"

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
    said = refusal(cluster, NAMESPACE, cluster.probe.pod("good"))
    assert not said, f"expected a pod that asks for nothing to be admitted: {said}"
    seen = {what: refusal(cluster, NAMESPACE, cluster.probe.pod("bad", **spec)) for what, spec in DANGEROUS.items()}
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
        said = refusal(cluster, name, cluster.probe.pod("bad", container={"securityContext": {}}))
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
