"""Operations of Argo CD: when none is in progress, how one is ended, and what is retried meanwhile."""

from types import SimpleNamespace

import pytest
import requests
import yaml

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.clients.argocd import Busy
from acceptance.drivers.operations import service_under_change
from acceptance.drivers.operations.service_under_change import ServiceUnderChange, stop_sync
from acceptance.platform.application_status import operation_in_progress


def application(phase, **fields):
    """An Application whose last operation has this phase."""
    return {"status": {"operationState": {"phase": phase}}, **fields}


def service(seen, calls=None):
    """A service whose Application is as given; what Argo CD is called with is put into `calls`."""
    argocd = SimpleNamespace(application=lambda name: seen, call=lambda *call: (calls or []).append(call))
    return ServiceUnderChange("backend-service", None, argocd, None)


@pytest.mark.parametrize(
    ("seen", "doing"),
    [
        (application("Running"), "Running"),
        (application("Terminating"), "Terminating"),
        (application("Succeeded", operation={"sync": {}}), "requested"),
        (application("Failed"), ""),
        ({"status": {}}, ""),
    ],
)
def test_an_operation_is_in_progress_until_it_has_ended(seen, doing):
    assert operation_in_progress(seen) == doing


@pytest.mark.parametrize("phase", ["Running", "Terminating"])
def test_a_sync_that_is_being_ended_has_not_ended(phase):
    calls = [None]
    with pytest.raises(AssertionError, match=f"is {phase}"):
        stop_sync(service(application(phase), calls))
    assert (len(calls) == 2) == (phase == "Running")


def test_no_sync_is_ended_that_has_ended():
    assert stop_sync(service(application("Failed")))


def test_a_request_is_made_again_while_argo_cd_is_busy():
    answers = [Busy("another operation"), None]

    def request():
        error = answers.pop(0)
        if error is not None:
            raise error

    service(None).when_idle(request)
    assert answers == []


def test_one_that_is_refused_for_another_reason_is_not(monkeypatch):
    monkeypatch.setattr(service_under_change, "ROLLED_OUT", Deadline(0.1, "the test"))

    def request(error):
        raise error

    with pytest.raises(requests.HTTPError, match="denied"):
        service(None).when_idle(lambda: request(requests.HTTPError("denied")))
    with pytest.raises(TimedOut, match="still there"):
        service(None).when_idle(lambda: request(Busy("still there")))


def test_a_patch_is_added_to_the_overlay_and_the_rest_stays_as_it_was():
    commits = []
    repository = SimpleNamespace(commit=lambda files, message: commits.append(files) or "a-commit")
    overlay = "# Small, because all nodes share one machine.\nresources: [../../base]\n"
    argocd = SimpleNamespace(application=lambda _: {"spec": {"source": {"path": "k8s/a"}}})
    changed = ServiceUnderChange("backend-service", None, argocd, repository, overlay)
    operation = {"op": "add", "path": "/spec/template/metadata/annotations", "value": {"version": "1"}}
    assert changed.push(operation, message="another") == "a-commit"
    text = commits[0]["k8s/a/kustomization.yaml"]
    assert text.startswith(overlay)
    (patch,) = yaml.safe_load(text)["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": "backend-service"}
    assert yaml.safe_load(patch["patch"]) == [operation]
