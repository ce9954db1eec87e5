"""Machines as AWS starts them, in containers: user data by cloud-init under systemd, and what is around them.

A network without a way out has one container that plays the account (account/serve.py), and the machines. K3s is
kubeadm's Kubernetes (k3s/installer.py). Everything carries a label and goes away with the account.
"""

import base64
import contextlib
import datetime
import fcntl
import hashlib
import ipaddress
import json
import shutil
import signal
import socket
import socketserver
import threading
from pathlib import Path

from aws_cloud import moto
from aws_tools import rendered_user_data
from booted_machine import LABEL, NETWORK, Machine
from built import alone, image
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from acceptance.base.paths import CACHE, INFRASTRUCTURE
from acceptance.clients import docker as engine_client
from acceptance.clients import engine
from acceptance.clients.docker import docker, inspect
from acceptance.images import cache
from acceptance.images.lock import read_lock
from acceptance.infrastructure.subnet import subnet_of

RECIPE = Path(__file__).with_name("machine")
ACCOUNT = Path(__file__).with_name("account")
K3S = Path(__file__).with_name("k3s")
SECRETS = ("server-token", "agent-token", "kubeconfig")
STORE = "secretsmanager.eu-central-1.amazonaws.com"
SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
EVERYWHERE = ("pause", "kube-proxy", "coredns")


def user_data(folder):
    """User data by machine, as AWS hands it over; K3s's programs are the stand-ins."""
    sums = [hashlib.sha256((K3S / name).read_bytes()).hexdigest() for name in ("k3s.sh", "installer.py")]
    return {name: base64.b64decode(text) for name, text in rendered_user_data(folder, "packed", *sums).items()}


def machine_image():
    """The tag of the machines' image; built if it is not there."""
    node = image("node")
    tag = f"alternate-futures/machine:{hashlib.sha256((node + cache.folder_digest(RECIPE)).encode()).hexdigest()[:16]}"
    with alone():
        if not inspect("image", tag):
            log = CACHE / "logs" / "machine.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            engine_client.build(RECIPE, log=log, tag=tag, arguments={"NODE": node})
    return tag


def remove_all():
    """Remove what this or an earlier run made in the engine."""
    if found := docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split():
        docker("rm", "--force", "--volumes", *found)
    if found := docker("network", "ls", "--quiet", "--filter", f"label={LABEL}").split():
        docker("network", "rm", *found)


class Account:
    """The outside of the machines."""

    def __init__(self, folder, cloud):
        self.folder, self.cloud = folder, cloud
        self.image = machine_image()
        self.subnet = ipaddress.IPv4Network(subnet_of(NETWORK, None))
        self.gateway = str(self.subnet[2])
        self.made = 0
        (folder / "machines.json").write_text("{}")
        for secret in SECRETS:
            cloud.aws("secretsmanager", "create-secret", "--name", f"some-cluster/{secret}")
        self.offer_downloads()
        self.make_certificate()
        self.prepare()
        docker("network", "create", "--internal", "--subnet", str(self.subnet), "--label", LABEL, NETWORK)
        names = [
            part for name in (STORE, "github.com", "raw.githubusercontent.com") for part in ("--network-alias", name)
        ]
        docker(
            "run", "--detach", "--name", f"{NETWORK}-account", "--label", LABEL, "--network", NETWORK, *names,
            "--ip", self.gateway, "--volume", f"{folder}:/account", "--volume", f"{ACCOUNT}:/stand-in:ro",
            "--entrypoint", "python3", self.image, "-u", "/stand-in/serve.py",
        )  # fmt: skip

    def offer_downloads(self):
        """K3s's binary and installer, under the addresses that production downloads them from."""
        for host, path, name in (
            ("github.com", "k3s-io_k3s_releases_download_v1.36.4%2Bk3s1_k3s", "k3s.sh"),
            ("raw.githubusercontent.com", "k3s-io_k3s_v1.36.4%2Bk3s1_install.sh", "installer.py"),
        ):
            (self.folder / "downloads" / host).mkdir(parents=True)
            shutil.copy(K3S / name, self.folder / "downloads" / host / path)

    def make_certificate(self):
        """A certificate for the names that machines ask by TLS; they trust nothing else."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "some account")])
        now = datetime.datetime.now(datetime.UTC)
        names = [x509.DNSName(host) for host in (STORE, "github.com", "raw.githubusercontent.com")]
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=7))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        (self.folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "tls.pem").write_bytes(private + made.public_bytes(serialization.Encoding.PEM))

    def prepare(self):
        """What the installer needs on a machine: images, their names, and who may ask without credentials."""
        lock = read_lock()
        tags = {name: image(name) for name in (*SERVERS, *EVERYWHERE)}
        for role, names in (("server", (*SERVERS, *EVERYWHERE)), ("agent", EVERYWHERE)):
            folder = self.folder / "prepared" / role
            folder.mkdir(parents=True)
            docker("save", "--output", folder / "images.tar", *(tags[name] for name in names), timeout=300)
            (folder / "images.tar").chmod(0o644)
            shutil.copy(INFRASTRUCTURE / "kind" / "authentication.yaml", folder)
            (folder / "prepared.json").write_text(
                json.dumps(
                    {
                        "images": {tags[name]: lock[name].reference for name in names},
                        "tags": {name: lock[name].reference.rpartition(":")[2] for name in ("etcd", "coredns")},
                        "restricted": engine.lacks_sys_resource(),
                    }
                )
            )

    def calls(self, service, source=None):
        """What was asked of a service, by all or by one machine."""
        path = self.folder / "calls"
        found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [call for call in found if call["service"] == service and source in (None, call["from"])]

    def secret(self, name):
        """A value in the store, or None."""
        answer = self.cloud.aws(
            "secretsmanager", "get-secret-value", "--secret-id", f"some-cluster/{name}", check=False
        )
        return answer and answer["SecretString"]

    @contextlib.contextmanager
    def silent_store(self):
        """The secret store does not answer meanwhile."""
        (self.folder / "silent").touch()
        try:
            yield
        finally:
            (self.folder / "silent").unlink()

    def boot(self, slot, user_data):
        """Start a new machine in a slot, with user data as AWS hands it over."""
        self.made += 1
        return Machine(self, slot, self.made, user_data)


@contextlib.contextmanager
def relay(path, port):
    """A socket of the file system that leads to a port of the loopback."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection(("127.0.0.1", port)) as there:
                back = threading.Thread(target=copy, args=(there, self.request), daemon=True)
                back.start()
                copy(self.request, there)
                back.join()

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        path.chmod(0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def copy(source, target):
    """Forward data until the source ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def account():
    """An account without machines; all of it is removed in the end, and what a run that was killed left before it."""
    folder = CACHE / "machines"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "machines.lock").open("w") as lock, contextlib.ExitStack() as stack:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Whoever ends this run otherwise than by Ctrl-C does not leave machines behind either.
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler))
        remove_all()
        shutil.rmtree(folder, ignore_errors=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir()
        cloud = stack.enter_context(moto())
        stack.enter_context(relay(folder / "aws.sock", int(cloud.url.rpartition(":")[2])))
        stack.callback(remove_all)
        yield Account(folder, cloud)
