"""Exemptions from pod security for the accounts that create pods, and in the settings of API servers."""

import json
from types import SimpleNamespace

import pytest

from acceptance.cluster.probe import Probe
from acceptance.drivers.security import admission_exemptions as exemptions
from acceptance.drivers.security.pod_security import ADMITTED, REFUSED, UNCLEAR

POD = json.dumps({"kind": "Pod", "metadata": {"name": "bad"}})
FORBIDDEN = json.dumps({"kind": "Status", "code": 403, "message": 'pods "bad" is forbidden: violates PodSecurity'})
NO_RIGHTS = json.dumps({"kind": "Status", "code": 403, "message": 'pods is forbidden: User "a" cannot create'})
SERVERS = [SimpleNamespace(name=f"control-plane-{number}", address=f"10.0.0.{number}") for number in (1, 2, 3)]


def cluster_that(respond):
    """A cluster whose machines answer with `respond(node, text of the last argument)`."""
    return SimpleNamespace(
        probe=Probe("probe:1"), on_node=lambda node, *command, check=True: respond(node, command[-1])
    )


@pytest.mark.parametrize(
    ("line", "said"), [(POD, ADMITTED), (FORBIDDEN, REFUSED), (NO_RIGHTS, UNCLEAR), ("curl: (7)", UNCLEAR)]
)
def test_what_an_api_server_says(line, said):
    assert exemptions.answer(line) == said


def test_every_account_that_creates_pods_is_tried_at_every_server():
    def exempt(node, text):
        users = [line for line in text.splitlines() if "Impersonate-User" in line]
        assert len(users) == text.count("\nnext\n") + 1 == len(exemptions.CREATE_PODS) * len(exemptions.TRIED)
        told = [POD if node == "control-plane-2" and "replicaset-controller" in user else FORBIDDEN for user in users]
        return "\n".join(told)

    found = exemptions.admitted_for_workloads(cluster_that(exempt), SERVERS)
    assert found == {"replicaset-controller at control-plane-2": [*exemptions.TRIED]}
    assert exemptions.admitted_for_workloads(cluster_that(lambda *_: f"{FORBIDDEN}\n{NO_RIGHTS}"), SERVERS) == {}


def test_no_answer_proves_nothing():
    for said in ("", "curl: (58) could not load PEM client certificate", NO_RIGHTS):
        with pytest.raises(AssertionError, match="control-plane-1"):
            exemptions.admitted_for_workloads(cluster_that(lambda *_, said=said: said), SERVERS)


def test_a_request_is_in_curls_form():
    text = exemptions.request(SERVERS[0], "system:a", {"kind": "Pod", "note": 'a "b"'})
    settings = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    assert json.loads(json.loads(settings["data"])) == {"kind": "Pod", "note": 'a "b"'}
    assert settings["url"].startswith('"https://10.0.0.1:6443/') and "dryRun=All" in settings["url"]
    assert settings["write-out"] == '"\\n"'


CONFIG = """plugins:
- name: PodSecurity
  configuration: {exemptions: %s}
- name: EventRateLimit
  configuration: {limits: []}
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{usernames: [system:serviceaccount:kube-system:daemon-set]}",
            ["usernames: system:serviceaccount"],
        ),
        ("{runtimeClasses: [plain]}", ["runtimeClasses: plain"]),
        ("{namespaces: [kube-system, default]}", ["namespaces: default"]),
        ("{namespaces: [kube-system], usernames: []}", []),
        ("{}", []),
    ],
)
def test_exemptions_in_the_settings_of_one_api_server(monkeypatch, text, told):
    started = {"control-plane-1": {}, "control-plane-3": {"admission-control-config-file": "/etc/kubernetes/a.yaml"}}
    monkeypatch.setattr(exemptions, "facts", lambda _: {exemptions.API: started})
    cluster = cluster_that(lambda node, path: CONFIG % text if path == "/etc/kubernetes/a.yaml" else "")
    found = exemptions.exempt_by_settings(cluster, SERVERS).get("control-plane-3", [])
    assert len(found) == len(told) and all(one.startswith(start) for one, start in zip(found, told, strict=True))


def test_pod_security_may_have_a_file_of_its_own():
    files = {
        "/etc/a.yaml": "plugins: [{name: PodSecurity, path: b.yaml}]",
        "/etc/b.yaml": "exemptions: {usernames: [x]}",
    }
    cluster = cluster_that(lambda _, path: files[path])
    assert exemptions.exempt_in(cluster, SERVERS[0], "/etc/a.yaml") == ["usernames: x"]
