"""The proxy is used for external hosts only."""

import http.server
import subprocess
import sys
from urllib.request import getproxies, proxy_bypass_environment

import pytest
import requests
from tests_support import http_server

from acceptance.base.proxies import build_options, reach_directly

PROXY = "http://proxy.example.test:3128"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_what_is_ours_is_reached_directly(name):
    variables = {name: PROXY, "no_proxy": "intranet.example.test"}
    reach_directly([".platform.example.test", "172.30.0.0/16"], variables)
    assert variables["NO_PROXY"] == variables["no_proxy"]
    listed = variables["NO_PROXY"].split(",")
    assert {"intranet.example.test", "registry", "127.0.0.1", ".platform.example.test", "172.30.0.0/16"} <= set(listed)
    assert len(listed) == len(set(listed))


def test_nothing_changes_without_a_proxy():
    variables = {"NO_PROXY": "x"}
    reach_directly([".platform.example.test"], variables)
    assert variables == {"NO_PROXY": "x"}
    assert build_options({}) == []


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy"])
def test_a_proxy_for_everything_reaches_builds_and_nodes(name):
    variables = {name: "http://127.0.0.1:3128", "http_proxy": PROXY}
    reach_directly([], variables)
    assert variables["HTTP_PROXY"] == variables["http_proxy"] == PROXY
    assert variables["HTTPS_PROXY"] == variables["https_proxy"] == "http://127.0.0.1:3128"
    options = build_options(variables)
    assert "HTTPS_PROXY=http://127.0.0.1:3128" in options and options[-2:] == ["--network", "host"]


def test_builds_get_the_proxy():
    options = build_options({"HTTPS_PROXY": PROXY, "NO_PROXY": "localhost"})
    assert options == ["--build-arg", f"HTTPS_PROXY={PROXY}", "--build-arg", "NO_PROXY=localhost"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_builds_reach_a_proxy_on_the_loopback(host):
    assert build_options({"http_proxy": f"http://{host}:3128"})[-2:] == ["--network", "host"]


@pytest.fixture
def answering():
    """A server on the loopback that says who asked for what."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address, seen


def test_a_request_to_this_machine_does_not_go_by_the_proxy(answering, monkeypatch):
    address, seen = answering
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    # A port where nothing listens: a request that went there would fail.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    # Restored at the end, for reach_directly sets both.
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    reach_directly([".platform.example.test"])
    assert requests.get(f"http://{address}/v2/", timeout=5).ok
    assert proxy_bypass_environment("www.platform.example.test", getproxies())
    assert not proxy_bypass_environment("quay.io", getproxies())
    assert seen == ["/v2/"]


def test_the_command_line_sets_it_for_its_children(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    code = "import os; from acceptance.__main__ import main; main(['render', 'nowhere']); print(os.environ['NO_PROXY'])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "registry" in ended.stdout
