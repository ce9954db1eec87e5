"""`make backup-keys` and `make restore-keys`: the Sealed Secrets controller's keys, encrypted. Source: task 24.

Without these keys nothing that Git carries sealed can be opened again.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.clients.process import run
from acceptance.images.build import Images
from acceptance.platform.sealing_keys import decrypt, encrypt, export
from acceptance.platform.secrets import NAMESPACE

MINIMUM = 12
"""Shortest passphrase, in characters."""


def ask(question: str, variable: str, hidden: bool = False) -> str:
    """The answer from the environment, or from whoever sits at the terminal. Raises UserError if there is neither."""
    if answer := os.environ.get(variable):
        return answer
    if not sys.stdin.isatty():
        raise UserError(f"{question} is not known", f"set {variable}, or run it at a terminal")
    return getpass.getpass(f"{question}: ") if hidden else input(f"{question}: ")


def main() -> int:
    """Command line: `backup` or `restore`."""
    tools = Images().cache / "bin"
    kubeconfig = Path(os.environ.get("KUBECONFIG") or STATE / "kind" / "kubeconfig")
    try:
        if not kubeconfig.exists():
            raise UserError(f"there is no {kubeconfig}", "run `make up`, or set KUBECONFIG")
        path = Path(ask("File of the backup", "KEYS_FILE")).expanduser()
        passphrase = ask("Passphrase of the backup", "KEYS_PASSPHRASE", hidden=True)
        if sys.argv[1:] == ["restore"]:
            text = decrypt(path.read_text(), passphrase)
            run([tools / "kubectl", "--kubeconfig", kubeconfig, "apply", "-f", "-"], stdin=text, timeout=30)
            say(f"Restored. Restart the controller: kubectl -n {NAMESPACE} rollout restart deploy")
            return 0
        if path.exists():
            raise UserError(f"{path} exists", "name another file")
        if len(passphrase) < MINIMUM:
            raise UserError(f"the passphrase has fewer than {MINIMUM} characters", "choose a longer one")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(encrypt(export(tools / "kubectl", kubeconfig), passphrase))
        say(f"The keys are in {path}, encrypted. Keep it and its passphrase apart.")
        return 0
    except (UserError, OSError) as error:
        say(str(error))
        return 4


if __name__ == "__main__":
    sys.exit(main())
