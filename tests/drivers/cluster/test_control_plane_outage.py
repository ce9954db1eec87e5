"""The Deployment that is created while a control plane is down."""

import contextlib
from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster import control_plane_outage
from acceptance.drivers.cluster.control_plane_outage import ControlPlaneOutage

made = []


def outage(*pods):
    core = Thing(list_namespaced_pod=lambda *_, **__: Thing(items=[*pods]))
    apps = Thing(create_namespaced_deployment=lambda name, body, **_: made.append(body))
    return ControlPlaneOutage(Thing(core=core, apps=apps, probe=Probe("probe")), Thing(name="scenario"), None)


def test_its_pod_begins_once_it_found_a_service_by_its_name():
    made.clear()
    assert outage().create_deployment()
    (deployment,) = [body["spec"] for body in made]
    template = deployment["template"]
    assert template["metadata"]["labels"] == deployment["selector"]["matchLabels"] == {"app": "meanwhile"}
    spec = template["spec"]
    (first,) = spec["initContainers"]
    assert first["args"] == ["await", "http://server.scenario.svc.cluster.local/"]
    names = [first["name"], *(item["name"] for item in spec["containers"])]
    assert len({*names}) == 2, "names of containers are unique within a pod"
    assert {"name": "attempts", "value": "5"} in spec["dnsConfig"]["options"]


def test_a_deployment_that_no_controller_sees_is_no_pod():
    with pytest.raises(AssertionError, match="no controller has seen it"):
        outage().runs()


def test_the_lost_machine_stays_away_until_the_pod_of_the_deployment_is_there(monkeypatch):
    seen = []

    @contextlib.contextmanager
    def paused(machine):
        yield seen.append("lost")
        seen.append("back")

    monkeypatch.setattr(control_plane_outage, "eventually", lambda condition, **_: seen.append(condition.__name__))
    writer = Thing(
        stopping=Thing(wait=lambda _: None),
        stop=lambda: None,
        longest_outage=lambda *_: 1.0,
        refused=[],
        acknowledged=[],
    )
    away = outage()
    away.writer = writer
    away.cluster.leading_control_plane, away.cluster.paused = lambda: Thing(name="one"), paused
    away.lose(0, Thing(add=lambda *_: None))
    assert seen == ["lost", "<lambda>", "create_deployment", "pod", "runs", "new_clients_answered", "back"]


@pytest.mark.parametrize(("answers", "said"), [(["ok"] * 12, ""), (["ok", "ok", "[-]etcd failed"], "new connection 3")])
def test_each_of_several_new_clients_has_to_be_answered(monkeypatch, answers, said):
    left = iter(answers)
    monkeypatch.setattr(control_plane_outage, "readiness", lambda _: next(left))
    with pytest.raises(AssertionError, match=said) if said else contextlib.nullcontext():
        outage().new_clients_answered()
    assert not [*left]


def test_each_new_client_opens_a_connection_of_its_own(monkeypatch):
    asked = []

    class Session(contextlib.nullcontext):
        def __enter__(self):
            return self

        def get(self, url, timeout):
            asked.append((url, timeout, self.verify, self.cert))
            return Thing(text="ok")

    monkeypatch.setattr(control_plane_outage.requests, "Session", Session)
    settings = Thing(host="https://127.0.0.1:6443", ssl_ca_cert="ca", cert_file="one.crt", key_file="one.key")
    assert control_plane_outage.readiness(Thing(api=Thing(configuration=settings))) == "ok"
    assert asked == [("https://127.0.0.1:6443/readyz", 4, "ca", ("one.crt", "one.key"))]


def test_a_name_that_is_not_found_is_said():
    looks = Thing(ready=False, state=Thing(waiting=None, terminated=None))
    status = Thing(phase="Pending", conditions=None, container_statuses=None, init_container_statuses=[looks])
    with pytest.raises(AssertionError, match="it has not found a Service by its name"):
        outage(Thing(status=status)).runs()
