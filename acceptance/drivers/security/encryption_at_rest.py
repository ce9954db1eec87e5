"""Secrets as each API server writes them to etcd, and the key that it encrypts them with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from acceptance.cluster.namespace import Namespace
from acceptance.drivers.cluster.api_servers import ask
from acceptance.drivers.cluster.cis_benchmark import facts
from acceptance.drivers.cluster.cis_checks import API
from acceptance.drivers.cluster.etcd import Snapshot, etcd_pod, stored
from acceptance.infrastructure.contract import Machine, Outputs


def mark() -> str:
    """A unique value."""
    return f"mark-{secrets.token_hex(16)}"


@dataclass
class MarkedSecret:
    """A ConfigMap, and a Secret written by each API server, each with a unique value."""

    namespace: Namespace
    servers: list[Machine]
    clear: str = field(default_factory=mark)
    hidden: dict[str, str] = field(default_factory=dict)
    """The Secrets' values, by name."""

    def write(self) -> MarkedSecret:
        """Write them; return itself. Raises Unverifiable if etcd cannot be reached."""
        cluster, place = self.namespace.cluster, ("-n", self.namespace.name)
        etcd_pod(cluster)
        data = {"metadata": {"name": "marked"}, "data": {"value": self.clear}}
        self.namespace.create({"apiVersion": "v1", "kind": "ConfigMap", **data})
        for machine in self.servers:
            name, value = f"by-{machine.name}", mark()
            ask(cluster, machine, *place, "create", "secret", "generic", name, f"--from-literal=value={value}")
            self.hidden[name] = value
        return self

    def key(self, secret: str) -> str:
        """The key under which etcd holds a Secret."""
        return f"/registry/secrets/{self.namespace.name}/{secret}"

    def is_held(self) -> bool:
        """Raise AssertionError unless the queried member of etcd has the ConfigMap and all the Secrets."""
        cluster, name = self.namespace.cluster, self.namespace.name
        held = stored(cluster, f"/registry/configmaps/{name}/marked")
        assert any(self.clear.encode() in value for value in held.values()), (
            f"expected the value of the ConfigMap {name}/marked in etcd, saw it in none of the keys {sorted(held)}"
        )
        found = stored(cluster, f"/registry/secrets/{name}/by-")
        missing = {self.key(secret) for secret in self.hidden} - set(found)
        assert not missing, f"expected all Secrets of {name} in etcd, but {sorted(missing)} are missing"
        return True

    def found_in(self, snapshot: Snapshot) -> None:
        """Raise AssertionError unless a snapshot has the ConfigMap's value and the Secrets' keys.

        Otherwise a search for the Secrets' values in it would prove nothing.
        """
        lacking = [name for name in self.hidden if not snapshot.has(self.key(name))]
        assert snapshot.has(self.clear), "expected the ConfigMap's value in the snapshot of etcd, but it is not there"
        assert not lacking, f"expected all Secrets in the snapshot of etcd, but {lacking} are missing"

    def unreadable(self) -> dict[str, list[str]]:
        """The Secrets that an API server does not return with the value that was written, by API server."""
        cluster, place, seen = self.namespace.cluster, ("-n", self.namespace.name), {}
        for machine in self.servers:
            ask_for = ("get", "secret", *self.hidden, "-o")
            template = 'go-template={{range .items}}{{.metadata.name}} {{.data.value | base64decode}}{{"\\n"}}{{end}}'
            said = ask(cluster, machine, *place, *ask_for, template, check=False)
            got = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
            seen[machine.name] = [name for name, value in self.hidden.items() if got.get(name) != value]
        return {server: names for server, names in seen.items() if names}


@dataclass(frozen=True)
class KeyFile:
    """The file with an API server's encryption key: its path, the modes of it and its folder, and its SHA-256."""

    path: str
    mode: str
    folder_mode: str
    digest: str

    @property
    def is_private(self) -> bool:
        """Whether both modes, in octal digits, give only the owner access."""
        return not (int(self.mode, 8) | int(self.folder_mode, 8)) & 0o077


def key_files(namespace: Namespace, outputs: Outputs) -> dict[str, KeyFile]:
    """The key file of each API server, by machine. Raises AssertionError if one has none."""
    cluster = namespace.cluster
    servers = facts(cluster)[API]
    seen = {}
    for machine in outputs.control_planes:
        path = str(servers.get(machine.name, {}).get("encryption-provider-config") or "")
        assert path, f"the API server of {machine.name} runs without --encryption-provider-config"
        # The owner is not judged: it is the user who created the cluster, and root in a node is root on their machine.
        command = 'stat --format %a "$1" "$(dirname "$1")"; sha256sum "$1"'
        mode, folder_mode, digest = cluster.on_node(machine.name, "sh", "-ec", command, "sh", path).split()[:3]
        seen[machine.name] = KeyFile(path, mode, folder_mode, digest)
    return seen


KMS = "kms"
"""The provider that has its keys elsewhere."""
COUNT = r"""
grep -oE "[\"']?secret[\"']?: *[\"']?[A-Za-z0-9+/]{8,}=*" "$1" |
    sed "s/^[\"']*secret[\"']*: *[\"']*//" |
    while read -r key; do
  printf '%s' "$key" | base64 -d | wc -c
  printf '%s' "$key" | base64 -d | od -An -v -tx1 -w1 | sort -u | wc -l
done
grep -oE "[\"']?kms[\"']?:" "$1" | grep -o kms | head -n 1
"""
"""Shell that prints the length and the number of different bytes of each key in an EncryptionConfiguration.

Where a key management service has a key, it prints KMS after them.

It runs on the machine that has the file, so that no key leaves it.
"""


def predictable(counts: str) -> list[str]:
    """Which keys have too few different bytes to be random, by what COUNT printed, in words.

    Of 32 random bytes about 30 differ; fewer than half never happens by chance.
    """
    words = counts.split()
    if not words:
        return ["no key that can be read, nor a key management service"]
    numbers = [int(word) for word in words if word != KMS]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return [f"{different} different bytes of {length}" for length, different in pairs if different * 2 < length]


def predictable_keys(namespace: Namespace, outputs: Outputs) -> dict[str, list[str]]:
    """The keys that are not random in the key file of each API server, in words, by machine."""
    files = key_files(namespace, outputs)
    counted = {
        name: namespace.cluster.on_node(name, "sh", "-c", COUNT, "sh", file.path) for name, file in files.items()
    }
    return {name: found for name, text in counted.items() if (found := predictable(text))}
