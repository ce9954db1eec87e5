"""Whether a pod reaches another, according to its client's message."""

from types import SimpleNamespace

import pytest

from acceptance.drivers.network.pod_connections import reaches


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (None, True),
        ("http://a:1/ answered 404 Not Found", True),
        ('Get "http://a:1/": EOF', True),
        ('Get "http://a:1/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "-NOAUTH"', True),
        ('Get "http://a:1/": read tcp 10.0.0.1:5->10.0.0.2:1: read: connection reset by peer', True),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: i/o timeout (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', False),
        ('Get "http://a:1/": dial tcp 10.0.0.2:1: connect: connection refused', False),
        ('Get "http://a:1/": dial tcp: lookup a on 10.96.0.10:53: i/o timeout', None),
        ("unable to upgrade connection: container not found", None),
    ],
)
def test_who_is_kept_out_shows_and_is_not_guessed(said, answer):
    def execute(pod, *command):
        if said is not None:
            raise AssertionError(f"{' '.join(command)} in pod {pod}: {said}")

    namespace = SimpleNamespace(execute=execute)
    if answer is None:
        with pytest.raises(RuntimeError, match="cannot tell"):
            reaches(namespace, "caller", "a:1")
    else:
        assert reaches(namespace, "caller", "a:1") is answer
