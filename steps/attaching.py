"""A run inside the run: the suite attaches to a cluster as somebody with few rights. Source: issue E, guard rails."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from kubernetes import client, config
from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.paths import ROOT
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import GONE, eventually
from acceptance.cluster.manifests import apply, delete
from acceptance.cluster.namespace import all_gone
from acceptance.criteria.verdicts import NotSelected
from acceptance.infrastructure.cluster_lock import LEASE, NAMESPACE

HOUR = 3600
TIMEOUT = 300
OTHER_CLUSTER = "00000000-0000-0000-0000-000000000000"
ENVIRONMENT = """
name = "attached"
domain = "{domain}"
acme = "pebble"
[infrastructure]
provisioner = "existing"
kubeconfig = "{kubeconfig}"
cluster_uid = "{uid}"
load_balancer = {{address = "{address}", http_port = {http}, https_port = {https}}}
[stand_ins]
K3s = "{k3s}"
AWS = "machines that somebody else provisioned"
"""


@dataclass
class Outsider:
    """Somebody with a kubeconfig and a folder of their own."""

    folder: Path
    kubeconfig: Path
    environment: str
    api: client.ApiClient
    run_id: str = ""

    def judge(self, text, *arguments):
        """Run the suite in an environment; return the ended process and what verdicts.json says (None: no report)."""
        path = self.folder / "attached.toml"
        path.write_text(text)
        variables = {
            **os.environ,
            "AF_REPORTS": str(self.folder / "reports"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PYTEST_ADDOPTS": "",
        }
        command = [sys.executable, "-m", "pytest", f"--env={path}", "-p", "no:cacheprovider", *arguments]
        ended = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL
        )
        found = sorted((self.folder / "reports").glob("*/verdicts.json"))
        return ended, json.loads(found[-1].read_text()) if found else None


@given("the rights of k8s/acceptance and a kubeconfig that has no others", target_fixture="outsider")
def outsider(platform, cluster, outputs, environment, tmp_path, backend_service):
    if environment.is_long_lived:
        raise NotSelected("the rights are handed out by an administrator; selected by --env=kind")
    rights = platform.render("acceptance/base")
    apply(cluster, rights)
    request = {"spec": {"expirationSeconds": HOUR}}
    token = cluster.core.create_namespaced_service_account_token(NAMESPACE, NAMESPACE, request).status.token
    register_secret(token)
    document = yaml.safe_load(outputs.kubeconfig_path.read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(yaml.safe_dump(document))
    balancer = outputs.load_balancer
    text = ENVIRONMENT.format(
        domain=environment.domain, kubeconfig=kubeconfig, uid=cluster.uid, address=balancer.address,
        http=balancer.http_port, https=balancer.https_port, k3s=environment.stand_ins.get("K3s", "Kubernetes"),
    )  # fmt: skip
    yield Outsider(tmp_path, kubeconfig, text, config.new_client_from_config(str(kubeconfig)))
    delete(cluster, rights)

    def gone():
        names = [item.metadata.name for item in cluster.core.list_namespace().items]
        assert NAMESPACE not in names, f"the namespace {NAMESPACE} is still there"
        return True

    eventually(gone, within=GONE, what=f"the namespace {NAMESPACE} deleted")


@when(
    parsers.parse("the suite judges {criteria} with it, in an environment that it attaches to"), target_fixture="judged"
)
def judge_attached(outsider, cluster, criteria, evidence):
    numbers = criteria.replace(" and ", ", ").split(", ")
    arguments = [part for number in numbers for part in ("--criterion", number)]
    # One of each kind that an attached run leaves out.
    ended, document = outsider.judge(outsider.environment, *arguments, "--criterion", "2.8", "--criterion", "3.1")
    evidence.add("the attached run", ended.stdout[-6000:] + ended.stderr[-2000:])
    assert document, f"the attached run ended with {ended.returncode} and left no report: {ended.stderr[-1500:]}"
    outsider.run_id = document["run"]
    return {entry["id"]: entry for entry in document["criteria"]}


@then(parsers.parse("{criteria} have verdicts like everywhere"))
def verdicts_like_everywhere(judged, criteria):
    for number in criteria.replace(" and ", ", ").split(", "):
        seen = judged[number]
        assert seen["outcome"] in ("passed", "substituted"), f"{number} {seen['outcome']}: {seen['reason']}"


@then(parsers.parse("{number} is an error that names the right which is missing"))
def error_names_right(judged, number):
    seen = judged[number]
    assert seen["outcome"] == "error", f"expected {number} to be an error, it is {seen['outcome']}: {seen['reason']}"
    for word in ("a right is missing", "cannot", "k8s/acceptance"):
        assert word in seen["reason"], f"expected {word!r} in the reason of {number}, saw {seen['reason']}"


@then("the scenarios that disturb or write where users are were not selected")
def not_selected(judged):
    for number in ("2.8", "3.1"):
        seen = judged[number]
        assert seen["outcome"] == "not selected", f"{number} {seen['outcome']}: {seen['reason']}"
        assert "--disruptive --confirm=attached" in seen["reason"], seen["reason"]


@then("nothing is left of the run but its lock, which is free")
def nothing_left(cluster, outsider, judged):
    all_gone(cluster, outsider.run_id)
    lease = cluster.coordination.read_namespaced_lease(LEASE, NAMESPACE)
    assert not lease.spec.holder_identity, f"the lock is still held by {lease.spec.holder_identity}"


def status_of(attempt):
    """The status that the API answers an attempt with."""
    try:
        attempt()
    except ApiException as error:
        return error.status
    return 200


@then("that kubeconfig can write nowhere else, and read no Secret")
def can_do_nothing_else(outsider, cluster):
    core, metadata = client.CoreV1Api(outsider.api), {"name": "from-outside"}
    labels = {SCENARIO_LABEL: "true"}
    # Whoever is not refused has done nothing all the same.
    dry = {"dry_run": "All"}
    tries = {
        "write a ConfigMap in default": lambda: core.create_namespaced_config_map(
            "default", {"metadata": metadata}, **dry
        ),
        "make a namespace without the label": lambda: core.create_namespace({"metadata": metadata}, **dry),
        "delete the namespace of Argo CD": lambda: core.delete_namespace("argocd", **dry),
        "read a Secret": lambda: core.read_namespaced_secret("jwt-secret", "default"),
        "give itself rights in default": lambda: client.RbacAuthorizationV1Api(
            outsider.api
        ).create_namespaced_role_binding("default", {
            "metadata": {**metadata, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "acceptance-own"},
            "subjects": [{"kind": "ServiceAccount", "name": NAMESPACE, "namespace": NAMESPACE}],
        }, **dry),
    }  # fmt: skip
    answers = {what: status_of(attempt) for what, attempt in tries.items()}
    done = {what: status for what, status in answers.items() if status not in (403, 422)}
    assert not done, f"expected this user to be refused, saw {done}. Try: kubectl apply -k k8s/acceptance/base"


@then("a run is refused where the environment means another cluster")
def another_cluster_is_refused(outsider, cluster):
    ended, _ = outsider.judge(outsider.environment.replace(cluster.uid, OTHER_CLUSTER), "--criterion", "2.1")
    said = ended.stdout + ended.stderr
    assert ended.returncode == 4, f"expected exit code 4, saw {ended.returncode}: {said[-1500:]}"
    assert OTHER_CLUSTER in said and "Remedy" in said, said[-1500:]
