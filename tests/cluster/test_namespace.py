"""Commands in pods."""

from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.cluster import namespace
from acceptance.cluster.namespace import NotStarted, all_gone


def ended():
    """A connection to a command that has printed something and succeeded."""
    return SimpleNamespace(
        run_forever=lambda timeout: None,
        is_open=lambda: False,
        read_stdout=lambda: "said",
        read_stderr=lambda: "",
        returncode=0,
    )


def test_a_command_in_a_pod_leaves_the_client_of_other_threads_alone(monkeypatch):
    shared = client.ApiClient(client.Configuration())
    used = []

    def stream(method, *_, **__):
        used.append(method.__self__.api_client)
        return ended()

    monkeypatch.setattr(namespace, "stream", stream)
    place = namespace.Namespace(SimpleNamespace(api=shared, core=client.CoreV1Api(shared)), "default")
    assert place.execute("pod", "true") == "said"
    assert used[0] is not shared
    assert used[0].configuration is shared.configuration


class Unstarted:
    """A connection to a command that containerd could not start: there is a reason in place of a status."""

    run_forever = staticmethod(lambda timeout: None)
    is_open = staticmethod(lambda: False)

    @property
    def returncode(self):
        return int("error executing command in container: executable file not found in $PATH")


def test_a_program_that_an_image_lacks_is_told_from_one_that_fails(monkeypatch):
    place = namespace.Namespace(SimpleNamespace(), "default")

    def run(connection):
        monkeypatch.setattr(namespace.Namespace, "connection", lambda *_, **__: connection)
        with pytest.raises(AssertionError) as error:
            place.execute("pod", "getent")
        return type(error.value)

    failed = {**vars(ended()), "returncode": 2}
    assert run(SimpleNamespace(**failed)) is AssertionError
    assert run(SimpleNamespace(**{**failed, "returncode": 127})) is NotStarted
    assert run(Unstarted()) is NotStarted


@pytest.mark.parametrize(
    ("names", "notes", "chosen"),
    [
        (["redis", "exporter"], None, "redis"),
        (["linkerd-proxy", "redis"], None, "redis"),
        (["exporter", "redis"], {"kubectl.kubernetes.io/default-container": "redis"}, "redis"),
    ],
)
def test_of_several_containers_the_main_one_gets_the_command(names, notes, chosen, monkeypatch):
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(annotations=notes),
        spec=client.V1PodSpec(containers=[client.V1Container(name=name) for name in names]),
    )
    asked = []

    def connection(_self, _pod, _command, **where):
        asked.append(where)
        if not where:
            raise client.ApiException(status=0, reason=f"Handshake status 400, b'{namespace.SEVERAL} for pod redis-0'")
        return ended()

    monkeypatch.setattr(namespace.Namespace, "connection", connection)
    monkeypatch.setattr(namespace.Namespace, "pod", lambda *_: pod)
    place = namespace.Namespace(SimpleNamespace(), "default")
    assert place.execute("redis-0", "true") == "said" and asked == [{}, {"container": chosen}]


def going(name, message):
    """A namespace that is being deleted, as the API lists it."""
    condition = SimpleNamespace(status="True", message=message)
    return SimpleNamespace(metadata=SimpleNamespace(name=name), status=SimpleNamespace(conditions=[condition]))


def test_a_namespace_that_is_stuck_is_named_with_its_reason_unless_it_is_of_another_run():
    stuck = {"old": [going("scenario-1", "finalizers")], "new": [going("scenario-2", "finalizers: x/held")]}

    def listed(label_selector, **_):
        run = label_selector.rpartition("=")[2]
        return SimpleNamespace(items=stuck.get(run, []))

    cluster = SimpleNamespace(core=SimpleNamespace(list_namespace=listed))
    with pytest.raises(AssertionError, match=r"^still there: scenario-2 \(finalizers: x/held\)$"):
        all_gone(cluster, "new")
    assert all_gone(cluster, "another")
