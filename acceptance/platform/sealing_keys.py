"""The sealing keys: exported, encrypted, decrypted. Source: task 24.

Without these keys, the sealed secrets in Git can never be decrypted again.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from acceptance.base.errors import UserError
from acceptance.clients.process import run
from acceptance.platform.secrets import KEY_LABEL, NAMESPACE

CIPHER = ("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "600000", "-base64", "-pass", "env:KEYS_PASSPHRASE")


def export(kubectl: Path, kubeconfig: Path) -> str:
    """The controller's key Secrets as YAML for another cluster. Raises UserError if there are none."""
    command: list[str | Path] = [kubectl, "--kubeconfig", kubeconfig, "-n", NAMESPACE]
    listed = yaml.safe_load(run([*command, "get", "secret", "-l", KEY_LABEL, "-o", "yaml"], timeout=30).stdout)
    if not listed["items"]:
        raise UserError(f"no Secret in {NAMESPACE} has the label {KEY_LABEL}", "is the controller running?")
    for item in listed["items"]:
        kept = ("name", "namespace", "labels", "annotations")
        item["metadata"] = {key: value for key, value in item["metadata"].items() if key in kept}
    return str(yaml.safe_dump(listed))


def encrypt(text: str, passphrase: str) -> str:
    """`text`, encrypted so that `openssl enc -d` with the same options decrypts it."""
    return run([*CIPHER, "-e", "-salt"], stdin=text, environment={"KEYS_PASSPHRASE": passphrase}).stdout


def decrypt(text: str, passphrase: str) -> str:
    """The reverse of `encrypt`. Raises UserError for a wrong passphrase."""
    try:
        return run([*CIPHER, "-d"], stdin=text, environment={"KEYS_PASSPHRASE": passphrase}).stdout
    except UserError as error:
        raise UserError("the backup cannot be decrypted", "check the passphrase") from error
