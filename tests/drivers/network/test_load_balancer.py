"""Clients that have to wait at a load balancer, and the limits that it lists."""

import contextlib
import socket
import threading
from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.network import load_balancer
from acceptance.infrastructure import haproxy
from acceptance.infrastructure.haproxy import limits, only_behind_load_balancer, unequal_shares

HEAD = "# pxname,svname,qcur,slim,stot,rate_lim,status,\n"
FREE = HEAD + "https,FRONTEND,,4096,9,0,OPEN,\nhttps,worker,0,,9,,UP,\nhttps,BACKEND,0,410,9,,UP,\n"


@pytest.mark.parametrize(
    ("listed", "seen"),
    [
        (FREE, {"https/FRONTEND at once": "4096"}),
        (FREE.replace("4096", "2"), {"https/FRONTEND at once": "2"}),
        (FREE.replace("worker,0,,", "worker,0,5,"), {"https/FRONTEND at once": "4096", "https/worker at once": "5"}),
        (FREE.replace("9,0,OPEN", "9,3,OPEN"), {"https/FRONTEND at once": "4096", "https/FRONTEND a second": "3"}),
    ],
)
def test_limits_of_frontends_and_servers_are_told(listed, seen):
    assert limits(listed) == seen


SHARES = (
    "# pxname,svname,stot,status,weight,act,bck,\nhttps,FRONTEND,9,OPEN,,,,\nhttps,worker,5,UP,1,1,0,\n"
    "https,worker2,4,UP,1,1,0,\nhttps,BACKEND,9,UP,2,2,0,\nhttp,worker,5,UP,100,1,0,\nhttp,worker2,5,UP,100,1,0,\n"
)


@pytest.mark.parametrize(
    ("listed", "seen"),
    [
        (SHARES, set()),
        (SHARES.replace("worker2,4,UP,1,", "worker2,4,UP,256,"), {"https/worker", "https/worker2"}),
        (SHARES.replace("worker2,4,UP,1,1,0", "worker2,4,UP,1,0,1"), {"https/worker2"}),
        (SHARES.replace(",UP,100,", ",DRAIN,0,"), {"http/worker", "http/worker2"}),
    ],
)
def test_a_worker_that_gets_another_share_is_told(listed, seen):
    assert unequal_shares(listed).keys() == seen


def test_a_worker_that_is_not_behind_the_load_balancer_is_told(monkeypatch):
    outputs = Thing(workers=[Thing(name="worker"), Thing(name="worker2")])
    monkeypatch.setattr(haproxy, "load_balancer_command", lambda *_: SHARES.replace("http,worker2", "http,worker3"))
    with (
        pytest.raises(AssertionError, match=r"'http/worker2'.* behind the load balancer"),
        only_behind_load_balancer(outputs, outputs.workers[0]),
    ):
        pass


@contextlib.contextmanager
def server():
    """A server that accepts connections, and their number."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken, ended = [], threading.Event()

        def take():
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    taken.append(listener.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield listener.getsockname(), taken
        ended.set()
        for connection in taken:
            connection.close()


def test_connections_are_held_for_the_block_alone():
    with server() as (address, taken):
        with load_balancer.held(address, 3):
            pass
        for _ in range(100):
            if len(taken) == 3:
                break
            threading.Event().wait(0.05)
        assert [connection.recv(1) for connection in taken] == [b""] * 3


@pytest.mark.parametrize("scheme", load_balancer.SCHEMES)
def test_who_waits_beside_others_is_no_answer(monkeypatch, scheme):
    def waits(*_):
        raise requests.ReadTimeout("Read timed out.")

    monkeypatch.setattr(load_balancer, "held", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(load_balancer, "place", lambda *_: ("127.0.0.1", 80))
    monkeypatch.setattr(load_balancer, "ask_behind", lambda *_: "pod one")
    assert load_balancer.ask_beside_others(load_balancer.PODS, None, scheme, None) == "pod one"
    monkeypatch.setattr(load_balancer, "ask_behind", waits)
    with pytest.raises(AssertionError, match="an answer while 24 connections are held open"):
        load_balancer.ask_beside_others(load_balancer.PODS, None, scheme, None)


def test_answers_that_wait_for_a_packet_to_be_sent_again_are_told(monkeypatch):
    clock, takes, schemes = Thing(now=0.0), iter([0.01, 1.02, 0.3, 5.0]), []

    def ask(_, scheme, name):
        assert name == "www.example.test"
        schemes.append(scheme)
        clock.now += (took := next(takes))
        if took > 4:
            raise requests.ConnectTimeout

    monkeypatch.setattr(load_balancer, "ask", ask)
    monkeypatch.setattr(load_balancer.time, "monotonic", lambda: clock.now)
    assert load_balancer.late_answers(None, 4, "www.example.test") == [
        "1.0 s over https",
        "none over https (ConnectTimeout)",
    ]
    assert schemes == ["http", "https", "http", "https"]


@pytest.mark.parametrize("way", ["ask_pod", "ask_traefik"])
def test_a_worker_that_gets_no_full_packets_is_told(monkeypatch, way):
    asked = []

    def answers(_outputs, scheme, _worker, path, _name):
        asked.append(path)
        if len(path) > 1400 and scheme == "https":
            raise requests.ReadTimeout("Read timed out.")
        return "pod one"

    monkeypatch.setattr(load_balancer, way, answers)
    answering = load_balancer.PODS if way == "ask_pod" else load_balancer.TRAEFIK
    assert load_balancer.ask_behind(answering, None, "http", Thing(name="worker2")) == "pod one"
    assert asked == ["/", load_balancer.LONG] and len(load_balancer.LONG) > 4096
    with pytest.raises(AssertionError, match="worker2 to answer a request of 4098 bytes over https"):
        load_balancer.ask_behind(answering, None, "https", Thing(name="worker2"))


def test_tls_names_a_host_that_has_a_certificate(monkeypatch):
    named = []
    monkeypatch.setattr(load_balancer.HTTPAdapter, "send", lambda self, *_, **__: named.append(self) or answer())
    outputs = Thing(load_balancer=Thing(address="127.0.0.1", http_port=80, https_port=443))
    assert load_balancer.ask(outputs, "https", name="www.example.test").status_code == 404
    assert load_balancer.ask(outputs, "http", name="www.example.test").status_code == 404
    assert load_balancer.ask(outputs, "https").status_code == 404
    assert [adapter.poolmanager.connection_pool_kw.get("server_hostname") for adapter in named] == [
        "www.example.test", None, None,
    ]  # fmt: skip


def answer():
    """An answer without a body."""
    found = requests.Response()
    found.status_code, found.raw, found._content = 404, Thing(close=lambda: None), b""
    found.request = requests.Request("GET", "https://127.0.0.1/").prepare()
    return found


def a_cluster(addresses, *, attached=False):
    services = [] if addresses is None else [Thing(spec=Thing(external_ips=addresses))]
    core = Thing(list_namespaced_service=lambda *_, **__: Thing(items=services))
    workers = [Thing(name="worker", address="10.0.0.1"), Thing(name="worker2", address="10.0.0.2")]
    return Thing(core=core, is_attached=attached, outputs=Thing(workers=workers))


def test_a_worker_whose_address_traefik_lacks_is_told(monkeypatch):
    assert load_balancer.without_traefik(a_cluster(["10.0.0.1"])) == ["worker2 (10.0.0.2)"]
    assert load_balancer.without_traefik(a_cluster(["10.0.0.1", "10.0.0.2", "10.0.0.9"])) == []
    assert load_balancer.without_traefik(a_cluster(None, attached=True)) == []
    started = []
    monkeypatch.setattr(load_balancer, "start_echo_pods", lambda *_: started.append("pods"))
    behind = lambda *given: load_balancer.server_behind(Thing(cluster=a_cluster(*given)), None)  # noqa: E731
    with pytest.raises(AssertionError, match=r"lacks those of worker2 \(10\.0\.0\.2\)"):
        behind(["10.0.0.1"])
    assert behind(["10.0.0.1", "10.0.0.2"]) == load_balancer.TRAEFIK and not started
    assert behind(None) == load_balancer.PODS and started
