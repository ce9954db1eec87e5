"""The labels by which the suite recognises its own objects, in the engine and in the cluster, and Kubernetes' own."""

from __future__ import annotations

SCENARIO_LABEL = "alternate-futures.dev/scenario"
"""Label of what scenarios deploy next to the platform; other scenarios do not count it as the platform's."""

LABEL = "alternate-futures.dev/run"
"""Label of every container, network and volume that a run makes; its value is the run's id."""

KIND_LABEL = "io.x-k8s.kind.cluster"
PLATFORM_LABEL = "alternate-futures.dev/platform"
"""Label of all that an OpenTofu root creates in the engine; its value is the platform's name, so others are safe."""

HELD = "alternate-futures.dev/held"
"""Finalizer that keeps a dead pod's name taken, so that nothing is started in its place."""

CLIENT = {"alternate-futures.dev/client": "acceptance"}
"""Label of the scenarios' own clients: the services' network policies admit them on any port."""

COPY_LABEL = "alternate-futures.dev/copy-of"

PLACE = "kubernetes.io/metadata.name"
"""The label by which Kubernetes names each namespace."""

HOSTNAME = "kubernetes.io/hostname"
"""The label by which Kubernetes names each machine."""

NAME_LABEL = "app.kubernetes.io/name"
"""Everything that one of the plan's Applications deploys carries this label with its name. Services select by `app`."""
