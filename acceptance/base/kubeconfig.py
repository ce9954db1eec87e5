"""The kubeconfig that the user names with KUBECONFIG."""

from __future__ import annotations

import os
from pathlib import Path

from acceptance.base.errors import UserError


def named_kubeconfig() -> Path | None:
    """The file that KUBECONFIG names; None if it is not set. Of a list, the one that exists, else the first.

    Raises UserError if several exist: kubectl merges them, and the cluster that is meant depends on their contexts.
    """
    words = dict.fromkeys(word for word in os.environ.get("KUBECONFIG", "").split(os.pathsep) if word)
    files = [Path(word).expanduser() for word in words]
    there = [file for file in files if file.is_file()]
    if len(there) > 1:
        raise UserError(
            f"KUBECONFIG names {len(there)} files: {', '.join(map(str, there))}",
            "set it to the one file of the cluster that is meant, such as "
            "KUBECONFIG=FILE (`kubectl config view --minify --flatten` writes one from the current context)",
        )
    return there[0] if there else files[0] if files else None
