"""When the metrics API is registered."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.platform import metrics


@pytest.mark.parametrize("attached", [True, False])
def test_metrics_are_asked_for_on_machines_only_where_these_are_in_reach(attached, monkeypatch):
    applied, asked = [], []
    monkeypatch.setattr(metrics, "apply", lambda cluster, manifests: applied.append(manifests))
    monkeypatch.setattr(metrics, "eventually", lambda check, **_: asked.append(check.__name__))
    service = Thing(spec=Thing(cluster_ip="10.96.0.7"))
    cluster = Thing(is_attached=attached, core=Thing(read_namespaced_service=lambda *_: service))
    metrics.deploy(Thing(cluster=cluster, render=lambda name: [{"kind": "APIService"}]))
    assert ("reached" in asked) is not attached
    assert applied[-1] == [{"kind": "APIService"}]
