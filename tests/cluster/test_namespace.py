"""Commands in pods."""

from types import SimpleNamespace

from kubernetes import client

from acceptance.cluster import namespace


def test_a_command_in_a_pod_leaves_the_client_of_other_threads_alone(monkeypatch):
    shared = client.ApiClient(client.Configuration())
    used = []

    def stream(method, *_, **__):
        used.append(method.__self__.api_client)
        return SimpleNamespace(
            run_forever=lambda timeout: None,
            is_open=lambda: False,
            read_stdout=lambda: "said",
            read_stderr=lambda: "",
            returncode=0,
        )

    monkeypatch.setattr(namespace, "stream", stream)
    place = namespace.Namespace(SimpleNamespace(api=shared, core=client.CoreV1Api(shared)), "default")
    assert place.execute("pod", "true") == "said"
    assert used[0] is not shared
    assert used[0].configuration is shared.configuration
