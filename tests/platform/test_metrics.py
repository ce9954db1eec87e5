"""When the metrics API is registered."""

from types import SimpleNamespace as Thing

from acceptance.platform import metrics


def test_the_api_is_registered_once_its_server_is_ready_and_no_machine_is_logged_in_to(monkeypatch):
    seen = []
    monkeypatch.setattr(metrics, "apply", lambda cluster, manifests: seen.append([one["kind"] for one in manifests]))
    monkeypatch.setattr(metrics, "eventually", lambda check, **_: seen.append(check.__name__))
    # A cluster without machines: AttributeError for whatever else is asked.
    manifests = [{"kind": "APIService"}, {"kind": "Deployment"}]
    metrics.deploy(Thing(cluster=Thing(), render=lambda name: manifests))
    assert seen == [["Deployment"], "ready", ["APIService"]]
