"""Which Redis production renders: it may have an image of its own. Source: 7.1."""

from __future__ import annotations

import re
from collections.abc import Iterable

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import pod_of

RUN = ("Deployment", "StatefulSet", "DaemonSet", "Pod")
OF_REDIS = re.compile(r"(?:^|/)redis(?:-stack(?:-server)?)?(?::v?(?P<major>\d+)\b[^@/]*)?(?:@|$)")
"""An image of Redis, from whatever registry. A tag that begins with no number tells nothing, nor does a digest."""


def too_old(manifests: Iterable[Manifest], floor: int) -> list[str]:
    """The workloads of production that run a release of Redis older than `floor`, in words."""
    return [
        f"{item['metadata']['name']} runs {part['image']}"
        for item in manifests
        if item["kind"] in RUN
        for part in pod_of(item)["spec"]["containers"]
        if (found := OF_REDIS.search(part["image"])) and found["major"] and int(found["major"]) < floor
    ]
