"""How long polling may take to find a push, given how Argo CD's processes are started."""

import pytest

from acceptance.drivers.argocd.polling import (
    NOTICED_WITHIN,
    as_production_polls,
    flag,
    longest_wait,
    polling,
    seconds_of,
)


def workload(**variables):
    env = [{"name": name, **value} for name, value in variables.items()]
    return {"spec": {"template": {"spec": {"containers": [{"name": "one", "env": env}]}}}}


def from_settings(key):
    return {"valueFrom": {"configMapKeyRef": {"name": "argocd-cm", "key": key}}}


def test_the_longest_wait_comes_from_what_the_processes_are_started_with():
    controller = workload(
        ARGOCD_RECONCILIATION_TIMEOUT=from_settings("timeout.reconciliation"),
        ARGOCD_RECONCILIATION_JITTER=from_settings("timeout.reconciliation.jitter"),
    )
    repo_server = workload(ARGOCD_RECONCILIATION_TIMEOUT={"value": "5s"})
    settings = {"timeout.reconciliation": "1m0s", "timeout.reconciliation.jitter": "30s"}
    assert longest_wait(polling(controller, repo_server, settings)) == 155
    # As Argo CD is released, a push may wait for longer than three minutes.
    assert longest_wait(polling(controller, workload(), {})) == 480
    # A value of the pod's own wins over the settings.
    own = workload(ARGOCD_RECONCILIATION_TIMEOUT={"value": "10m"})
    assert longest_wait(polling(own, repo_server, settings)) > 1200
    # An interval of nothing switches polling off.
    off = settings | {"timeout.reconciliation": "0s"}
    assert longest_wait(polling(controller, repo_server, off)) > NOTICED_WITHIN
    controller["spec"]["template"]["spec"]["containers"][0]["args"] = ["--app-resync=600"]
    with pytest.raises(AssertionError, match="app-resync"):
        polling(controller, repo_server, settings)


@pytest.mark.parametrize(
    ("started", "seconds"),
    [
        ({"args": ["/usr/local/bin/argocd-repo-server"]}, 5),
        ({"args": ["/usr/local/bin/argocd-repo-server", "--revision-cache-expiration=2m0s"]}, 120),
        ({"command": ["argocd-repo-server", "--revision-cache-expiration", "2m0s"]}, 120),
        ({"command": ["sh", "-c"], "args": ["exec argocd-repo-server --revision-cache-expiration '2m0s'"]}, 120),
        ({"args": ["--revision-cache-expiration=2m", "--revision-cache-expiration=10s"]}, 10),
        ({"args": ["--repo-cache-expiration=24h"]}, 5),
    ],
)
def test_a_flag_of_the_repository_server_overrides_its_variable(started, seconds):
    repo_server = workload(ARGOCD_RECONCILIATION_TIMEOUT={"value": "5s"})
    repo_server["spec"]["template"]["spec"]["containers"][0] |= started
    assert polling(workload(), repo_server, {})["cache"] == seconds


def test_a_flag_without_a_value_says_nothing():
    last = {"spec": {"template": {"spec": {"containers": [{"args": ["--revision-cache-expiration"]}]}}}}
    assert flag(last, "revision-cache-expiration") == ""


def test_production_polls_as_often_as_its_own_environment_says():
    assert as_production_polls({"timeout.reconciliation": "20s"}, 20) == {"timeout.reconciliation": "60s"}
    assert as_production_polls({"timeout.reconciliation": "0s"}, 20) == {"timeout.reconciliation": "0s"}


@pytest.mark.parametrize(("duration", "seconds"), [("3m0s", 180), ("500ms", 0.5), ("1d", 86400), ("1h30m", 5400)])
def test_a_duration_is_read_as_argo_cd_reads_it(duration, seconds):
    assert seconds_of(duration) == seconds
