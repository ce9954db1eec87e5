"""The sign-in that auth counts and rejects is well-formed, and its signature is another wallet's."""

import re

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.wrong_sign_in import ADDRESS, body


@pytest.mark.parametrize(("flow", "more"), [("siwe", set()), ("challenge", {"address"})])
def test_a_sign_in_is_refused_for_its_signature_alone(flow, more):
    sent = body(ServiceSettings(sign_in=flow))
    assert {*sent} == {"message", "signature", *more} and ADDRESS in sent["message"]
    assert re.fullmatch(r"0x[0-9a-f]{130}", sent["signature"])
    signer = Account.recover_message(encode_defunct(text=sent["message"]), signature=sent["signature"])
    assert re.fullmatch(r"0x[0-9a-fA-F]{40}", signer) and signer != ADDRESS
