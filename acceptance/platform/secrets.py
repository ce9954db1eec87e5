"""Sealed Secrets: the controller, and the platform's secrets that reach the cluster sealed. Source: tasks 7 and 8."""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from kubernetes.client import ApiException

from acceptance.base.deadlines import COMPONENT_READY, UNSEALED
from acceptance.base.environment import SecretKey, SecretSettings
from acceptance.base.errors import UserError
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import eventually
from acceptance.clients.process import run
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.platform.platform import Platform

NAMESPACE = "sealed-secrets"
CONTROLLER = "sealed-secrets-controller"
KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
GROUP = ("bitnami.com", "v1alpha1")
DATABASE = "alternatefutures"


@dataclass
class SealedSecrets:
    """kubeseal, and the controller that it talks to."""

    cluster: Cluster
    folder: Path
    namespace: str = NAMESPACE

    def kubeseal(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubeseal against the controller; return what it printed."""
        command: list[str | Path] = [
            self.cluster.tools / "kubeseal", *self.cluster.kubectl_command[1:],
            "--controller-namespace", NAMESPACE, "--controller-name", CONTROLLER, *arguments,
        ]  # fmt: skip
        return run(command, stdin=stdin, timeout=60, check=check).stdout

    def certificate(self) -> str:
        """The public certificate, as PEM (task 7.9)."""
        return self.kubeseal("--fetch-cert")

    def seal(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """A SealedSecret of a Secret, scope strict: it can only be unsealed under that name in that namespace."""
        path = self.folder / "sealed-secrets.pem"
        if not path.exists():
            path.write_text(self.certificate())
        text = self.kubeseal("--cert", str(path), "--format", "json", stdin=json.dumps(manifest))
        return dict(json.loads(text))

    def key_secrets(self) -> list[Any]:
        """The Secrets that hold the controller's keys."""
        return list(self.cluster.core.list_namespaced_secret(NAMESPACE, label_selector=KEY_LABEL).items)


@dataclass
class PlatformSecrets:
    """The platform's secrets: values in memory, and the SealedSecrets that Git carries."""

    values: dict[str, dict[str, str]] = field(default_factory=dict)
    sealed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The files that go to Git, by path."""
        return {f"k8s/secrets/{name}.yaml": yaml.safe_dump(manifest) for name, manifest in self.sealed.items()}


KEYS: dict[str, tuple[SecretKey, ...]] = {
    "jwt-secret": ("JWT_SECRET",),
    "database-credentials": ("POSTGRES_PASSWORD",),
    "database-admin": ("SUPERUSER_PASSWORD", "REPLICATION_PASSWORD"),
    "redis-credentials": ("REDIS_PASSWORD",),
}
"""The platform's secrets, and the values in each."""


def value_of(settings: SecretSettings, key: SecretKey) -> str:
    """A value for a secret that the cluster lacks: from its variable, or newly generated. Raises UserError."""
    variable = settings.variables.get(key)
    if variable and (given := os.environ.get(variable)):
        return register_secret(given)
    if settings.generate:
        return register_secret(secrets.token_urlsafe(48 if key == "JWT_SECRET" else 24))
    raise UserError(
        f"the cluster has no {key}, and no value was given for it",
        f"set the variable {variable}" if variable else f"name one in the environment file: secrets.variables.{key}",
    )


def values_of(name: str, settings: SecretSettings) -> dict[str, str]:
    """The contents of one of the platform's secrets (tasks 8.2 to 8.6). Raises UserError for a missing value."""
    values: dict[str, str] = {key: value_of(settings, key) for key in KEYS[name]}
    if name == "database-credentials":
        password = quote(values["POSTGRES_PASSWORD"], safe="")
        address = register_secret(f"postgresql://platform:{password}@yb-tservers:5433/{DATABASE}")
        values |= {"POSTGRES_USER": "platform", "DATABASE_URL": address}
    elif name == "redis-credentials":
        values["REDIS_URL"] = register_secret(f"redis://:{quote(values['REDIS_PASSWORD'], safe='')}@redis:6379")
    return values


def read_secret(cluster: Cluster, name: str, namespace: str) -> dict[str, str] | None:
    """The values of a Secret, redacted from now on; None if there is none."""
    try:
        data = cluster.core.read_namespaced_secret(name, namespace).data or {}
    except ApiException as error:
        if error.status == 404:
            return None
        raise
    values = {key: base64.b64decode(value).decode() for key, value in data.items()}
    for key, value in values.items():
        if key != "POSTGRES_USER":
            register_secret(value)
    return values


def deploy_controller(platform: Platform) -> None:
    """Task 7: namespace, rights, controller, Service."""
    (platform.state / "sealed-secrets.pem").unlink(missing_ok=True)
    apply(platform.cluster, platform.render("sealed-secrets"))
    platform.wait_rolled_out(NAMESPACE)
    tool = SealedSecrets(platform.cluster, platform.state)
    eventually(tool.certificate, within=COMPONENT_READY, what="the certificate of the Sealed Secrets controller")


def deploy_secrets(platform: Platform) -> None:
    """Task 8: missing secrets are generated, sealed and applied; existing ones are kept."""
    tool: SealedSecrets = platform.wait_for("sealed-secrets")
    missing = [name for name in KEYS if not read_secret(platform.cluster, name, "default")]
    # All values are collected before the first is sealed.
    new = {name: values_of(name, platform.environment.secrets) for name in missing}
    for name, values in new.items():
        apply(platform.cluster, [tool.seal(secret_manifest(name, "default", values))])
    for name in KEYS:
        hint = f"kubectl describe sealedsecret {name}; kubectl -n {NAMESPACE} logs deploy/{CONTROLLER}"
        read = functools.partial(read_secret, platform.cluster, name, "default")
        eventually(read, within=UNSEALED, what=f"the Secret {name} to be unsealed", hint=hint)


def platform_secrets(platform: Platform) -> PlatformSecrets:
    """The values and the sealed manifests, as the cluster has them."""
    found = PlatformSecrets()
    for name in KEYS:
        found.values[name] = read_secret(platform.cluster, name, "default") or {}
        # A Secret may outlive its SealedSecret (`kubectl delete --cascade=orphan`): criterion 5.3 judges that.
        if sealed := read_sealed(platform.cluster, name):
            found.sealed[name] = {
                "apiVersion": "/".join(GROUP),
                "kind": "SealedSecret",
                "metadata": {"name": name, "namespace": "default"},
                "spec": sealed["spec"],
            }
    return found


def read_sealed(cluster: Cluster, name: str) -> dict[str, Any] | None:
    """A SealedSecret of the services' namespace; None if there is none."""
    try:
        return dict(cluster.custom.get_namespaced_custom_object(*GROUP, "default", "sealedsecrets", name))
    except ApiException as error:
        if error.status == 404:
            return None
        raise
