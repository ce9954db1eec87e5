"""What a rehearsal of production has next to its kind cluster: images by production's names, DNS, and a Git server.

Source: environments/rehearsal.toml, which says what each one replaces.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from acceptance.base.labels import PLATFORM_LABEL
from acceptance.base.paths import ROOT
from acceptance.base.secrecy import register_secret
from acceptance.clients import docker
from acceptance.clients.process import run
from acceptance.images.build import Images
from acceptance.images.registry import REGISTRY_PORT
from acceptance.infrastructure.contract import Outputs

PUBLISHED = {
    "auth": "alternatefutures/auth:latest",
    "backend": "alternatefutures/backend:latest",
    "frontend": "alternatefutures/home:latest",
    "probe": "alternatefutures/probe:latest",
    "redis": "docker/library/redis:8.2.2-alpine",
    "load-balancer": "docker/library/haproxy:3.0.8-alpine",
}
"""Paths and tags of images in production's overlays; nodes pull them from the local registry, whatever the host."""
READING = 'auth.require = ("" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))\n'
"""For images/git: reading takes the password, too, as with a private repository."""
CLASSES = "production-classes"
EXPORTS = "exports.json"
SECRETS = ("JWT_SECRET", "POSTGRES_PASSWORD", "SUPERUSER_PASSWORD", "REPLICATION_PASSWORD", "REDIS_PASSWORD")
GIT_HOST = "git.rehearsal.test"
BALANCER_HOST = "balancer.rehearsal.test"
COREFILE = """. {{
    rewrite stop name regex (.*\\.)?{domain} {balancer_host} answer auto
    hosts {{
        {git} {git_host}
        {balancer} {balancer_host}
        fallthrough
    }}
    forward . /etc/resolv.conf
}}
"""


@dataclass(frozen=True)
class Surroundings:
    """What runs next to the cluster: the address of DNS, and the variables that an operator exports."""

    resolver: Path
    variables: dict[str, str]


def publish(images: Images) -> None:
    """Push all images to the registry; those that production's overlays name, under these names, too."""
    images.ensure({component for entry in images.lock.values() for component in entry.components})
    for name, path in PUBLISHED.items():
        reference = f"127.0.0.1:{REGISTRY_PORT}/{path}"
        docker.docker("tag", images.tag(images.lock[name]), reference)
        docker.push(reference)


def add_classes(outputs: Outputs, kubectl: Path) -> None:
    """Create the storage classes that production's overlays name and kind lacks."""
    built = run([kubectl, "kustomize", "--load-restrictor", "LoadRestrictionsNone", ROOT / "k8s" / CLASSES]).stdout
    ours = (kubectl, "--kubeconfig", outputs.kubeconfig_path)
    run([*ours, "apply", "--server-side", "--force-conflicts", "--filename", "-"], stdin=built)
    rollout = (*ours, "--namespace", "local-path-storage", "rollout")
    run([*rollout, "restart", "deployment/local-path-provisioner"])
    run([*rollout, "status", "deployment/local-path-provisioner", "--timeout=180s"])


def surround(outputs: Outputs, images: Images, domain: str, folder: Path) -> Surroundings:
    """Start DNS and Git next to the cluster, on its nodes' network, with their files in `folder`."""
    network = outputs.cluster_name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    balancer = address_of(outputs.load_balancer.id, network)
    variables = {f"AF_{name}": register_secret(secrets.token_hex(24)) for name in SECRETS}
    git, variables["AF_GIT_PASSWORD"], variables["AF_WEBHOOK_SECRET"] = start_git(network, images, domain, folder)
    variables["AF_GIT_READ_PASSWORD"] = variables["AF_GIT_PASSWORD"]
    escaped = domain.replace(".", "\\.")
    hosts = {"git_host": GIT_HOST, "git": git, "balancer_host": BALANCER_HOST, "balancer": balancer}
    corefile = write(folder / "Corefile", COREFILE.format(domain=escaped, **hosts))
    volume = ("--volume", f"{corefile}:/Corefile:ro")
    dns = start(network, "dns", images.tag(images.lock["coredns"]), ["-conf", "/Corefile"], *volume)
    write(folder / "resolv.conf", f"nameserver {dns}\n")
    write(folder / EXPORTS, json.dumps(variables)).chmod(0o600)
    return surroundings(folder)


def surroundings(folder: Path) -> Surroundings:
    """What `surround` wrote to a folder."""
    variables = json.loads((folder / EXPORTS).read_text())
    return Surroundings(folder / "resolv.conf", {key: register_secret(value) for key, value in variables.items()})


def start_git(network: str, images: Images, domain: str, folder: Path) -> tuple[str, str, str]:
    """Start the Git server, which calls Argo CD's webhook by name like GitHub; return address, password and secret."""
    password, webhook = (register_secret(secrets.token_hex(24)) for _ in range(2))
    credentials = folder / "git"
    credentials.mkdir(exist_ok=True)
    credentials.chmod(0o755)
    write(credentials / "htpasswd", f"git:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode()}\n")
    write(credentials / "webhook-secret", webhook)
    write(credentials / "reading.conf", READING)
    settings = {"WEBHOOK_URL": f"https://argocd.{domain}/api/webhook", "PUBLIC_URL": f"http://{GIT_HOST}:8080"}
    address = start(
        network, "git", images.tag(images.lock["git"]), ["platform", "demo", "demo-polled"],
        "--network-alias", GIT_HOST, "--add-host", f"argocd.{domain}:{address_of(f'{network}-load-balancer', network)}",
        "--volume", f"{credentials}:/etc/git:ro", "--tmpfs", "/srv/git:mode=1777,exec",
        *(part for name, value in settings.items() for part in ("--env", f"{name}={value}")),
    )  # fmt: skip
    # Pebble is not trusted, so this does what GitHub does for a webhook with "Disable SSL verification".
    docker.docker("exec", f"{network}-git", "sh", "-c", "echo insecure >/srv/git/.curlrc")
    return address, password, webhook


def write(path: Path, text: str) -> Path:
    """Write a file that a container can read as its own user."""
    path.write_text(text)
    path.chmod(0o644)
    return path


def start(network: str, name: str, image: str, arguments: list[str], *options: str) -> str:
    """Run a container on the nodes' network, replacing an older one; return its address there."""
    container = f"{network}-{name}"
    docker.docker("rm", "--force", "--volumes", container, check=False)
    docker.docker(
        "run", "--detach", "--name", container, "--network", network, "--label", f"{PLATFORM_LABEL}={network}",
        *options, image, *arguments,
    )  # fmt: skip
    return address_of(container, network)


def address_of(container: str, network: str) -> str:
    """A container's address on a network."""
    found = docker.inspect("container", container)
    assert found, f"there is no container {container}"
    return str(found["NetworkSettings"]["Networks"][network]["IPAddress"])


def leave(cluster_name: str) -> None:
    """Remove what `surround` started; the network cannot be removed before."""
    for name in ("git", "dns"):
        docker.docker("rm", "--force", "--volumes", f"{cluster_name}-{name}", check=False)
