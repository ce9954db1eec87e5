"""The handbook's commands take the right commit: of the service in Git, and in Argo CD's history."""

import subprocess
from types import SimpleNamespace as Thing

import pytest

from acceptance.clients.git import Repository
from acceptance.drivers.operations import typed_rollbacks
from acceptance.drivers.operations.typed_rollbacks import REVERT, ROLL_BACK, SWITCH_ON

SERVICES = ("backend-service", "frontend-service")
KUBECTL = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
*Terminating*) touch "$CALLS.ended" ;;
*jsonpath={.operation}) if [ "$RUNS" ] && [ ! -e "$CALLS.ended" ]; then echo '{"sync": {}}'; fi ;;
*operationState.phase*) if [ -e "$CALLS.ended" ]; then echo Failed; else echo "$PHASE"; fi ;;
*history*-2:-1*) echo the-one-before ;;
*history*-1:*) echo the-last ;;
esac
"""


@pytest.fixture
def service(tmp_path):
    """A service whose repository is on this machine, with a commit of each service."""
    server = tmp_path / "server.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", server], check=True)
    repository = Repository("platform", "url", lambda: str(server), tmp_path / "clones", "platform", "secret")
    for text in ("first", "bad"):
        repository.commit({f"k8s/{name}/kustomization.yaml": f"# {text}\n" for name in SERVICES[:1]}, text)
    repository.commit({"k8s/frontend-service/kustomization.yaml": "# newer\n"}, "a newer one of the frontend")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "kubectl").write_text(KUBECTL)
    (tools / "kubectl").chmod(0o755)
    cluster = Thing(is_attached=False, tools=tools, kubeconfig_path=tmp_path / "kubeconfig")
    return Thing(name="backend-service", repository=repository, cluster=cluster, is_still_off=lambda: None)


def test_the_last_commit_of_the_service_is_reverted_and_newer_ones_of_others_stay(service, tmp_path):
    place = typed_rollbacks.reverted(service, tmp_path)
    assert typed_rollbacks.said(place)
    assert service.repository.read("k8s/backend-service/kustomization.yaml") == "# first\n"
    assert service.repository.read("k8s/frontend-service/kustomization.yaml") == "# newer\n"
    assert "c2VjcmV0" not in (tmp_path / "platform/.git/config").read_text()


@pytest.mark.parametrize(
    ("phase", "runs", "commit"),
    [("Succeeded", "", "the-one-before"), ("Failed", "", "the-last"), ("Running", "yes", "the-last")],
)
@pytest.mark.parametrize("name", SERVICES)
def test_the_version_before_the_bad_one_is_taken_from_the_history(
    service, tmp_path, monkeypatch, phase, runs, commit, name
):
    calls = tmp_path / "calls"
    for variable, text in (("CALLS", str(calls)), ("PHASE", phase), ("RUNS", runs)):
        monkeypatch.setenv(variable, text)
    service.name = name
    typed_rollbacks.roll_back(service, tmp_path)
    text = calls.read_text()
    assert f'"revision": "{commit}"' in text and '"automated": null' in text
    assert ("Terminating" in text) is bool(runs)
    assert f"application {name}" in text and f"deployment/{name}" in text


def test_a_command_that_fails_is_told(service, tmp_path):
    (service.cluster.tools / "kubectl").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(AssertionError, match="handbook's commands to succeed"):
        typed_rollbacks.roll_back(service, tmp_path)


def test_there_is_one_block_for_each_part():
    texts = {typed_rollbacks.block_with(part).text for part in (REVERT, ROLL_BACK, SWITCH_ON)}
    assert len(texts) == 3
    with pytest.raises(AssertionError, match="expected one block"):
        typed_rollbacks.block_with("no such command")
