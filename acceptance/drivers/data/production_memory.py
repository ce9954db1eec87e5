"""Whether production's YugabyteDB may use more memory than its containers have. Source: 6.8.

The kernel then kills its servers, and does so to all of them under the same load.
"""

from __future__ import annotations

from kubernetes import utils

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.production_database import complete, containers, flags, servers

FLAG = "memory_limit_hard_bytes"


def beyond_limits(manifests: list[Manifest]) -> list[str]:
    """The servers of production whose own limit of memory is not below that of their containers, in words.

    One without a limit of its own takes a share of its machine's memory, whatever its container has.
    """
    found = []
    for kind, items in servers(manifests).items():
        for item in items:
            seen = flags(item)
            said = seen.get(FLAG, "")
            limits = [part.get("resources", {}).get("limits", {}).get("memory") for part in containers(item)]
            less = [text for text in limits if text and said.isdigit() and utils.parse_quantity(text) <= int(said)]
            found += [f"--{FLAG} of yb-{kind} is {said}, and its container is limited to {text}" for text in less]
            unset = complete(seen) and said in ("", "0")
            found += [
                f"yb-{kind} has no --{FLAG}, and its container is limited to {text}"
                for text in limits
                if text and unset
            ]
    return found
