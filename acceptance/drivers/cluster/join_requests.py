"""A request for a machine's certificate, as a join makes it: whether it is approved and issued. Source: 1.7.

The machine that it names does not exist; its key is never written down, and the request is deleted.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import secrets

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import eventually
from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import REQUEST_TIMEOUT, Cluster
from acceptance.drivers.cluster.controller_duties import LASTS
from acceptance.drivers.cluster.machines import OF_SCENARIO

PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
ISSUED = Deadline(30, "kube-controller-manager: it approves and signs a machine's request at once")
NO_DRY_RUN = "does not support dry run"
HINT = "kubectl get csr; kubectl get validatingwebhookconfigurations; kube-controller-manager's --controllers"


def issued_to(cluster: Cluster, token: str) -> str:
    """The subject of the certificate that a machine gets which asks for one with a join token.

    Raises AssertionError if the request is refused, or the certificate is another one's or ends soon, TimedOut if none
    is issued.
    """
    name = f"{OF_SCENARIO}{secrets.token_hex(4)}"
    subject = f"system:node:{name}"
    answer = Caller(cluster, token)("POST", PATH, request_of(name, subject))
    assert answer.status_code == 201, (
        f"expected the API to take a request for a machine's certificate, saw {answer.status_code}: "
        f"{answer.text[:300]}. Try: {HINT}"
    )
    try:
        issued = functools.partial(certificate, cluster, name)
        pem = eventually(issued, within=ISSUED, what="a certificate for a machine that joins with the token", hint=HINT)
    finally:
        # The controller manager deletes it otherwise, after an hour.
        with contextlib.suppress(ApiException):
            cluster.certificates.delete_certificate_signing_request(name)
    judge(x509.load_pem_x509_certificate(pem), subject)
    return subject


def judge(issued: x509.Certificate, subject: str) -> None:
    """Raise AssertionError unless a certificate is for this subject, and lasts while a machine is off."""
    names = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [item.value for item in names] == [subject], f"expected a certificate for {subject}, saw one for {names}"
    seconds = (issued.not_valid_after_utc - datetime.datetime.now(datetime.UTC)).total_seconds()
    # Signers date certificates back by some minutes.
    assert seconds > LASTS - 3600, (
        f"expected a certificate for {LASTS} s or more, for a machine that was off to return, saw {seconds:.0f} s. "
        "Try: kube-controller-manager's --cluster-signing-duration"
    )


def refused_node(cluster: Cluster, subject: str) -> str:
    """Why the API would not list the machine that has a certificate for this subject, if it came; empty if it would.

    Nothing is created. A webhook that knows no dry runs does not refuse the machine itself. Only administrators of the
    cluster may ask as a machine: somebody else's cluster is not asked.
    """
    if cluster.is_attached:
        return ""
    name = subject.rpartition(":")[2]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}}
    request = cluster.api.param_serialize(
        "POST", "/api/v1/nodes", query_params=[("dryRun", "All")], body=node, auth_settings=["BearerToken"],
        header_params={"Impersonate-User": subject, "Impersonate-Group": "system:nodes",
                       "Content-Type": "application/json", "Accept": "application/json"},
    )  # fmt: skip
    answer = cluster.api.call_api(*request, _request_timeout=REQUEST_TIMEOUT)
    answer.read()
    said = answer.data.decode(errors="replace")
    return "" if answer.status == 201 or NO_DRY_RUN in said else f"{answer.status}: {said[:300]}"


def request_of(name: str, subject: str) -> dict[str, object]:
    """A request as a kubelet makes it when it joins, with a key that nobody keeps."""
    whose = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:nodes"),
        x509.NameAttribute(NameOID.COMMON_NAME, subject),
    ]
    signed = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(whose))
    pem = signed.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    spec = {
        "request": base64.b64encode(pem).decode(), "signerName": SIGNER, "usages": ["digital signature", "client auth"],
    }  # fmt: skip
    return {
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": name}, "spec": spec,
    }  # fmt: skip


def certificate(cluster: Cluster, name: str) -> bytes:
    """The PEM of the certificate that was issued for a request. Raises AssertionError while there is none."""
    status = cluster.certificates.read_certificate_signing_request(name).status
    said = [f"{item.type} ({item.reason}: {item.message})" for item in status.conditions or []]
    assert status.certificate, f"no certificate for {name}, which is {', '.join(said) or 'not approved'}"
    return base64.b64decode(status.certificate)
