"""A user with few rights: their kubeconfig, a run of the suite inside the run, and what they can write."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.client import ApiException

from acceptance.base.deadlines import GONE
from acceptance.base.environment import Environment
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.paths import ROOT
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply, delete
from acceptance.cluster.namespace import of_scenario
from acceptance.infrastructure.cluster_lock import NAMESPACE
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.platform import Platform

HOUR = 3600
TIMEOUT = 300
REFUSED = (403, 422)
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
    """A user with a kubeconfig and folder of their own."""

    folder: Path
    kubeconfig: Path
    environment: str
    api: client.ApiClient
    run_id: str = ""

    def judge(self, text: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any] | None]:
        """Run the suite in an environment (TOML); return the ended process and its verdicts.json (None: no report)."""
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


def kubeconfig_with(token: str, outputs: Outputs, path: Path) -> Path:
    """The cluster's kubeconfig, with each user's credentials replaced by a token; only its owner can read it."""
    document = yaml.safe_load(outputs.kubeconfig_path.read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


def environment_of(environment: Environment, cluster: Cluster, outputs: Outputs, kubeconfig: Path) -> str:
    """The text of an environment file that attaches to the cluster with that kubeconfig."""
    balancer = outputs.load_balancer
    return ENVIRONMENT.format(
        domain=environment.domain, kubeconfig=kubeconfig, uid=cluster.uid, address=balancer.address,
        http=balancer.http_port, https=balancer.https_port, k3s=environment.stand_ins.get("K3s", "Kubernetes"),
    )  # fmt: skip


@contextlib.contextmanager
def outsider(platform: Platform, environment: Environment, outputs: Outputs, folder: Path) -> Iterator[Outsider]:
    """A user with the rights of k8s/acceptance and no others; the rights are removed at the end of the block."""
    cluster, rights = platform.cluster, platform.render("acceptance/base")
    apply(cluster, rights)
    request = {"spec": {"expirationSeconds": HOUR}}
    token = cluster.core.create_namespaced_service_account_token(NAMESPACE, NAMESPACE, request).status.token
    kubeconfig = kubeconfig_with(register_secret(token), outputs, folder / "kubeconfig")
    text = environment_of(environment, cluster, outputs, kubeconfig)
    yield Outsider(folder, kubeconfig, text, config.new_client_from_config(str(kubeconfig)))
    delete(cluster, rights)

    def gone() -> bool:
        names = [item.metadata.name for item in cluster.core.list_namespace().items]
        assert NAMESPACE not in names, f"the namespace {NAMESPACE} is still there"
        return True

    eventually(gone, within=GONE, what=f"the namespace {NAMESPACE} to be deleted")


def status_of(attempt: Callable[[], Any]) -> int:
    """The HTTP status with which the API answers an attempt (200: it succeeded)."""
    try:
        attempt()
    except ApiException as error:
        return int(error.status)
    return 200


def harm_done(outsider: Outsider) -> dict[str, int]:
    """The forbidden attempts that were not refused, with their status. All writes are dry runs."""
    core, rbac = client.CoreV1Api(outsider.api), client.RbacAuthorizationV1Api(outsider.api)
    metadata, dry = {"name": "from-outside"}, {"dry_run": "All"}
    binding = {
        "metadata": {**metadata, "labels": {SCENARIO_LABEL: "true"}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "acceptance-own"},
        "subjects": [{"kind": "ServiceAccount", "name": NAMESPACE, "namespace": NAMESPACE}],
    }
    namespaces = [item.metadata.name for item in core.list_namespace().items if not of_scenario(item.metadata.labels)]
    tries: dict[str, Callable[[], Any]] = {
        "make a namespace without the label": lambda: core.create_namespace({"metadata": metadata}, **dry),
        "read a Secret": lambda: core.read_namespaced_secret("jwt-secret", "default"),
        "list Secrets": core.list_secret_for_all_namespaces,
    }
    for name in namespaces:
        write = functools.partial(core.create_namespaced_config_map, name, {"metadata": metadata}, **dry)
        tries[f"write a ConfigMap in {name}"] = write
        tries[f"delete the namespace {name}"] = functools.partial(core.delete_namespace, name, **dry)
        bind = functools.partial(rbac.create_namespaced_role_binding, name, binding, **dry)
        tries[f"give itself rights in {name}"] = bind
    answers = {what: status_of(attempt) for what, attempt in tries.items()}
    return {what: status for what, status in answers.items() if status not in REFUSED}
