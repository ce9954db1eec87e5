"""A load balancer that closes idle connections, or keeps using a lost worker, is found."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.paths import ROOT
from acceptance.infrastructure import haproxy_settings
from acceptance.infrastructure.haproxy_settings import (
    answers_itself,
    hangs_up,
    misses_late,
    seconds,
    short_queues,
    tells_apart,
)

OURS = (ROOT / "infrastructure" / "kind" / "haproxy.cfg.tftpl").read_text()


def test_what_we_have_waits_and_sends_nobody_to_who_is_gone():
    assert "server ${worker}" in OURS
    assert hangs_up(OURS, 60) == misses_late(OURS, 10) == tells_apart(OURS) == answers_itself(OURS) == []
    assert short_queues(OURS) == {}


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("timeout client 60s", "timeout client 10s", "timeout client 10s"),
        ("timeout server 60s", "timeout server 10000", "timeout server 10000"),
        ("timeout server 60s", "timeout server 60s\n  timeout tunnel 30s", "timeout tunnel 30s"),
        ("  default_backend", "  timeout client 5s\n  default_backend", "timeout client 5s"),
        ("option dontlognull", "option nolinger", "option nolinger"),
        ("balance roundrobin", "balance roundrobin\n  option nolinger", "backend ${name}: option nolinger"),
    ],
)
def test_a_time_out_that_hangs_up_is_told(old, new, seen):
    assert old in OURS
    assert any(seen in text for text in hangs_up(OURS.replace(old, new), 60))


@pytest.mark.parametrize("new", ["timeout client 1m", "timeout client 5m", ""])
def test_a_time_out_that_is_long_or_none_is_let_pass(new):
    assert hangs_up(OURS.replace("timeout client 60s", new), 60) == []


CHECKED = "default-server check inter 500ms fall 2"


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("option redispatch", "", "redispatch"),
        ("option redispatch", "no option redispatch", "redispatch"),
        ("option redispatch", "option redispatch\n  retries 0", "redispatch"),
        ("balance roundrobin", "balance roundrobin\n  no option redispatch", "redispatch"),
        ("option redispatch", "option redispatch 10", "redispatch"),
        ("option redispatch", "option redispatch 2\n  retries 1", "redispatch"),
        ("option redispatch", "option redispatch 0", "redispatch"),
        ("timeout connect 2s", "timeout connect 60s", "timeout connect 60s"),
        ("timeout connect 2s", "", "timeout connect is not set"),
        (CHECKED, "default-server check inter 60s fall 10", "only after 600 s"),
        (CHECKED, "default-server check inter 6s fall 2", "only after 12 s"),
        (CHECKED, "default-server check inter 5s", "only after 15 s"),
        (CHECKED, "default-server fall 2", "is not checked"),
        ("${worker}:${port}", "${worker}:${port} inter 1m", "only after 120 s"),
        ("${worker}:${port}", "${worker}:${port} no-check", "is not checked"),
        ("rise 1", "rise 600", "gets nothing for 300 s"),
        ("rise 1", "rise 1 downinter 5m", "gets nothing for 300 s"),
        ("rise 1", "rise 3 fastinter 10s", "gets nothing for 20.5 s"),
        ("inter 500ms fall 2 rise 1", "inter 6s fall 1", "gets nothing for 12 s"),
        (" on-marked-down shutdown-sessions", "", "open connections to ${worker} hang"),
        ("${worker}:${port}", "${worker}:${port} on-marked-down none", "open connections to ${worker} hang"),
        ("hold valid 5s", "hold valid 1h", "is kept for 3600 s"),
        ("hold valid 5s", "timeout resolve 5m", "is kept for 300 s"),
        (" resolvers engine", "", "nobody asks for the address of ${worker} again"),
        (" resolvers engine", " resolvers others", "nobody asks for the address of ${worker} again"),
    ],
)
def test_a_worker_that_is_gone_and_still_given_users_is_told(old, new, seen):
    assert old in OURS
    assert any(seen in text for text in misses_late(OURS.replace(old, new), 10))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("option redispatch", "option redispatch 1"),
        ("option redispatch", "option redispatch -1\n  retries 2"),
        ("option redispatch", "option redispatch 10\n  retries 20"),
        ("timeout connect 2s", "timeout connect 10s"),
        ("rise 1", "rise 20"),
        ("hold valid 5s", ""),
        ("${worker}:${port}\n", "10.0.0.7:${port}\n"),
        ("option dontlognull", "option nolinger\n  no option nolinger"),
    ],
)
def test_a_worker_that_is_gone_and_soon_left_is_let_pass(old, new):
    assert misses_late(OURS.replace(old, new), 10) == []


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("tcp-request connection reject if { src 203.0.113.0/24 }", True),
        ("tcp-request content reject if { req.ssl_sni -i api.example.test }", True),
        ("use_backend api if { req.ssl_sni -i api.example.test }", True),
        ("use-server one if { src 203.0.113.0/24 }", True),
        ("stick on src", True),
        ("http-request deny if { path /x }", True),
        ("monitor-net 203.0.113.0/24", True),
        ("tcp-request inspect-delay 5s", False),
        ("acl office src 203.0.113.0/24", False),
        ("# tcp-request connection reject", False),
    ],
)
@pytest.mark.parametrize("before", ["  default_backend", "  balance roundrobin", "  option dontlognull"])
def test_a_rule_for_some_clients_is_told(line, is_told, before):
    assert before in OURS
    assert bool(tells_apart(OURS.replace(before, f"  {line}\n{before}"))) is is_told


FRONTEND = "  default_backend ${name}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mode tcp", "mode http", 2),
        (FRONTEND, f"  mode http\n  monitor-uri /healthz\n{FRONTEND}", 1),
        (FRONTEND, f"  mode http\n  stats enable\n  stats uri /status\n{FRONTEND}", 1),
        ("  balance roundrobin", "  mode http\n  errorfile 503 /etc/503.http\n  balance roundrobin", 1),
        ("  option redispatch", "  option redispatch\n  errorfile 503 /etc/503.http", 0),
        (
            "resolvers engine\n",
            "listen stats\n  bind 127.0.0.1:8404\n  mode http\n  stats enable\nresolvers engine\n",
            0,
        ),
        ("resolvers engine\n", "listen more\n  bind *:8080,[::]:80\n  mode http\nresolvers engine\n", 1),
    ],
)
def test_a_load_balancer_that_answers_users_itself_is_told(old, new, said):
    assert old in OURS
    found = answers_itself(OURS.replace(old, new))
    assert len(found) == said and all("mode http" in text for text in found)
    assert ("monitor-uri" in new) is ("monitor-uri" in "".join(found))


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("option redispatch", "option redispatch\n  backlog 1", {"1"}),
        ("bind :${port}", "bind :${port} backlog 16", {"16"}),
        ("bind :${port}", "bind :${port}\n  backlog 1024", set()),
    ],
)
def test_a_short_queue_of_new_connections_is_told(old, new, seen):
    assert old in OURS
    assert {*short_queues(OURS.replace(old, new)).values()} == seen


def test_what_is_said_of_one_section_holds_for_no_other():
    before = "defaults\n  timeout client 5s\nresolvers a\n  timeout client 1s\n"
    text = f"{before}defaults\n  timeout client 2m\n  timeout connect 1s\nlisten b\n  bind :1\n"
    assert hangs_up(text, 60) == []
    assert len(misses_late(text, 10)) == 1


@pytest.mark.parametrize(("text", "value"), [("500ms", 0.5), ("2s", 2), ("1m", 60), ("10000", 10), ("1d", 86400)])
def test_times_are_read_as_haproxy_does(text, value):
    assert seconds(text) == value


def test_the_running_configuration_is_read_where_the_process_has_it(monkeypatch):
    asked = []
    monkeypatch.setattr(haproxy_settings, "docker", lambda *words: asked.append(words) or OURS)
    assert haproxy_settings.running(Thing(load_balancer=Thing(id="balancer"))) == OURS
    assert asked[0][:2] == ("exec", "balancer") and "/proc/1/cmdline" in asked[0][-1]


def test_a_load_balancer_without_a_configuration_is_no_pass():
    with pytest.raises(AssertionError, match="frontends and backends"):
        hangs_up("", 60)
