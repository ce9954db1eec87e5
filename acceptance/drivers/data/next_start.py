"""What the members of the database read at their next start, which may differ from what runs. Source: 6.2, 6.6.

Patroni reads its own file once. A change of the ConfigMap restarts no member, so it takes effect only after a failure.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import yaml

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.data.database_settings import FILE
from acceptance.drivers.data.durability import DISK
from acceptance.drivers.data.login_rules import ASKS
from acceptance.platform.access import NAMESPACE


def files(cluster: Cluster) -> dict[str, Mapping[str, Any]]:
    """Patroni's own settings in the ConfigMaps of the platform, by ConfigMap; none where something else runs."""
    found = cluster.core.list_namespaced_config_map(NAMESPACE).items
    own = {item.metadata.name: item.data or {} for item in found if not of_scenario(item.metadata.labels)}
    return {name: yaml.safe_load(data[FILE]) or {} for name, data in own.items() if FILE in data}


def unasked_rules(settings: Mapping[str, Any]) -> list[str]:
    """The rules of pg_hba.conf in Patroni's settings that require no credentials."""
    rules = (settings.get("postgresql") or {}).get("pg_hba") or []
    return [str(rule) for rule in rules if method_of(str(rule)) not in ASKS]


def method_of(rule: str) -> str:
    """The method of a rule of pg_hba.conf, which options (`clientcert=verify-full`) and a comment may follow.

    A comment, or a line that includes another file, grants no access by itself: `reject`.
    """
    words = rule.partition("#")[0].split()
    if not words or words[0].startswith("include"):
        return "reject"
    return [word for word in words if "=" not in word][-1].strip('"')


def elsewhere(settings: Mapping[str, Any]) -> str:
    """Where a member would keep its data at its next start; empty if below DISK, or if the file does not say it."""
    folder = posixpath.normpath(str((settings.get("postgresql") or {}).get("data_dir") or DISK))
    return "" if f"{folder}/".startswith(f"{DISK}/") else folder
