"""What a copy of a service writes while it ends. Source: 15.4."""

from __future__ import annotations

from acceptance.drivers.services.copies import Copy

CONNECTS, ENDS = 10, 60
"""Seconds until the log is followed, and until a pod that was told to end writes something more or is gone."""

GRACE = 5
"""Seconds that it has to end by itself; a copy's own grace period may be too short to write anything."""


def lines_until_end(copy: Copy) -> list[str]:
    """Delete a copy's pod, and return all lines of its log, to the last one that it wrote. It gets another pod."""
    core, place, name = copy.namespace.cluster.core, copy.namespace.name, copy.pod().metadata.name
    log = core.read_namespaced_pod_log(
        name, place, follow=True, _preload_content=False, _request_timeout=(CONNECTS, ENDS)
    )
    try:
        core.delete_namespaced_pod(name, place, grace_period_seconds=GRACE)
        return str(log.data.decode(errors="replace")).splitlines()
    finally:
        log.release_conn()
