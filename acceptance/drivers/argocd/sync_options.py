"""What annotations on objects tell Argo CD to do with them: in Git, in the cluster, and in production.

Argo CD reads some of them from the object in the cluster, where no sync removes what Git never had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster import object_references
from acceptance.cluster.manifests import HOOK, Manifest
from acceptance.drivers.argocd import drift
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SYNC, COMPARE = "argocd.argoproj.io/sync-options", "argocd.argoproj.io/compare-options"
HELM_HOOK = "helm.sh/hook"
"""The annotation of Helm's hooks, which Argo CD treats like its own."""
NO_HOOK = "crd-install"
"""The one value of it that does not make a hook: Helm 2 marked definitions with it."""
KEEPS = ("Prune=false", "Prune=confirm")
"""Options with which objects removed from Git stay in the cluster, or wait for confirmation."""
SERVING = ("Deployment", "StatefulSet", "DaemonSet", "Service", "NetworkPolicy", "PodDisruptionBudget", "IngressRoute")
"""Kinds of objects that have to stay between syncs; hooks are for jobs and for what these need."""
FORCES = ("Force=true", "Replace=true")
"""Options with which Argo CD deletes and recreates what it cannot change."""
UNCHECKED = "Validate=false"
"""The option with which the API drops the fields of an object that it does not know, instead of refusing it."""
REMOVED_BY_ITSELF = re.compile(r"foregroundDeletion|orphan|([^/]+\.)?(kubernetes\.io|k8s\.io|k8s\.aws|argoproj\.io)/.+")
"""Finalizers that Kubernetes, the cloud's controllers or Argo CD set and remove themselves."""
HASHED = re.compile(r"-[bcdfghkmt2456789]{10}$")
"""The end that kustomize gives to a generated name, another one with each content. Source: kustomize, `hasher`."""
FIXED = ("ConfigMap", "Secret")
"""Kinds of objects that can be immutable."""


def objects_everywhere(platform: Platform, argocd: ArgoCD) -> dict[str, Manifest]:
    """Every object of the platform's Applications: as Argo CD renders them from Git, and as production renders them."""
    found: dict[str, Manifest] = {}
    for name in APPLICATIONS:
        found |= {f"{name}'s {called(item)}": item for item in argocd.manifests(name)}
        found |= {f"production's {name}: {called(item)}": item for item in platform.rendering.production(name)}
    return found


def objects_and_live(platform: Platform, argocd: ArgoCD) -> dict[str, Manifest]:
    """The same, and the objects in the cluster that Argo CD made of those in Git, without hooks."""
    in_git = {name: [item for item in argocd.manifests(name) if not hooks(item)] for name in APPLICATIONS}
    there = drift.as_they_are(platform.cluster, [item for items in in_git.values() for item in items])
    live = {
        f"{name}'s live {called(item)}": there[drift.named(item)]
        for name, items in in_git.items()
        for item in items
        if drift.named(item) in there
    }
    return objects_everywhere(platform, argocd) | live


def called(item: Manifest) -> str:
    """Kind and name of an object."""
    return f"{item['kind']} {item['metadata']['name']}"


def options(item: Manifest, annotation: str) -> list[str]:
    """The options that an annotation of an object lists."""
    return [option.strip() for option in (item["metadata"].get("annotations") or {}).get(annotation, "").split(",")]


def hooks(item: Manifest) -> list[str]:
    """The values by which annotations make an object a hook, of Argo CD or of Helm; an empty one does, too."""
    notes = item["metadata"].get("annotations") or {}
    own = [option or "no value" for option in options(item, HOOK)] if HOOK in notes else []
    of_helm = [option for option in options(item, HELM_HOOK) if option != NO_HOOK] if HELM_HOOK in notes else []
    return own or of_helm


def is_live(item: Manifest) -> bool:
    """Whether an object is one in the cluster: the API has given it an identity."""
    return bool(item["metadata"].get("uid"))


def is_skipped(item: Manifest) -> str:
    """Why Argo CD ignores an object, or treats what serves as a hook; empty if it does neither.

    A hook does not count when the cluster is compared with Git, and is recreated or left alone by each sync.
    An object in the cluster, of any kind, is no longer compared once it is annotated as a hook.
    """
    hook = hooks(item)
    if "Skip" in hook:
        return "Argo CD skips it (hook: Skip)"
    matters = hook and (is_live(item) or item["kind"] in SERVING)
    return f"Argo CD does not keep it as Git says (hook: {', '.join(hook)})" if matters else ""


def hooks_in_use(objects: Mapping[str, Manifest]) -> dict[str, str]:
    """The hooks among objects that other objects, which are no hooks, need all the time, in words, by name.

    What a hook needs itself may be one, too; the objects of production are compared among themselves. A binding is
    needed by those who have the account that it is for.
    """
    found = {}
    for are_productions in (False, True):
        group = {name: item for name, item in objects.items() if name.startswith("production's ") is are_productions}
        kept = [item for item in group.values() if not hooks(item)]
        used = {one for item in kept for one in object_references.named_by(item)}
        for name, item in group.items():
            if hooks(item) and object_references.offered_by(item) & used:
                found[name] = (
                    f"Argo CD does not compare it with Git (hook: {', '.join(hooks(item))}), but others use it"
                )
    return found


def stays(item: Manifest) -> str:
    """Why an object would stay in the cluster after its removal from Git, or stay unchanged; empty if it would not."""
    metadata = item["metadata"]
    if is_live(item) and (hook := hooks(item)):
        return f"it stays in the cluster as it is (hook: {', '.join(hook)})"
    if is_live(item) and (owners := metadata.get("ownerReferences")):
        names = ", ".join(f"{owner.get('kind')} {owner.get('name')}" for owner in owners)
        return f"it belongs to {names}: Argo CD never removes it, and it goes with its owner"
    held = [name for name in metadata.get("finalizers") or [] if not REMOVED_BY_ITSELF.fullmatch(name)]
    if held:
        return f"it stays after its removal from Git until somebody removes its finalizer ({', '.join(held)})"
    kept = [option for option in options(item, SYNC) if option in KEEPS]
    kept += [option for option in options(item, COMPARE) if option == "IgnoreExtraneous"]
    return f"it stays in the cluster after its removal from Git ({', '.join(kept)})" if kept else ""


def not_removed(objects: Mapping[str, Manifest]) -> dict[str, str]:
    """The objects that would stay in the cluster, or are hooks in use, in words, by name."""
    return {name: why for name, item in objects.items() if (why := stays(item))} | hooks_in_use(objects)


def is_immutable(item: Manifest) -> str:
    """Why the API would refuse what Git says next of an object; empty if it would not.

    One that is generated with a hash in its name is replaced, never changed.
    """
    fixed = item.get("kind") in FIXED and item.get("immutable") and not HASHED.search(item["metadata"]["name"])
    return (
        "the API refuses every change of it (immutable), and it has no other name with other content" if fixed else ""
    )


def is_unchecked(item: Manifest) -> str:
    """Why a mistyped field of an Application's objects, or of an object that serves, would be dropped unseen."""
    policy = (item.get("spec") or {}).get("syncPolicy") or {}
    kept = options(item, SYNC) if item.get("kind") in SERVING else []
    told = [option for option in [*kept, *(policy.get("syncOptions") or ())] if option == UNCHECKED]
    return f"fields that the API does not know are dropped ({UNCHECKED})" if told else ""


def is_not_as_in_git(item: Manifest) -> str:
    """Why the cluster would not have an object as Git says; empty if it would."""
    return is_skipped(item) or is_unchecked(item) or is_immutable(item)


def may_be_emptied(application: Manifest) -> str:
    """Why a commit that leaves an Application without objects would delete all that runs; empty if it would not."""
    policy = ((application.get("spec") or {}).get("syncPolicy") or {}).get("automated") or {}
    return "a commit without objects deletes all of them (allowEmpty)" if policy.get("allowEmpty") else ""


def is_forced(item: Manifest) -> str:
    """Why Argo CD would recreate an object, or all objects of an Application, to change it; empty if it would not."""
    policy = (item.get("spec") or {}).get("syncPolicy") or {}
    forced = [option for option in [*options(item, SYNC), *(policy.get("syncOptions") or ())] if option in FORCES]
    return f"objects that the API refuses to change are recreated ({', '.join(forced)})" if forced else ""
