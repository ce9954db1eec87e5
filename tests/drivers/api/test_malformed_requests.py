"""Malformed requests fit the services that they are sent to."""

import json
import re

import pytest

from acceptance.base.environment import load_environment
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.malformed_documents import documents
from acceptance.drivers.api.malformed_requests import endpoints, malformed
from acceptance.drivers.api.wallet import Wallet

OTHER = load_environment("other-services").services
QUERIES = {
    "half a selection": "{ catalogue",
    "a selection on a string": "{ me { wallet greeting { x } } }",
    "no selection on an object": "{ catalogue }",
    "an unknown argument": "{ catalogue(nobody: 1) { offers { code title } } }",
}


def sent_to(requests, path):
    return [item for item in requests if item.endpoint.path == path and item.endpoint.method == "POST"]


def body(request):
    return json.loads(request.data.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("what", QUERIES)
def test_documents_have_the_fields_of_the_environments_queries(what):
    assert documents(OTHER)[what] == QUERIES[what]


def test_documents_that_need_a_right_query_begin_with_one():
    assert documents(ServiceSettings())["ten thousand fields"].count(" name") == 10_000
    assert documents(ServiceSettings(public_query="query Q { all: things { id } }"))["half a selection"] == "{ things"


def test_a_challenge_is_asked_for_and_signed_as_auth_wrote_it():
    wallet = Wallet()
    requests = malformed(OTHER, "example.org", (wallet, "Sign this: 1234\nNonce: 12345678"))
    assert len(sent_to(requests, OTHER.nonce_path)) >= 100
    signed = [body(item) for item in sent_to(requests, OTHER.siwe_path) if item.what.startswith("a signature of ")]
    assert len(signed) > 20 and all(item["address"] == wallet.address for item in signed)
    assert {item["message"] for item in signed} == {"Sign this: 1234\nNonce: 12345678"}
    wrong = [body(item) for item in sent_to(requests, OTHER.siwe_path) if item.what.startswith("a message with ")]
    assert wrong and all(item["message"] not in {one["message"] for one in signed} for item in wrong)


def test_where_wallets_write_the_message_there_is_no_address_beside_it():
    found = {str(endpoint): endpoint.fields for endpoint in endpoints(ServiceSettings())}
    assert found["GET auth /api/auth/nonce"] == () and found["POST auth /api/auth/siwe"] == ("message", "signature")


@pytest.mark.parametrize(("header", "name"), [("X-Caller", "X-Caller"), ("", "X-Client-Id")])
def test_the_header_that_tells_clients_apart_is_malformed(header, name):
    requests = malformed(ServiceSettings(client_header=header), "example.org")
    found = [item for item in requests if item.what == f"{name}: invalid UTF-8"]
    assert found and all(re.search(rb"\r\n%s: \xff\xfe\r\n" % name.encode(), item.data) for item in found)
