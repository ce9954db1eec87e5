"""What API servers have to do as time goes by, from their flags: a loss or a full disk would show it too late.

They take a lost one out of the Service `kubernetes`, and have etcd forget old revisions. Flags that are the same on all
control planes are still wrong. Source: 2.8.
"""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.cis_benchmark import of_processes
from acceptance.drivers.cluster.cis_checks import API
from acceptance.drivers.cluster.etcd_settings import of_member
from acceptance.drivers.cluster.lost_machines import seconds_of

RECONCILER, COMPACTION = "endpoint-reconciler-type", "etcd-compaction-interval"
KEEPS_LOST = ("none", "master-count")
"""The reconcilers that leave a lost API server among the Service's addresses. Source: kube-apiserver's reference."""
RETENTION = "auto-compaction-retention"
"""etcd's own way to compact; it does not where this is 0, as by default."""
DISABLED = "disable-admission-plugins"
NEEDED = {
    "DefaultStorageClass", "DefaultTolerationSeconds", "LimitRanger", "PersistentVolumeClaimResize", "PodSecurity",
    "Priority", "ResourceQuota", "StorageObjectInUseProtection", "TaintNodesByCondition",
    "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook", "CertificateApproval",
    "CertificateSigning", "CertificateSubjectRestriction",
}  # fmt: skip
"""Plugins that are on by default: without DefaultTolerationSeconds, say, pods leave a machine that is silent for a
moment. The benchmark judges others (plan 27.1)."""


def neglected(cluster: Cluster) -> list[str]:
    """What API servers neglect by their flags, in words; nothing on K3s, which runs everything in one process."""
    names = [server.name for server in cluster.outputs.control_planes]
    started = {name: settings for name in names if (settings := of_processes(cluster, name).get(API))}
    return in_words(started, {name: of_member(cluster, name) for name in names})


def in_words(started: Mapping[str, Mapping[str, object]], members: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The same, given the flags of each API server and of each member of etcd."""
    kinds = {name: str(settings.get(RECONCILER, "")) for name, settings in started.items()}
    found = [
        f"the API server of {name} leaves lost ones in the Service kubernetes (--{RECONCILER}={kind})"
        for name, kind in kinds.items()
        if kind in KEEPS_LOST
    ]
    off = {name: sorted({*str(flags.get(DISABLED, "")).split(",")} & NEEDED) for name, flags in started.items()}
    found += [
        f"the API server of {name} runs without {', '.join(plugins)} (--{DISABLED})"
        for name, plugins in off.items()
        if plugins
    ]
    said = [str(settings.get(COMPACTION, "5m")) for settings in started.values()]
    never = bool(said) and not any(seconds_of(text) for text in said)
    by_etcd = any(flags.get(RETENTION, "0").strip("0hms.") for flags in members.values())
    return found + (
        [f"nobody compacts etcd (--{COMPACTION}, --{RETENTION}), which fills up"] if never and not by_etcd else []
    )
