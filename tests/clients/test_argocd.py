"""Calls to Argo CD's API, against a session that refuses what Argo CD refuses."""

import pytest
import requests

from acceptance.clients.argocd import ArgoCD, Busy


class Session:
    """Answers as Argo CD does: a change without JSON's media type is refused."""

    def __init__(self):
        self.headers = {}

    def request(self, method, url, *, headers, **_):
        """The answer."""
        answer = requests.Response()
        is_refused = method != "GET" and headers.get("Content-Type") != "application/json"
        answer.status_code = 415 if is_refused else 200
        answer._content = b"Invalid content type" if is_refused else b'{"ok": true}'
        return answer


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_call_without_a_body_is_one_of_json_too(method):
    argocd = ArgoCD(lambda: "https://argocd.test", "password", Session())
    argocd.signed_in_at = "https://argocd.test"
    assert argocd.call(method, "applications/x/operation") == {"ok": True}


@pytest.mark.parametrize(("said", "is_busy"), [("another operation is already in progress", True), ("denied", False)])
def test_a_refusal_because_of_another_operation_is_told_apart(monkeypatch, said, is_busy):
    answer = requests.Response()
    answer.status_code, answer._content = 400, said.encode()
    session = Session()
    monkeypatch.setattr(session, "request", lambda *_, **__: answer)
    argocd = ArgoCD(lambda: "https://argocd.test", "password", session)
    argocd.signed_in_at = "https://argocd.test"
    with pytest.raises(requests.HTTPError, match=said) as refusal:
        argocd.rollback("x", 1)
    assert isinstance(refusal.value, Busy) is is_busy
