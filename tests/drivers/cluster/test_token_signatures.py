"""A new join token with which the control plane signs what it publishes, or does not."""

import hashlib
import hmac
import json
from types import SimpleNamespace as Thing

import pytest
from jwt.utils import base64url_encode

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.drivers.cluster import token_signatures

CONFIG = "clusters: []"


def signature(secret):
    header = base64url_encode(json.dumps({"alg": "HS256"}).encode()).decode()
    signed = f"{header}.{base64url_encode(CONFIG.encode()).decode()}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{header}..{base64url_encode(digest).decode()}"


class Api:
    """An API whose controller manager signs with new tokens, or does not."""

    def __init__(self, signs):
        self.signs, self.made, self.deleted = signs, [], []
        self.core = Thing(
            create_namespaced_secret=lambda _, body: self.made.append(body),
            delete_namespaced_secret=lambda name, _: self.deleted.append(name),
        )

    def told(self, _):
        data = self.made[0]["stringData"]
        return {"kubeconfig": CONFIG} | (
            {f"jws-kubeconfig-{data['token-id']}": signature(data["token-secret"])} if self.signs else {}
        )


@pytest.mark.parametrize("signs", [True, False])
def test_a_new_token_is_tried_and_deleted(monkeypatch, signs):
    api = Api(signs)
    monkeypatch.setattr(token_signatures, "told", api.told)
    monkeypatch.setattr(token_signatures, "SIGNED", Deadline(0.1, "a test"))
    if signs:
        token_signatures.sign_new_token(api)
    else:
        with pytest.raises(TimedOut, match="is not signed with the token"):
            token_signatures.sign_new_token(api)
    assert api.deleted == [api.made[0]["metadata"]["name"]]
    assert "usage-bootstrap-authentication" not in api.made[0]["stringData"]
