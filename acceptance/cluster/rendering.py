"""The k8s/ tree as one environment deploys it, built only by kustomize.

A run deploys from a copy of k8s/ in which k8s/environment holds the values from the environment file, the images and
the infrastructure. Git carries the same copy, so Argo CD builds what the suite builds. `make render` prints it.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from acceptance.base.environment import Environment
from acceptance.base.paths import ROOT
from acceptance.base.writing import write_whole
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.cluster.manifests import Manifest

DIRECTORIES = {
    "pebble": "https://pebble.acme.svc.cluster.local:14000/dir",
    "staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
    "live": "https://acme-v02.api.letsencrypt.org/directory",
}
"""The directory URL of each certificate authority (RFC 8555, 7.1.1)."""
HOSTS = ("api", "argocd", "auth", "www")
CALLED = "alternate-futures/"
"""The names that the manifests use for images built by this project."""


class Rendering:
    """A copy of k8s/ in `folder` for one environment. `write` creates it; several processes may read it."""

    def __init__(self, environment: Environment, folder: Path, kubectl: Path):
        self.environment = environment
        self.folder = folder
        self.kubectl = kubectl
        self.built: dict[tuple[Path, str], str] = {}
        self.read: dict[str, bytes] = {}
        """What was read of a rendering, by its text; pickled, which is read ten times as fast as YAML."""
        self.shared = folder.with_name(f"{folder.name}-built")
        """What was built, by the digest of what it was built from: for the other processes of a run."""

    def write(self, *, tags: Mapping[str, str] | None = None, addresses: Sequence[str] = ()) -> None:
        """Create the copy. `tags`: image tags by name; `addresses`: of the nodes that stand in for a load balancer."""
        for folder in (self.folder, self.shared):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "k8s", self.folder)
        environment = self.folder / "environment"
        dump(environment / "settings.yaml", settings(self.environment))
        dump(environment / "run" / "kustomization.yaml", run_component(self.environment, tags or {}, addresses))

    def overlay(self, component: str) -> Path:
        """The folder of a component, below k8s/: the environment's overlay, or the component itself if it has none."""
        name = self.environment.overlays.get(component, self.environment.overlay)
        overlay = Path(component, "overlays", name)
        return overlay if (self.folder / overlay).is_dir() else Path(component)

    def text(self, component: str) -> str:
        """A component's objects, as YAML. Raises UserError if it does not build."""
        return self.build(self.folder / self.overlay(component))

    def manifests(self, component: str) -> list[Manifest]:
        """A component's objects. Raises UserError if it does not build."""
        return self.objects(self.text(component))

    def production(self, component: str) -> list[Manifest]:
        """A component's objects as production has them: what is proven here must hold there, too."""
        overlay = self.folder / component / "overlays" / "production"
        return self.objects(self.build(overlay if overlay.is_dir() else self.folder / component))

    def objects(self, text: str) -> list[Manifest]:
        """The objects in a rendering; the caller may change them."""
        if text not in self.read:
            self.read[text] = pickle.dumps(documents(text))
        return list(pickle.loads(self.read[text]))

    def build(self, folder: Path) -> str:
        """What a folder of the copy renders, as YAML; built once as long as no file of the copy changes."""
        key = folder, self.fingerprint()
        if key not in self.built:
            file = self.shared / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.yaml"
            if not file.exists():
                write_whole(file, build(self.kubectl, folder))
            self.built[key] = file.read_text()
        return self.built[key]

    def files(self) -> dict[str, str | None]:
        """The copy's files by path in the platform's repository, without upstream manifests."""
        paths = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        relative = ((path, path.relative_to(self.folder)) for path in paths)
        return {f"k8s/{name}": path.read_text() for path, name in relative if name.parts[0] != "upstream"}

    def fingerprint(self) -> str:
        """The SHA-256 of the copy's files, image tags included: where it differs, something else would be deployed."""
        return hashlib.sha256(repr(sorted(self.files().items())).encode()).hexdigest()


def dump(path: Path, document: dict[str, Any]) -> None:
    """Write a YAML file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def settings(environment: Environment) -> dict[str, Any]:
    """The object that the replacements of k8s/environment read; kustomize leaves it out of its output."""
    hosts = {name: f"{name}.{environment.domain}" for name in HOSTS}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "environment", "annotations": {"config.kubernetes.io/local-config": "true"}},
        "data": {
            **hosts,
            "pollingInterval": f"{environment.gitops.polling_seconds}s",
            "repository": repository(environment, "platform"),
            "demo": repository(environment, "demo"),
            "demo-polled": repository(environment, "demo-polled"),
        },
    }


def repository(environment: Environment, name: str) -> str:
    """The repository that Argo CD uses; if the environment names none, the one on the Git server in the cluster."""
    known = {str(key): url for key, url in environment.gitops.repositories.items()}
    return known.get(name, f"http://git.git.svc.cluster.local/{name}.git")


def run_component(environment: Environment, tags: Mapping[str, str], addresses: Sequence[str]) -> dict[str, Any]:
    """The kustomize component with a run's values: authority, image tags, and addresses for Traefik's Service."""
    authority = f"--certificatesresolvers.letsencrypt.acme.caserver={DIRECTORIES[environment.acme]}"
    arguments = "/spec/template/spec/containers/0/args/-"
    patches = [patch("Deployment", "traefik", {"op": "add", "path": arguments, "value": authority})]
    if addresses:
        # kube-proxy does for these addresses what K3s's ServiceLB does on its nodes.
        external = {"op": "add", "path": "/spec/externalIPs", "value": [*addresses]}
        patches.append(patch("Service", "traefik", external))
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "components": [f"../{environment.patches}"] if environment.patches else [],
        "images": [{"name": f"{CALLED}{name}", "newTag": tag} for name, tag in sorted(tags.items())],
        "patches": patches,
    }


def patch(kind: str, name: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """A JSON patch of one object, as kustomize takes it."""
    return {"target": {"kind": kind, "name": name}, "patch": yaml.safe_dump([*operations])}
