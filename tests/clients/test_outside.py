"""Our own requests trust the CAs that the user names, and only those; a mirror may be without TLS."""

import datetime
import http.server
import ipaddress
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests_support import http_server

from acceptance.base.errors import UserError
from acceptance.clients.outside import ca_bundle
from acceptance.clients.registry import Reference, Registries
from acceptance.images.download import Downloads, Unavailable
from acceptance.images.registry import registry_answers

NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
DIGEST = "sha256:" + "ab" * 32


class Registry(http.server.BaseHTTPRequestHandler):
    """A registry that has everything."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Docker-Content-Digest", DIGEST)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def certificate(name, key, issuer, issuer_key, *extensions):
    """A certificate for a day."""
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    for extension in (identity, authority, *extensions):
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def company(tmp_path, monkeypatch):
    """A registry with TLS, and the file with the CA that it is from; no variable names it yet."""
    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    bundle, chain = tmp_path / "company.pem", tmp_path / "server.pem"
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    bundle.write_bytes(certificate("CA", root, "CA", root, x509.BasicConstraints(True, None), usage))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(certificate("server", own, "CA", root, address) + own.private_bytes(*form))
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", bundle
    server.shutdown()
    thread.join()
    server.server_close()


def reached(host, folder):
    """Which of our own requests reach a server."""
    found = {"probe": registry_answers(f"{host}/x")}
    try:
        found["digest"] = Registries(host).digest(Reference("docker.io/library/redis", "7")) == DIGEST
    except UserError:
        found["digest"] = False
    try:
        found["download"] = bool(Downloads().fetch(f"https://{host}/some", folder / "file", tries=1))
    except Unavailable:
        found["download"] = False
    return found


@pytest.mark.parametrize("name", [None, *NAMES[:2]])
def test_every_request_trusts_the_ca_that_the_user_names(company, tmp_path, monkeypatch, name):
    host, bundle = company
    if name:
        monkeypatch.setenv(name, str(bundle))
    assert reached(host, tmp_path) == dict.fromkeys(["probe", "digest", "download"], name is not None)


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_file_that_the_user_names_is_taken(tmp_path, monkeypatch, name):
    for other in NAMES:
        monkeypatch.delenv(other, raising=False)
    bundle = tmp_path / "corporate.pem"
    bundle.write_text("")
    monkeypatch.setenv(name, str(bundle))
    assert ca_bundle() == str(bundle)


def test_a_mirror_may_be_without_tls_and_a_registry_may_not(monkeypatch):
    with http_server(Registry) as host:
        assert registry_answers(f"{host}/x")
        assert Registries(host).digest(Reference("docker.io/library/redis", "7")) == DIGEST
        with pytest.raises(UserError, match="does not answer"):
            Registries().digest(Reference(f"{host}/library/redis", "7"))
