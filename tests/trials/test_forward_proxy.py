"""The trials' proxy refuses what is on the inside, and says so: a trial behind one that did not would prove nothing."""

import importlib.util
from pathlib import Path

import pytest
import requests

spec = importlib.util.spec_from_file_location("forward_proxy", Path(__file__).with_name("forward_proxy.py"))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1", True),
        ("172.30.0.5", True),
        ("[::1]", True),
        ("registry", True),
        ("redis.platform.svc", True),
        ("www.platform.example.test", True),
        ("platform.example.test", True),
        ("notplatform.example.test", False),
        ("registry-1.docker.io", False),
        ("8.8.8.8", False),
    ],
)
def test_what_is_inside(host, inside):
    assert module.is_inside(host, ("platform.example.test",)) is inside


def test_a_request_to_the_inside_is_refused_and_noted():
    with module.forward_proxy("platform.example.test") as proxy, requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": f"http://127.0.0.1:{proxy.port}"}
        assert session.get("http://127.0.0.1:9/v2/", timeout=5).status_code == 403
        assert session.get("http://www.platform.example.test/", timeout=5).status_code == 403
    assert proxy.refused == ["GET http://127.0.0.1:9/v2/", "GET http://www.platform.example.test/"]
    assert proxy.served == 0
