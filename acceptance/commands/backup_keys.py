"""`make backup-keys`: the Sealed Secrets controller's keys, encrypted, in a file. Source: task 24.

Without these keys, the sealed secrets in Git can never be decrypted again. File and passphrase come from KEYS_FILE and
KEYS_PASSPHRASE, or are prompted for on a terminal; set KUBECONFIG for a cluster other than kind's.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.kubeconfig import named_kubeconfig
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.images.build import Images
from acceptance.platform.sealing_keys import encrypt, export

MINIMUM = 12
"""Shortest passphrase, in characters."""


def ask(question: str, variable: str, hidden: bool = False) -> str:
    """The answer from the environment, or prompted for on a terminal. Raises UserError if there is neither."""
    if answer := os.environ.get(variable):
        return answer
    if not sys.stdin.isatty():
        raise UserError(f"{question} is not known", f"set {variable}, or run this command on a terminal")
    return getpass.getpass(f"{question}: ") if hidden else input(f"{question}: ")


def ask_all() -> tuple[Path, Path, str]:
    """The cluster's kubeconfig, the backup's file, and its passphrase. Raises UserError if one is missing."""
    kubeconfig = named_kubeconfig() or STATE / "kind" / "kubeconfig"
    if not kubeconfig.exists():
        raise UserError(f"there is no {kubeconfig}", "run `make up`, or set KUBECONFIG")
    path = Path(ask("Backup file", "KEYS_FILE")).expanduser()
    return kubeconfig, path, ask("Backup passphrase", "KEYS_PASSPHRASE", hidden=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(options: argparse.Namespace) -> int:
    """Write the backup, readable by this user only."""
    kubeconfig, path, passphrase = ask_all()
    if path.exists():
        raise UserError(f"{path} exists", "name another file")
    if len(passphrase) < MINIMUM:
        raise UserError(f"the passphrase has fewer than {MINIMUM} characters", "choose a longer one")
    text = encrypt(export(Images().cache / "bin" / "kubectl", kubeconfig), passphrase)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", "name another file") from error
    say(f"The keys are in {path}, encrypted. Store the file and its passphrase separately.")
    return 0
