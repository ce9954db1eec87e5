"""`make restore-keys`: restores a backup of the Sealed Secrets controller's keys into a cluster. Source: task 24.

File and passphrase come from KEYS_FILE and KEYS_PASSPHRASE, or are prompted for on a terminal; set KUBECONFIG for a
cluster other than kind's.
"""

from __future__ import annotations

import argparse

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.clients.process import run as run_program
from acceptance.commands.backup_keys import ask_all
from acceptance.images.build import Images
from acceptance.platform.sealing_keys import decrypt
from acceptance.platform.secrets import NAMESPACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(options: argparse.Namespace) -> int:
    """Decrypt the backup and apply it."""
    kubeconfig, path, passphrase = ask_all()
    try:
        text = decrypt(path.read_text(), passphrase)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "name another file") from error
    kubectl = Images().cache / "bin" / "kubectl"
    run_program([kubectl, "--kubeconfig", kubeconfig, "apply", "-f", "-"], stdin=text, timeout=30)
    say(f"Restored. Restart the controller: kubectl -n {NAMESPACE} rollout restart deploy")
    return 0
