"""A machine's request for a certificate with the join token: approved and issued, refused, or left waiting."""

import base64
import datetime
from types import SimpleNamespace as Thing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acceptance.base import waiting
from acceptance.drivers.cluster import join_requests


class Api:
    """An API that takes a request and issues what it asks for, unless it is told not to."""

    def __init__(self, status=201, issues=True, days=365.0):
        self.status, self.issues, self.days, self.requests, self.deleted = status, issues, days, {}, []
        self.certificates = Thing(
            read_certificate_signing_request=self.read, delete_certificate_signing_request=self.deleted.append
        )

    def post(self, method, path, body):
        assert (method, path) == ("POST", join_requests.PATH)
        self.requests[body["metadata"]["name"]] = body["spec"]
        return Thing(status_code=self.status, text="failed calling webhook")

    def read(self, name):
        asked = x509.load_pem_x509_csr(base64.b64decode(self.requests[name]["request"]))
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
        later = now + datetime.timedelta(days=self.days)
        signed = x509.CertificateBuilder(asked.subject, asked.subject, asked.public_key(), 7, now, later)
        pem = signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return Thing(status=Thing(conditions=None, certificate=base64.b64encode(pem).decode() if self.issues else None))


@pytest.fixture
def api(request, monkeypatch):
    made = Api(**getattr(request, "param", {}))
    monkeypatch.setattr(join_requests, "Caller", lambda *_: made.post)
    monkeypatch.setattr(join_requests, "ISSUED", waiting.Deadline(0.1, "this test"))
    return made


def test_a_certificate_for_a_machine_is_issued_and_the_request_is_deleted(api):
    subject = join_requests.issued_to(api, "abcdef.0123456789abcdef")
    ((name, spec),) = api.requests.items()
    assert subject == f"system:node:{name}" and api.deleted == [name]
    asked = x509.load_pem_x509_csr(base64.b64decode(spec["request"])).subject.rfc4514_string()
    assert asked == f"CN=system:node:{name},O=system:nodes"
    assert spec["signerName"] == "kubernetes.io/kube-apiserver-client-kubelet"


@pytest.mark.parametrize("api", [{"days": 1 / 24}, {"days": 1}], indirect=True)
def test_a_certificate_that_a_weekend_outlasts_is_told(api):
    with pytest.raises(AssertionError, match="expected a certificate for 259200 s or more"):
        join_requests.issued_to(api, "token")
    assert len(api.deleted) == 1


@pytest.mark.parametrize("api", [{"days": 3}], indirect=True)
def test_a_certificate_that_lasts_a_weekend_is_not(api):
    assert join_requests.issued_to(api, "token").startswith("system:node:")


@pytest.mark.parametrize("api", [{"status": 500}], indirect=True)
def test_a_request_that_is_refused_is_told(api):
    with pytest.raises(AssertionError, match="saw 500: failed calling webhook"):
        join_requests.issued_to(api, "token")


@pytest.mark.parametrize("api", [{"issues": False}], indirect=True)
def test_a_request_that_nobody_approves_is_told_and_deleted(api):
    with pytest.raises(waiting.TimedOut, match="not approved"):
        join_requests.issued_to(api, "token")
    assert len(api.deleted) == 1


@pytest.mark.parametrize(
    ("status", "said", "attached", "told"),
    [
        (201, "{}", False, ""),
        (500, "failed calling webhook", False, "500: failed calling webhook"),
        (403, "denied by policy", False, "403: denied by policy"),
        (400, 'admission webhook "a" does not support dry run', False, ""),
        (500, "failed calling webhook", True, ""),
    ],
)
def test_a_machine_that_the_api_would_not_list_is_told(status, said, attached, told):
    asked = []

    def serialize(method, path, **request):
        asked.append((method, path, request))
        return ("request",)

    answer = Thing(status=status, data=said.encode(), read=lambda: None)
    api = Thing(param_serialize=serialize, call_api=lambda *_, **__: answer)
    cluster = Thing(api=api, is_attached=attached)
    assert join_requests.refused_node(cluster, "system:node:scenario-1") == told
    for method, path, request in asked:
        assert (method, path, request["query_params"]) == ("POST", "/api/v1/nodes", [("dryRun", "All")])
        assert request["header_params"]["Impersonate-User"] == "system:node:scenario-1"
        assert request["body"]["metadata"]["name"] == "scenario-1"
