"""The certificate authority that Traefik orders from. Source: task 9."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import certifi
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from acceptance.base.deadlines import COMPONENT_READY
from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.clients.port_forward import port_forward
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.platform.platform import Platform
from acceptance.platform.secrets import read_secret

NAMESPACE = "traefik"
ACME_NAMESPACE = "acme"
PEBBLE = f"pebble.{ACME_NAMESPACE}.svc.cluster.local"
TRAEFIK = f"traefik.{NAMESPACE}.svc.cluster.local"
MANAGEMENT_PORT = 15000


@dataclass
class Authority:
    """The certificate authority of an environment: its certificates must chain to it."""

    name: str
    roots: list[x509.Certificate]
    file: Path


def own_certificate(host: str) -> tuple[str, str, str]:
    """A certificate for Pebble's own API: CA, certificate and key, as PEM. The CA's key is discarded at once."""
    now = datetime.datetime.now(datetime.UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA of the ACME server's own API")])

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=2))
            .not_valid_after(now + datetime.timedelta(days=365))
        )

    authority = (
        builder(issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.DNSName("pebble")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    leaf = builder(subject, key.public_key()).add_extension(names, critical=False).sign(authority_key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return authority.public_bytes(pem).decode(), leaf.public_bytes(pem).decode(), private.decode()


def point_dns_at_traefik(cluster: Cluster, domain: str) -> None:
    """Inside the cluster, the platform's names resolve to Traefik, where the authority validates (kind only).

    The domain itself, too: a route may redirect it.
    """
    configuration = cluster.core.read_namespaced_config_map("coredns", "kube-system")
    escaped = domain.replace(".", "\\.")
    rule = f"rewrite stop name regex (.*\\.)?{escaped} {TRAEFIK} answer auto"
    corefile = configuration.data["Corefile"]
    if rule not in corefile:
        data = {"Corefile": corefile.replace("    ready\n", f"    ready\n    {rule}\n", 1)}
        cluster.core.patch_namespaced_config_map("coredns", "kube-system", {"data": data})
        cluster.kubectl("-n", "kube-system", "rollout", "restart", "deployment/coredns")


def deploy_pebble(platform: Platform) -> None:
    """kind's ACME server. It forgets everything on a restart, so a running one keeps its certificate and pod."""
    cluster = platform.cluster
    point_dns_at_traefik(cluster, platform.environment.domain)
    manifests = platform.render("pebble")
    apply(cluster, [manifest for manifest in manifests if manifest["kind"] == "Namespace"])
    if not read_secret(cluster, "pebble-tls", ACME_NAMESPACE):
        authority, certificate, key = own_certificate(PEBBLE)
        values = {"tls.crt": certificate, "tls.key": key, "ca.crt": authority}
        manifests.insert(0, secret_manifest("pebble-tls", ACME_NAMESPACE, values))
    apply(cluster, manifests)
    platform.wait_rolled_out(ACME_NAMESPACE)


def is_public(environment: Environment) -> bool:
    """Whether an environment's certificates come from a public authority, so that Pebble is not deployed."""
    return environment.acme != "pebble"


def authority(platform: Platform) -> Authority:
    """The authority that must have issued the environment's certificates. On kind, its roots are fetched from it."""
    file = platform.state / "acme-roots.pem"
    if is_public(platform.environment):
        given = platform.environment.acme_roots
        file = Path(given).expanduser() if given else Path(certifi.where())
        return Authority("Let's Encrypt", x509.load_pem_x509_certificates(file.read_bytes()), file)

    def fetch() -> str:
        with port_forward(platform.cluster, ACME_NAMESPACE, "svc/pebble", MANAGEMENT_PORT) as address:
            # This request fetches the trust anchor itself; the connection is secured by the API server.
            answer = requests.get(f"https://{address}/roots/0", verify=False, timeout=5)
            answer.raise_for_status()
            return answer.text

    pem = eventually(fetch, within=COMPONENT_READY, what="Pebble's root certificate")
    file.write_text(pem)
    return Authority("Pebble", x509.load_pem_x509_certificates(pem.encode()), file)
