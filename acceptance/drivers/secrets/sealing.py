"""Sealed values: sealing, unsealing, offline decryption, refusal and rotation."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from acceptance.base.conditions import is_ready, not_ready
from acceptance.base.deadlines import POD_READY, UNSEALED, Deadline
from acceptance.base.errors import UserError
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import pod_spec
from acceptance.platform.secrets import CONTROLLER, GROUP, KEY_LABEL, NAMESPACE, SealedSecrets, read_secret

LOGS = f"kubectl -n {NAMESPACE} logs deploy/{CONTROLLER}"
KEPT = Deadline(5, "criterion 5.8: until a rollout restart")
ACTIVE = "active"
"""The value of KEY_LABEL for keys that the controller loads when it starts; it ignores others."""
USED = "used"
FROM_SECRET = [{"name": "VALUE", "valueFrom": {"secretKeyRef": {"name": USED, "key": "VALUE"}}}]

TYPED: dict[str, Any] = {"type": "kubernetes.io/basic-auth", "labels": {"sealed-as": "basic-auth"}}
"""Type and labels of a Secret that has others than most: what uses it may look for them."""


def new_values() -> dict[str, str]:
    """A new value for a scenario's own Secret, by key."""
    return {"VALUE": secrets.token_urlsafe(24)}


def values_of_all_kinds() -> dict[str, str]:
    """New values of one line, of several, and with letters beyond ASCII, as certificates and passwords are."""
    one, two, three = (secrets.token_urlsafe(24) for _ in range(3))
    return {
        "VALUE": one,
        "password": f"Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n {two}",
        "file": f"{three}\n\n  {one}\n",
    }


def synced_condition(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """The condition `Synced` of a SealedSecret, which says whether it was unsealed; empty while there is none."""
    found = cluster.custom.get_namespaced_custom_object(*GROUP, namespace, "sealedsecrets", name)
    conditions = found.get("status", {}).get("conditions", [])
    return next((dict(item) for item in conditions if item["type"] == "Synced"), {})


def seal_and_apply(
    tool: SealedSecrets, namespace: Namespace, name: str, values: dict[str, str], **about: Any
) -> dict[str, Any]:
    """Seal a Secret, apply it, and wait until it is unsealed; return the SealedSecret.

    `about`: the Secret's type and labels (TYPED), by default those of most.
    """
    for value in values.values():
        register_secret(value)
    manifest = secret_manifest(name, namespace.name, values)
    manifest["type"] = about.get("type", manifest["type"])
    manifest["metadata"]["labels"].update(about.get("labels", {}))
    sealed = tool.seal(manifest)
    apply(namespace.cluster, [sealed])

    def unsealed() -> bool:
        seen = read_secret(namespace.cluster, name, namespace.name)
        said = "" if seen else synced_condition(namespace.cluster, namespace.name, name).get("message", "nothing")
        assert seen is not None, f"there is no Secret {name}; the controller says: {said}"
        assert seen == values, f"the Secret {name} in {namespace.name} has other values than were sealed"
        return True

    hint = f"kubectl -n {namespace.name} describe sealedsecret {name}; {LOGS}"
    eventually(unsealed, within=UNSEALED, what=f"the SealedSecret {name} to be unsealed", hint=hint)
    return sealed


def seal_new_value(tool: SealedSecrets, namespace: Namespace, name: str = USED) -> str:
    """Seal and apply a Secret with a new value under VALUE; return the value."""
    values = new_values()
    seal_and_apply(tool, namespace, name, values)
    return values["VALUE"]


def wait_refused_under_other_name(namespace: Namespace, sealed: dict[str, Any], name: str = "stolen") -> None:
    """Apply a SealedSecret under another name, and wait until the controller refuses it."""
    stolen = json.loads(json.dumps(sealed))
    for metadata in (stolen["metadata"], stolen["spec"]["template"]["metadata"]):
        metadata["name"] = name
    apply(namespace.cluster, [stolen])

    def refused() -> bool:
        synced = synced_condition(namespace.cluster, namespace.name, name)
        assert synced.get("status") == "False", f"the SealedSecret {name} has the condition Synced {synced or '(none)'}"
        return True

    eventually(refused, within=UNSEALED, what="the SealedSecret to be refused under another name", hint=LOGS)
    opened = read_secret(namespace.cluster, name, namespace.name)
    assert opened is None, (
        f"expected no Secret {name} in {namespace.name}, but a SealedSecret was unsealed under that other name"
    )


def sealed_in_git(repository: Repository) -> dict[str, str]:
    """The text of each SealedSecret in Git's last commit, by path."""
    repository.fetch()
    folder = repository.folder
    return {str(path.relative_to(folder)): path.read_text() for path in sorted((folder / "k8s/secrets").glob("*.yaml"))}


def unseal(tool: SealedSecrets, text: str, key_pem: str, folder: Path) -> dict[str, str]:
    """A SealedSecret's values, decrypted offline by kubeseal with a private key. Raises UserError if that fails."""
    path = folder / "sealed.yaml"
    path.write_text(text)
    # The key is passed on standard input, so that it never touches a disk.
    opened = tool.kubeseal(
        "--recovery-unseal", "--recovery-private-key", "/dev/stdin", "--secret-file", str(path),
        "--format", "json", stdin=key_pem,
    )  # fmt: skip
    return {key: base64.b64decode(value).decode() for key, value in json.loads(opened)["data"].items()}


def loaded_keys(tool: SealedSecrets) -> list[Any]:
    """The controller's keys that it loads at its next start; those with another label it has at most until then."""
    return [item for item in tool.key_secrets() if item.metadata.labels[KEY_LABEL] == ACTIVE]


def backup_of(keys: Iterable[Any]) -> str:
    """Keys of the controller in the form of their backup (task 24.2): it may have renewed its key."""
    items = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": item.metadata.name}, "type": item.type,
         "data": item.data}
        for item in keys
    ]  # fmt: skip
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def open_with_own_key(tool: SealedSecrets, what: str, text: str, folder: Path) -> dict[str, str]:
    """A SealedSecret's values, decrypted with the keys that the controller loads when it starts.

    Raises AssertionError if that fails.
    """
    keys = loaded_keys(tool)
    try:
        return unseal(tool, text, backup_of(keys), folder)
    except UserError as error:
        said = error.problem.splitlines()[-1].strip()
        raise AssertionError(
            f"expected one of the {len(keys)} keys that the controller loads when it starts to decrypt {what}, "
            f"saw kubeseal's message: {said}. Try: make restore-keys, or seal its values again"
        ) from error


def wrong_when_opened(
    tool: SealedSecrets, manifests: dict[str, str], values: dict[str, dict[str, str]], folder: Path
) -> list[str]:
    """The SealedSecrets that differ from their Secrets. Raises AssertionError if one cannot be decrypted."""
    found = []
    for path, text in manifests.items():
        name = yaml.safe_load(text)["metadata"]["name"]
        if open_with_own_key(tool, path, text, folder) != values.get(name):
            found.append(path)
    return found


def refusals(tool: SealedSecrets, manifests: dict[str, str], folder: Path) -> dict[str, str]:
    """kubeseal's refusals to decrypt each SealedSecret without a key and with another cluster's key, by case."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=4096).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    found = {}
    for path, text in manifests.items():
        for what, key in (("no key", ""), ("another cluster's key", other.decode())):
            try:
                unseal(tool, text, key, folder)
            except UserError as error:
                found[f"{path} with {what}"] = error.problem.splitlines()[-1].strip()
            else:
                raise AssertionError(f"expected kubeseal to refuse to decrypt {path} with {what}, but it decrypted it")
    return found


def deploy_user_of_secret(namespace: Namespace, value: str) -> None:
    """Create a Deployment whose pod uses the sealed value; return once the pod has it."""
    labels = {"app": "rotated"}
    namespace.create({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "rotated"},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": pod_spec(namespace.cluster.probe.container(env=FROM_SECRET))}},
    })  # fmt: skip
    eventually(lambda: value_in_pod(namespace) == value, within=POD_READY, what="the pod to have the value")


def wait_kept(namespace: Namespace, value: str) -> None:
    """Check that the pod keeps its value: a changed Secret does not restart it. Raises DidNotStay."""

    def kept() -> bool:
        assert value_in_pod(namespace) == value, (
            f"the pod of the Deployment rotated in {namespace.name} has another value than before"
        )
        return True

    hint = f"kubectl -n {namespace.name} get pods -l app=rotated"
    consistently(kept, during=KEPT, what="the pod to keep its previous value", hint=hint)


def value_in_pod(namespace: Namespace) -> str:
    """The value in the Deployment's pod. Raises AssertionError unless there is exactly one, Ready."""
    pods = [pod for pod in namespace.pods("app=rotated") if pod.metadata.deletion_timestamp is None]
    ready = [pod.metadata.name for pod in pods if is_ready(pod)]
    assert len(ready) == len(pods) == 1, (
        f"{len(ready)} of {len(pods)} pods with app=rotated in {namespace.name} are Ready, not exactly one"
        f"{not_ready(pods)}"
    )
    return namespace.execute(ready[0], "/probe", "env", "VALUE")
